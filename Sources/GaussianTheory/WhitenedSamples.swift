import Torch

extension Tensor {
  /// Samples, N × n, with mean 0 and covariance I by a divisor of the sum of squares; nil where a coordinate does not vary, or is
  /// a function of the others to rounding.
  func whitenedSamples(divisor: Double) -> Tensor? {
    let centred = self - mean(dim: 0)
    let covariance = centred.T.matmul(centred) / divisor
    let scale = covariance.diagonal().sqrt()
    guard scale.min().item() > 0,
      let factor = try? (covariance / scale / scale.unsqueezed(1)).cholesky(),
      // What is left of a coordinate beside the others.
      factor.diagonal().min().item() > 1e-6
    else { return nil }
    return factor.solveTriangular((centred / scale).T, upper: false).T.contiguous()
  }
}
