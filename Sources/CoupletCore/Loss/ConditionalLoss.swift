import Files
import Foundation

/// The conditional loss (Problems 2.7, 3.1, 3.4, 3.13; eq. 12): how well ν(u | v) and ν(v | u) predict the
/// true partner,
///
///     L = −(λ_u + λ_v)/2 · mean_i S_ii + λ_u/2 · mean_j logmeanexp_i S_ij + λ_v/2 · mean_i logmeanexp_j S_ij.
///
/// With both sides it is the usual contrastive (CLIP, InfoNCE) loss less log N (Theorem 2.8), and −L is the
/// InfoNCE lower bound on the mutual information, at most log N.
///
/// ```swift
/// ConditionalLoss(.twoSided)(ScoredBatch(pairs: factors))  // scalar
/// ```
public struct ConditionalLoss: Loss {
  /// Which conditionals are matched to the data, and with what weights.
  public enum Sides: Equatable, Sendable, Codable {
    /// Both, λ = (1, 1).
    case twoSided
    /// ν(u | v) alone, λ = (2, 0).
    case uGivenV
    /// ν(v | u) alone, λ = (0, 2): classification, when v is a label.
    case vGivenU
    /// λ_u for ν(u | v) and λ_v for ν(v | u).
    case weighted(u: Double, v: Double)

    /// λ_u.
    public var u: Double {
      switch self {
      case .twoSided: 1
      case .uGivenV: 2
      case .vGivenU: 0
      case .weighted(let u, _): u
      }
    }

    /// λ_v.
    public var v: Double {
      switch self {
      case .twoSided: 1
      case .uGivenV: 0
      case .vGivenU: 2
      case .weighted(_, let v): v
      }
    }
  }

  /// Which conditionals are matched, with λ_u and λ_v.
  public private(set) var sides: Sides
  /// Whether the scores are stored or walked over in tiles; the value is the same up to rounding.
  public let evaluation: Evaluation

  /// With weights that are not negative, and not both 0.
  public init(_ sides: Sides, evaluation: Evaluation = .automatic) {
    require(
      sides.u >= 0 && sides.v >= 0 && sides.u + sides.v > 0,
      "ConditionalLoss: weights (\(sides.u), \(sides.v)) must be non-negative, not both 0")
    self.sides = sides
    self.evaluation = evaluation
  }

  /// `two-sided`, `u-given-v`, `v-given-u`, or `weighted(λ_u,λ_v)`.
  public var name: String {
    switch sides {
    case .twoSided: "two-sided"
    case .uGivenV: "u-given-v"
    case .vGivenU: "v-given-u"
    case .weighted(let u, let v): "weighted(\(u),\(v))"
    }
  }

  /// Every term is a sum over scores.
  public var isShared: Bool { true }

  /// L of a batch, a scalar in nats; over references given apart from the batch the means run over these, with their
  /// weights.
  public func callAsFunction(_ batch: ScoredBatch) -> Tensor {
    // Over the batch, the normalisers are means of N terms; over a reference, its weights are in the
    // scores. Row sums normalise ν(v | u), column sums ν(u | v).
    let logN = log(Double(batch.count))
    var pairs = LogSums(diagonal: (sides.u + sides.v) / 2)
    if batch.references[0] == nil { pairs.columns = sides.u / 2 }
    if batch.references[1] == nil { pairs.rows = sides.v / 2 }
    var loss = evaluation(pairs, batch.pairs) - (pairs.columns + pairs.rows) * logN
    if let reference = batch.references[0], sides.u > 0 {
      loss = loss + evaluation(LogSums(columns: sides.u / 2), reference)
    }
    if let reference = batch.references[1], sides.v > 0 {
      loss = loss + evaluation(LogSums(rows: sides.v / 2), reference)
    }
    return loss
  }
}

extension ConditionalLoss {
  static let entries: [Losses.Entry] = [
    .init("two-sided", ConditionalLoss(.twoSided), [.value("weights", .weights, \.sides.pair)]) {
      $0
    },
    .init("u-given-v", ConditionalLoss(.uGivenV)) { $0 },
    .init("v-given-u", ConditionalLoss(.vGivenU)) { $0 },
  ]

  /// (λ_u + λ_v)/2 · log N (Theorem 2.8).
  public func usualOffset(pairs: Int) -> Double? {
    (sides.u + sides.v) / 2 * log(Double(pairs))
  }
}

extension ConditionalLoss {
  /// That of the side that is matched to the data, of both where both are.
  public var informationBound: InformationBound { sides.informationBound }
}

extension ConditionalLoss.Sides {
  /// The InfoNCE value of these sides.
  var informationBound: InformationBound {
    if v == 0 { return .infoNCEOfU }
    return u == 0 ? .infoNCEOfV : .infoNCE
  }

  /// λ_u and λ_v, of both sides.
  var pair: [Double] {
    get { [u, v] }
    set { self = newValue == [1, 1] ? .twoSided : .weighted(u: newValue[0], v: newValue[1]) }
  }
}
