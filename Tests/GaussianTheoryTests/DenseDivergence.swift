import GaussianTheory
import Torch

/// The expected KL divergences of a loss, straight from the definitions with dense matrices in the
/// original coordinates: the law ν from its precision matrix (40), (47), and
/// KL(N(m₁,C₁) ‖ N(m₂,C₂)) = ½[tr(C₂⁻¹C₁) − n − log det(C₂⁻¹C₁) + |m₁ − m₂|²]. It shares no formula with
/// the module: neither whitening, nor modes, nor Woodbury's identity.
struct DenseDivergence {
  let tilting: GaussianTilting
  let loss: GaussianLoss
  private let covariance: PairCovariance
  private let inverseU: Tensor, inverseV: Tensor
  private let meanMapU: Tensor, meanMapV: Tensor
  private let spreadU: Tensor, spreadV: Tensor

  init(_ covariance: PairCovariance, tilting: GaussianTilting, loss: GaussianLoss) throws {
    (self.covariance, self.tilting, self.loss) = (covariance, tilting, loss)
    inverseU = try covariance.uu.solve(.eye(covariance.uDimension, dtype: .float64))
    inverseV = try covariance.vv.solve(.eye(covariance.vDimension, dtype: .float64))
    meanMapU = matmul(covariance.uv, inverseV)
    meanMapV = matmul(covariance.uv.T, inverseU)
    spreadU = covariance.uu - matmul(meanMapU, covariance.uv.T)
    spreadV = covariance.vv - matmul(meanMapV, covariance.uv)
  }

  /// J at (G, H); infinite where ν is not a probability.
  func callAsFunction(_ g: Tensor, _ h: Tensor) throws -> Tensor {
    let a = matmul(g.T, h)
    let precisionU = tilting == .squaredDistance ? inverseU + matmul(g.T, g) : inverseU
    let precisionV = tilting == .squaredDistance ? inverseV + matmul(h.T, h) : inverseV
    switch loss {
    case .joint:
      let precision = cat([cat([precisionU, -a], dim: 1), cat([-a.T, precisionV], dim: 1)])
      return try kl(covariance.joint, precision)
    case .conditional(let weights):
      let u = try side(spreadU, precisionU, a, meanMapU, covariance.vv)
      let v = try side(spreadV, precisionV, a.T, meanMapV, covariance.uu)
      return u * (weights.uGivenV / 2) + v * (weights.vGivenU / 2)
    }
  }

  private func side(
    _ spread: Tensor, _ precision: Tensor, _ a: Tensor, _ meanMap: Tensor, _ given: Tensor
  ) throws -> Tensor {
    let gap = try precision.solve(a) - meanMap
    let shift = (matmul(precision, gap) * matmul(gap, given)).sum()
    return try kl(spread, precision) + shift * 0.5
  }

  /// KL(N(0, C) ‖ N(0, Λ⁻¹)).
  private func kl(_ covariance: Tensor, _ precision: Tensor) throws -> Tensor {
    let least = try withoutGradients { try precision.eigenvalues().min().item() }
    guard least > 0 else { return Tensor(Double.infinity, dtype: .float64) }
    let logDeterminants =
      precision.logDeterminant().logAbsolute + covariance.logDeterminant().logAbsolute
    return ((precision * covariance).sum() - Double(covariance.shape[0]) - logDeterminants) * 0.5
  }
}
