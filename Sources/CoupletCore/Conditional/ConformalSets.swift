import Files
import Foundation

/// Sets of candidates that hold the true partner in a given fraction of cases, whatever the model's faults, by split
/// conformal prediction: a candidate is in the set when its weight reaches a threshold that all but that fraction of
/// other pairs' partners reach. Of all sets by a threshold on a function of weights these are the smallest on average.
///
/// The promise is over pairs of the same kind as those that the threshold is taken from, which the model was not fitted
/// to, and for partners that are among the candidates; not for each condition by itself.
///
/// ```swift
/// let sets = try ConformalSets(coverage: 0.9, logWeights: ofValidationPartners)
/// sets.matches(in: law)   // 12 candidates, best first
/// ```
public struct ConformalSets: Equatable, Sendable {
  /// The least fraction of cases in which a set holds the partner.
  public let coverage: Double
  /// The number of pairs that the threshold is taken from.
  public let pairs: Int
  /// The smallest log-weight of a member.
  public let threshold: Double

  /// With n pairs, the threshold is the ⌊(n + 1)(1 − coverage)⌋-th smallest of their partners' log-weights.
  /// - Parameter logWeights: of the true partner of each pair, among its gallery.
  /// - Throws: `Failure` when there are too few pairs to say so much.
  public init(coverage: Double, logWeights: [Double]) throws {
    // As exactly as the fraction is written: 0.9 of 9 pairs allows the smallest.
    let place = Int(((Double(logWeights.count) + 1) * (1 - coverage) + 1e-9).rounded(.down))
    guard place >= 1 else {
      let needed = Int(saturating: (coverage / (1 - coverage) * (1 - 1e-9)).rounded(.up))
      throw Failure(
        "\(logWeights.count) validation pairs cannot promise a coverage of \(coverage)",
        at: .setting("coverage"),
        remedy: "ask for less, or train with \(needed) validation pairs or more")
    }
    self.coverage = coverage
    pairs = logWeights.count
    threshold = logWeights.sorted()[place - 1]
  }

  /// The members of the set of one condition, best first; none where no candidate reaches the threshold, so that the
  /// partner is probably not among them.
  public func matches(in law: ConditionalDistribution) -> [ConditionalDistribution.Match] {
    let count =
      law.count - Int(law.logWeights.less(than: Tensor(threshold)).to(.float64).sum().item())
    return count > 0 ? law.top(count) : []
  }
}
