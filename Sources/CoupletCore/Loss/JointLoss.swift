import Files
import Foundation

/// The joint loss (Problems 3.6, 3.7): how well ν itself predicts the pairs,
///
///     L = −mean_i S_ii + logmeanexp over the independent pairs i ≠ j of S_ij,
///
/// or over all pairs i, j on request, which counts true partners among the independent ones and is more
/// biased. −L is the Donsker–Varadhan bound on the mutual information. In expectation the loss is never below
/// the conditional one (Theorem 3.10); on a batch that holds over all pairs, but not off the diagonal,
/// where the two normalisers are means over different pairs. Over references
/// given apart from the batch, the mean runs over all their pairs, with their weights.
public struct JointLoss: Loss {
  /// Over which pairs the normaliser is estimated.
  public enum Normalizer: String, Sendable, Codable, CaseIterable {
    /// Independent pairs, i ≠ j.
    case offDiagonal = "off-diagonal"
    /// All pairs i, j, true partners among them.
    case allPairs = "all-pairs"
  }

  /// Over which pairs the normaliser is estimated.
  public private(set) var normalizer: Normalizer
  /// Whether the scores are stored or walked over in tiles; the value is the same up to rounding.
  public let evaluation: Evaluation

  /// Over the independent pairs i ≠ j unless all are asked for.
  public init(_ normalizer: Normalizer = .offDiagonal, evaluation: Evaluation = .automatic) {
    self.normalizer = normalizer
    self.evaluation = evaluation
  }

  /// `joint`.
  public var name: String { "joint" }

  /// Every term is a sum over scores.
  public var isShared: Bool { true }

  /// L of a batch, a scalar in nats; without a reference of its own the off-diagonal normaliser needs two pairs.
  public func callAsFunction(_ batch: ScoredBatch) -> Tensor {
    if let reference = batch.jointReference {
      return evaluation(LogSums(diagonal: 1), batch.pairs)
        + evaluation(LogSums(total: 1), reference)
    }
    let n = Double(batch.count)
    require(n > 1 || normalizer == .allPairs, "JointLoss: one pair has no independent partner")
    let isOff = normalizer == .offDiagonal
    let sums = LogSums(total: 1, isTotalOffDiagonal: isOff, diagonal: 1)
    return evaluation(sums, batch.pairs) - log(isOff ? n * (n - 1) : n * n)
  }
}

extension JointLoss {
  static let entry = Losses.Entry(
    "joint", JointLoss(), [.flag("all-pairs", \.normalizer, .allPairs)]
  ) { $0 }
}
