import Files
import Foundation

/// How far a learned conditional over a gallery can be trusted: its numbers, and what speaks against it.
///
/// ```swift
/// let trust = posterior.trust(of: .u, against: profile)
/// trust.effectiveSampleSize   // 1.2
/// trust.warnings              // ["one candidate carries 91 % of the weight: …"]
/// ```
public struct Trust: Codable, Equatable, Sendable {
  /// n.
  public let candidates: Int
  /// 1 / Σ w², in 1…n.
  public let effectiveSampleSize: Double
  /// −Σ w log w, nats, in 0…log n.
  public let entropy: Double
  /// Σ w log(w / m), nats: how far the condition moved the law from the reference.
  public let divergenceFromReference: Double
  /// The score of the best candidate.
  public let bestScore: Double
  /// Its log-density relative to the reference, nats.
  public let bestLogDensity: Double
  /// The fraction of true partners that score less; nil without a profile.
  public let scoreLevel: Double?
  /// The fraction of true partners with a lower log-density; nil without a profile.
  public let densityLevel: Double?
  /// The fraction of conditions like those of the training that are as strange as this one, at most (`Support`); nil
  /// where that is not known.
  public let supportLevel: Double?
  /// One line each, what is wrong and what to do; empty when nothing speaks against the answer.
  public let warnings: [String]
}

/// The numbers of an answer that trust in it rests on.
struct AnswerNumbers {
  var candidates: Int
  var effectiveSampleSize, entropy, divergenceFromReference: Double
  var bestLogDensity, logNormalizer: Double
  /// The largest probability of a candidate.
  var share: Double
}

extension Trust {
  init(
    _ numbers: AnswerNumbers, of modality: Modality, against profile: ScoreProfile?,
    support: Double?, areAll: Bool
  ) {
    let bestScore = numbers.bestLogDensity + numbers.logNormalizer
    let scoreLevel = profile?.scores.level(of: bestScore)
    let densityLevel = profile?.logDensities[modality.name]?.level(of: numbers.bestLogDensity)
    self.init(
      candidates: numbers.candidates, effectiveSampleSize: numbers.effectiveSampleSize,
      entropy: numbers.entropy, divergenceFromReference: numbers.divergenceFromReference,
      bestScore: bestScore, bestLogDensity: numbers.bestLogDensity, scoreLevel: scoreLevel,
      densityLevel: densityLevel, supportLevel: support,
      warnings: [
        support.flatMap {
          $0 >= Support.strange
            ? nil
            : "the query is unlike what the run was trained on (of \(Trust.rarity($0)) samples like those, one is so "
              + "strange): the answer is an extrapolation; check the query"
        },
        areAll ? nil : numbers.concentrationWarning,
        scoreLevel.flatMap {
          $0 >= Support.strange
            ? nil
            : "the best candidate scores \(bestScore.digits(3)), less than 99.5 % of true partners "
              + "do: the gallery may hold no partner of this query; extend it, or check the query"
        },
        densityLevel.flatMap {
          $0 >= Support.strange
            ? nil
            : "even the best candidate is only \(exp(numbers.bestLogDensity).digits(3)) times as probable as "
              + "without the query, less than for 99.5 % of true partners: the query says "
              + "little; check that it is like the training data"
        },
      ].compactMap { $0 })
  }

  /// One in how many, for people.
  private static func rarity(_ level: Double) -> String {
    level < 1e-6 ? "more than a million" : "\(Int(saturating: (1 / level).rounded()))"
  }
}

extension AnswerNumbers {
  fileprivate var concentrationWarning: String? {
    guard candidates > 1, effectiveSampleSize < 2 else { return nil }
    return
      "one candidate carries \(Int(saturating: (share * 100).rounded())) % of the weight (effective sample size "
      + "\(effectiveSampleSize.digits(3)) of \(candidates)): do not rely on means, covariances and draws; "
      + "use a larger gallery"
  }
}

extension ConditionalDistribution {
  /// What speaks for and against this answer.
  ///
  /// Warnings are given when
  ///
  /// * the effective sample size is below 2: one candidate decides means, covariances and draws;
  /// * the best candidate scores below 99.5 % of true partners: nothing in the gallery fits, though
  ///   weights, which are relative to the gallery, do not show it;
  /// * its log-density is below 99.5 % of theirs: the query tells less than others do;
  /// * the query is off the support of the training.
  ///
  /// - Parameters:
  ///   - modality: what the candidates are.
  ///   - profile: of pairs like those of the training; nil leaves out the second and the third.
  ///   - support: the level of the query; nil leaves out the last.
  ///   - areAll: whether the candidates are all that there are, as labels are: one of them may then be the whole answer,
  ///     and the first is left out.
  public func trust(
    of modality: Modality, against profile: ScoreProfile? = nil, support: Double? = nil,
    areAll: Bool = false
  ) -> Trust {
    Trust(numbers, of: modality, against: profile, support: support, areAll: areAll)
  }

  /// What trust rests on.
  var numbers: AnswerNumbers {
    let density = (logWeights - logReference).masked(
      logReference.equal(to: -.infinity), with: -.infinity)
    return AnswerNumbers(
      candidates: count, effectiveSampleSize: effectiveSampleSize, entropy: entropy,
      divergenceFromReference: divergenceFromReference, bestLogDensity: density.max().item(),
      logNormalizer: logNormalizer, share: exp(logWeights.max().item()))
  }
}
