/// The joint maximum mean discrepancy loss (Problem 3.11): MMD² between the data and ν for the product kernel
/// k_u(u, u') k_v(v, v'), without its constant part. With ν as weights P_ij = exp S_ij / Σ exp S on the N²
/// pairs of the batch,
///
///     Σ P ∘ (K_u P K_v) − (2/N) tr(K_u P K_v):
///
/// matrix products only. P, K_u and K_v are stored, N × N each; no N² × N² object is.
///
/// A product of energy kernels is not positive definite. In this loss each factor is therefore the kernel that
/// −|x − x'| induces, |x − o| + |x' − o| − |x − x'| with o the mean of the batch, which has the same
/// discrepancy between laws and is positive definite.
public struct JointMMDLoss: Loss {
  public let kernelU: Kernel
  public let kernelV: Kernel

  public init(kernelU: Kernel = .gaussian(), kernelV: Kernel = .gaussian()) {
    self.kernelU = kernelU
    self.kernelV = kernelV
  }

  public var name: String { "mmd-joint" }

  public var usesData: Bool { true }

  public func callAsFunction(_ batch: ScoredBatch) -> Tensor {
    let data = batch.requireData(for: name)
    let s = batch.pairs.matrix
    let p = (s - s.logSumExp()).exp()
    let ku = JointMMDLoss.positiveGram(kernelU, data.u).to(p.dtype)
    let kv = JointMMDLoss.positiveGram(kernelV, data.v).to(p.dtype)
    let mixed = matmul(matmul(ku, p), kv)
    return (p * mixed).sum() - mixed.diagonal().mean() * 2
  }

  /// The kernel matrix; for the energy kernel that of the induced positive definite kernel.
  static func positiveGram(_ kernel: Kernel, _ data: Tensor) -> Tensor {
    let gram = kernel.gram(data)
    guard kernel == .energy else { return gram }
    // |x − o|² from squared distances alone, so that labels have it too: the mean squared distance to the
    // batch less half the batch's own mean squared distance.
    let squares = Kernel.squaredDistances(data, data)
    let toCenter = (squares.mean(dim: 1) - squares.mean() * 0.5).clamped(min: 0).sqrt()
    return gram + toCenter.unsqueezed(1) + toCenter
  }
}
