import Files
import Foundation

/// Which of the statements on I(u; v) is a model's own: what its training made large.
public enum InformationBound: String, Codable, Sendable {
  /// InfoNCE of both conditionals.
  case infoNCE = "info-nce"
  /// InfoNCE of ν(u | v), of models trained for u given v.
  case infoNCEOfU = "info-nce-of-u"
  /// InfoNCE of ν(v | u), of models trained for v given u.
  case infoNCEOfV = "info-nce-of-v"
}

/// What held-out pairs say of the mutual information I(u; v), in nats (MATH §2).
///
/// * InfoNCE, −L_cond (eq. 12): of N pairs, a bound from below in expectation, and never above `ceiling` = log N.
/// * NWJ (Nguyen, Wainwright and Jordan 2010), E s − E_⊗ exp s / a − log a + 1 with a from other pairs: a bound from below
///   in expectation, without a ceiling, and of large variance once I exceeds about log N.
/// * Donsker–Varadhan, −L_joint over the pairs i ≠ j (Problem 3.6): an estimate. The logarithm of a mean makes it too
///   large in expectation, even with the exact score.
///
/// The bounds hold for a model that has not seen the pairs. On training pairs nothing is a bound: `trainingGap` says by how
/// much the model does better there.
///
/// Intervals are the value and 1.96 standard errors of the jackknife either way: they hold the expectation of the value at
/// this number of pairs, and do not say how far a bound is below I(u; v).
///
/// ```swift
/// let information = coupling.mutualInformation(on: heldOut, key: Key(0))
/// information.bound.value   // 1.93: at least that
/// information.bound.lower   // 1.88
/// information.ceiling       // 6.9, log 1000
/// information.cautions      // what to keep in mind, one line each
/// ```
public struct MutualInformation: Codable, Equatable, Sendable {
  /// A value with its interval, nats.
  public struct Estimate: Codable, Equatable, Sendable {
    /// That of all pairs.
    public let value: Double
    /// The ends of the interval.
    public let lower: Double
    /// The upper end of the interval.
    public let upper: Double

    /// From numbers that are known.
    public init(value: Double, lower: Double, upper: Double) {
      (self.value, self.lower, self.upper) = (value, lower, upper)
    }

    /// With the interval of 95 % of a normal law, cut off at a ceiling.
    package init(value: Double, standardError: Double, atMost ceiling: Double = .infinity) {
      let reach = 1.959964 * standardError
      self.init(
        value: value, lower: value - reach, upper: max(value, min(value + reach, ceiling)))
    }
  }

  /// How much better the model does on training pairs than on as many held-out ones, nats.
  public struct Gap: Codable, Equatable, Sendable {
    /// Of the two-sided InfoNCE values, nats.
    public let infoNCE: Double
    /// Of the Donsker–Varadhan values, nats.
    public let donskerVaradhan: Double
  }

  /// N, the number of held-out pairs.
  public let pairs: Int
  /// The probability that an interval aims at, 0.95.
  public let confidence: Double
  /// Which of the InfoNCE values is the model's own.
  public let headline: InformationBound
  /// The two-sided InfoNCE value, the mean of the next two.
  public let infoNCE: Estimate
  /// InfoNCE of ν(u | v) and of ν(v | u), in this order.
  public let oneSidedInfoNCE: [Estimate]
  /// The bound with a from the other half of the pairs, the mean of both ways; nil for fewer than four pairs.
  public let nwj: Estimate?
  /// −L_joint over the pairs i ≠ j (Problem 3.6): an estimate, no bound.
  public let donskerVaradhan: Estimate
  /// The share of the variance of the headline that one pair makes: near 0 as a rule, near 1 where tails are heavy.
  public let largestShare: Double
  /// Training less held-out values; nil when no training pairs were given.
  public let trainingGap: Gap?

  /// Below this many pairs the intervals are warned of.
  static let fewestPairs = 30
  /// Above this share of one pair the tails are warned of.
  static let heavyShare = 0.25

  /// log N, nats: no InfoNCE value exceeds it.
  public var ceiling: Double { log(Double(pairs)) }

  /// The model's own bound.
  public var bound: Estimate {
    switch headline {
    case .infoNCE: infoNCE
    case .infoNCEOfU: oneSidedInfoNCE[0]
    case .infoNCEOfV: oneSidedInfoNCE[1]
    }
  }

  /// - Parameters:
  ///   - scores: S_ij = s(uⁱ, vʲ) of held-out pairs, N × N, N ≥ 2; partners on the diagonal. Arithmetic and memory:
  ///     8 N² (d + 1) operations in double precision, O(N d).
  ///   - training: the same for pairs of the training. Since InfoNCE depends on the number of pairs, equally many
  ///     are compared: random ones of the larger set.
  ///   - headline: what the model was trained for.
  ///   - key: of the choice of pairs to be compared.
  public init(
    _ scores: ScoreFactors, training: ScoreFactors? = nil, headline: InformationBound = .infoNCE,
    key: Key
  ) {
    let bounds = withoutGradients { JackknifedBounds(scores) }
    func estimate(_ found: Jackknife, atMost ceiling: Double = .infinity) -> Estimate {
      Estimate(value: found.value, standardError: found.standardError, atMost: ceiling)
    }
    let ceiling = log(Double(scores.rows))
    let (u, v) = (bounds.oneSidedInfoNCE[0], bounds.oneSidedInfoNCE[1])
    pairs = scores.rows
    confidence = 0.95
    self.headline = headline
    infoNCE = estimate(bounds.infoNCE, atMost: ceiling)
    oneSidedInfoNCE = [u, v].map { estimate($0, atMost: ceiling) }
    nwj = bounds.nwj.map { estimate($0) }
    donskerVaradhan = estimate(bounds.donskerVaradhan)
    largestShare =
      switch headline {
      case .infoNCE: bounds.infoNCE.largestShare
      case .infoNCEOfU: u.largestShare
      case .infoNCEOfV: v.largestShare
      }
    trainingGap = training.flatMap {
      min($0.rows, scores.rows) < 2 ? nil : MutualInformation.gap($0, scores, key: key)
    }
  }

  private static func gap(_ training: ScoreFactors, _ heldOut: ScoreFactors, key: Key) -> Gap {
    let count = min(training.rows, heldOut.rows)
    let (first, second) = key.split()
    func values(_ scores: ScoreFactors, _ key: Key) -> ScoreReport.Values {
      let chosen =
        scores.rows == count
        ? scores
        : scores.pairs(at: Tensor.permutation(scores.rows, key: key)[0..<count].array(Int.self))
      return withoutGradients { ScoreReport.Values(chosen.to(.float64)) }
    }
    let (known, new) = (values(training, first), values(heldOut, second))
    return Gap(
      infoNCE: known.infoNCE - new.infoNCE, donskerVaradhan: new.joint - known.joint)
  }
}

extension MutualInformation {
  /// What the numbers do not say by themselves, one line each; empty when nothing speaks against them.
  ///
  /// * The bound within 1 nat of log N: the true partner then makes up more than 1/e of its own normaliser, in
  ///   the geometric mean, and a larger I(u; v) would hardly move the value.
  /// * Below 0, it says nothing; one side far above both, it is that side that was trained.
  /// * One pair that makes more than a quarter of the variance: tails too heavy for the interval.
  /// * Donsker–Varadhan above log N: more than any N pairs can certify.
  /// * A training gap wider than the interval: the model has learned these training pairs, not the law.
  public var cautions: [String] {
    [
      pairs < MutualInformation.fewestPairs
        ? "\(pairs) pairs are too few for intervals that can be relied on; use "
          + "\(MutualInformation.fewestPairs) or more" : nil,
      bound.value > ceiling - 1
        ? "InfoNCE (\(rounded(bound.value)) nats) is near its ceiling log N = \(rounded(ceiling)): "
          + "the mutual information may be much larger; use more held-out pairs" : nil,
      valueCaution,
      largestShare > MutualInformation.heavyShare && pairs >= MutualInformation.fewestPairs
        ? "one pair makes \(Int((largestShare * 100).rounded())) % of the variance of InfoNCE: its interval "
          + "cannot be relied on; where tails are heavy, train on ranks or asinh of the data" : nil,
      donskerVaradhan.value > ceiling
        ? "Donsker–Varadhan (\(rounded(donskerVaradhan.value)) nats) exceeds log N = "
          + "\(rounded(ceiling)): its mean of exponentials rests on few pairs; use more held-out pairs"
        : nil,
      gapCaution,
    ].compactMap { $0 }
  }

  private var valueCaution: String? {
    let sides = ["u given v", "v given u"]
    if headline == .infoNCE, let best = oneSidedInfoNCE.max(by: { $0.value < $1.value }),
      best.lower > infoNCE.upper + 1, let side = oneSidedInfoNCE.firstIndex(of: best)
    {
      return
        "InfoNCE of \(sides[side]) alone is \(rounded(best.value)) nats: of a model trained for that "
        + "side, this is the bound"
    }
    // Less than that is rounding, of scores that are all alike say.
    guard bound.upper < -1e-6 else { return nil }
    return
      "InfoNCE is below 0, so that it says nothing of the information: the model fits these pairs worse "
      + "than a constant score; look for overfitting, other data than in training, or heavy tails"
  }

  private var gapCaution: String? {
    guard let trainingGap, trainingGap.infoNCE > infoNCE.upper - infoNCE.lower else { return nil }
    return "on training pairs InfoNCE is \(rounded(trainingGap.infoNCE)) nats higher: the model is "
      + "overfitted; only the held-out value is a bound"
  }

  private func rounded(_ value: Double) -> String {
    abs(value) < 1e6 ? String(format: "%.2f", value) : value.digits(3)
  }
}

extension Coupling {
  /// Statements on the mutual information from held-out pairs, each paired once; where a modality is a label, other
  /// pairs with the same label are independent partners like any others. Where pairs form groups, one of each is taken,
  /// so that pairs are independent (MATH §2).
  ///
  /// - Parameters:
  ///   - training: pairs of the training, for the gap between them and the held-out ones.
  ///   - headline: what the model was trained for: `loss.informationBound`.
  ///   - key: of the choice of pairs.
  /// - Throws: `Failure` when there is one pair only, or samples cannot be read.
  public func mutualInformation(
    on heldOut: PairedData, training: PairedData? = nil, headline: InformationBound = .infoNCE,
    key: Key
  ) throws -> MutualInformation {
    let draw = key.folded(with: 2)
    let (heldOut, training) = (heldOut.independent(key: draw), training?.independent(key: draw))
    guard heldOut.count >= 2 else {
      throw Failure(
        "one pair has no independent partner, so that nothing is known of the information",
        at: heldOut.samples.first.map { .file($0.name) } ?? .none,
        remedy: "give at least two pairs")
    }
    return MutualInformation(
      try factors(of: heldOut), training: try training.map(factors(of:)), headline: headline,
      key: key)
  }
}
