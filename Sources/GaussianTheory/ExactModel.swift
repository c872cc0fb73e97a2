import Torch

/// The model that represents a Gaussian pair exactly: the inner product of full rank with quadratic
/// potentials (MATH.md §4.2, end).
///
///     s(u, v) = uᵀ A v − ½ uᵀ M_u u − ½ vᵀ M_v v
///     A = −(C⁻¹)_uv,   M_u = (C⁻¹)_uu − C_uu⁻¹,   M_v = (C⁻¹)_vv − C_vv⁻¹
///
/// Its density relative to the product of the marginals is that of N(0, C): both conditionals and both
/// marginals are exact, and every loss is at its lower bound. In canonical modes A is σ/(1−σ²) and M is
/// σ²/(1−σ²): the differences above, which cancel, are never formed.
public struct ExactModel {
  /// A, n_u × n_v.
  public let a: Tensor
  /// M_u (n_u × n_u) and M_v (n_v × n_v), positive semidefinite.
  public let potentialU: Tensor, potentialV: Tensor
}

extension CanonicalAnalysis {
  /// The exact model with potentials; see `ExactModel`.
  public var exactModel: ExactModel {
    let cross = Tensor(modes.map { $0.sigma / $0.conditionalVariance }).unsqueezed(1)
    let own = Tensor(modes.map { $0.sigma * $0.sigma / $0.conditionalVariance }).unsqueezed(1)
    return ExactModel(
      a: matmul(directionsU.T, directionsV * cross),
      potentialU: matmul(directionsU.T, directionsU * own),
      potentialV: matmul(directionsV.T, directionsV * own))
  }
}
