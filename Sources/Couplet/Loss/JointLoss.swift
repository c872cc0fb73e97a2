import Foundation

/// The joint loss (Problems 3.6, 3.7): how well ν itself predicts the pairs,
///
///     L = −mean_i S_ii + logmeanexp over the independent pairs i ≠ j of S_ij,
///
/// or over all pairs i, j on request, which counts true partners among the independent ones and is more
/// biased. It is never below the conditional loss (Theorem 3.10); −L is the Donsker–Varadhan bound
/// on the mutual information.
public struct JointLoss: Loss {
  /// Over which pairs the normaliser is estimated.
  public enum Normalizer: String, Sendable, Codable {
    case offDiagonal = "off-diagonal"
    case allPairs = "all-pairs"
  }

  public let normalizer: Normalizer

  public init(_ normalizer: Normalizer = .offDiagonal) { self.normalizer = normalizer }

  public var name: String { "joint" }

  public func callAsFunction(_ batch: ScoredBatch) -> Tensor {
    let n = Double(batch.count)
    precondition(n > 1 || normalizer == .allPairs, "JointLoss: one pair has no independent partner")
    let fit = batch.pairs.diagonal.mean()
    switch normalizer {
    case .allPairs:
      return logMean(LogSumExps.plain(batch.pairs, .all).all, over: n * n) - fit
    case .offDiagonal:
      return logMean(LogSumExps.plain(batch.pairs, .offDiagonal).offDiagonal, over: n * (n - 1))
        - fit
    }
  }

  private func logMean(_ logSum: Tensor?, over count: Double) -> Tensor {
    guard let logSum else { preconditionFailure("a requested sum is always given") }
    return logSum - log(count)
  }
}
