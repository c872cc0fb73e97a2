import CoupletCore
import Foundation

/// Pairs with k independent coordinates (uᵢ, vᵢ) of unit variances and correlation σ each, with the scores of models
/// whose answers are known in closed form.
struct GaussianPairs {
  let sigma: Double
  let u: Tensor
  let v: Tensor

  init(_ count: Int, dimension: Int = 1, sigma: Double, key: Key) {
    let (first, second) = key.split()
    self.sigma = sigma
    u = .normal([count, dimension], key: first, dtype: .float64)
    v =
      u * sigma
      + .normal([count, dimension], key: second, dtype: .float64) * (1 - sigma * sigma).squareRoot()
  }

  /// I(u; v) = −½ k log(1 − σ²).
  var information: Double { -0.5 * Double(u.shape[1]) * log(1 - sigma * sigma) }

  /// log p(u, v) / (p(u) p(v)) of any u with any v: the exact score.
  ///
  /// For one coordinate −½ log(1 − σ²) + (σ u v − ½ σ² (u² + v²)) / (1 − σ²).
  func exactScores(_ u: Tensor, _ v: Tensor) -> ScoreFactors {
    let precision = 1 / (1 - sigma * sigma)
    let curvature = -0.5 * sigma * sigma * precision
    return ScoreFactors(
      x: u * (sigma * precision), y: v,
      rowBias: u.square().sum(dim: 1) * curvature + information,
      columnBias: v.square().sum(dim: 1) * curvature)
  }

  /// σ ⟨u, v⟩: the inner-product optimum of Theorem 5.1, with exact conditional means and conditional
  /// covariances that stay those of the marginals.
  func innerProductScores(_ u: Tensor, _ v: Tensor) -> ScoreFactors {
    ScoreFactors(x: u * sigma, y: v)
  }

  var exactScores: ScoreFactors { exactScores(u, v) }
}
