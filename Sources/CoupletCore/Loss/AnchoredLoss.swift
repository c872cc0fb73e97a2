import Files
import Foundation

/// The anchored loss (the contrastive neural ratio estimation of Miller, Weniger and Forré 2022; MATH §11): InfoNCE with one
/// more answer, "none of these". Given v and K candidates, one of them is the partner, each with probability γ/(K(1 + γ)), or
/// none is,
///
///     q(k) = γ exp s_k / (K + γ Σ_l exp s_l),   q(none) = K / (K + γ Σ_l exp s_l),
///     L = −γ/(1+γ) mean_j log q(partner) − 1/(1+γ) mean_j log q(none),
///
/// with the N rows of a batch as candidates, and for the second term the N − 1 rows without the partner; weighted by λ_u/2
/// and λ_v/2 for the two sides. Over all scores its minimum is s = log dμ/d(μ_u ⊗ μ_v), for every number of candidates.
///
/// ```swift
/// AnchoredLoss()(ScoredBatch(pairs: factors))   // scalar
/// ```
public struct AnchoredLoss: Loss {
  /// λ_u and λ_v.
  public private(set) var sides: ConditionalLoss.Sides
  /// The odds that one of the candidates is the partner.
  public private(set) var gamma: Double
  /// Whether the scores are stored or walked over in tiles; the value is the same up to rounding.
  public let evaluation: Evaluation

  /// With γ > 0.
  public init(
    _ sides: ConditionalLoss.Sides = .twoSided, gamma: Double = 1,
    evaluation: Evaluation = .automatic
  ) {
    require(gamma > 0 && gamma.isFinite, "AnchoredLoss: γ = \(gamma) must be above 0")
    (self.sides, self.gamma, self.evaluation) = (sides, gamma, evaluation)
  }

  /// `anchored`.
  public var name: String { "anchored" }
  /// True.
  public var isNormalized: Bool { true }

  /// L of a batch of at least two pairs, a scalar in nats.
  public func callAsFunction(_ batch: ScoredBatch) -> Tensor {
    let pairs = batch.requireOwnReference(for: name)
    let terms = [(sides.u, pairs.transposed), (sides.v, pairs)].filter { $0.0 > 0 }.map {
      evaluation.overRows($1, side) * ($0 / 2 / Double(batch.count))
    }
    return terms.dropFirst().reduce(terms[0], +)
  }

  /// The sum over conditions, one per row, whose candidates are all columns.
  private func side(_ part: ScoreFactors) -> Tensor {
    let s = part.matrix + log(gamma)
    let count = Double(part.columns)
    let one = s.logSumExp(dim: 1).logAddExp(Tensor(log(count), dtype: s.dtype).to(deviceOf: s))
    let others = s.masked(part.isPair, with: -.infinity).logSumExp(dim: 1)
    let none = others.logAddExp(Tensor(log(count - 1), dtype: s.dtype).to(deviceOf: s))
    let partner = one - (part.diagonal + log(gamma))
    return (partner * gamma + (none - log(count - 1))).sum() / (1 + gamma)
  }
}

extension AnchoredLoss {
  static let entry = Losses.Entry(
    "anchored", AnchoredLoss(),
    [
      .value("gamma", .positive(), \.gamma),
      .value("weights", .weights, \.sides.pair),
    ]
  ) { $0 }
}
