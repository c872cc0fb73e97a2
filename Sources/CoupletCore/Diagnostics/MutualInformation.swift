import Files
import Foundation

/// How much u and v tell about each other, I(u; v), bounded from below on held-out pairs, in nats (MATH §2).
///
/// * InfoNCE, −L_cond (eq. 12): never above `ceiling` = log N, however strongly u and v depend on each other.
/// * Donsker–Varadhan, −L_joint over the pairs i ≠ j (Problem 3.6): no such ceiling in form, but a mean of
///   exponentials that N pairs cannot determine once I exceeds about log N.
///
/// Both have expectations below I(u; v) for a model that has not seen the pairs (Donsker–Varadhan up to the
/// downward bias of the logarithm of a mean), with equality for the exact score as N grows. On training pairs they
/// are no bounds: `trainingGap` says by how much the model does better there.
///
/// Intervals are percentiles of bootstrap resamples of the pairs. They say how far another N pairs could move the
/// value, not how far the bound is below I(u; v).
///
/// ```swift
/// let information = coupling.mutualInformation(on: heldOut, key: Key(0))
/// information.infoNCE.value   // 1.93
/// information.infoNCE.lower   // 1.88
/// information.ceiling         // 6.9, log 1000
/// information.cautions        // what to keep in mind, one line each
/// ```
public struct MutualInformation: Codable, Equatable, Sendable {
  /// A value with its interval, nats.
  public struct Estimate: Codable, Equatable, Sendable {
    /// The bound on all pairs, without resampling.
    public let value: Double
    /// The ends of the interval.
    public let lower: Double
    /// The upper end of the interval.
    public let upper: Double
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
  /// The probability that an interval aims at.
  public let confidence: Double
  /// The two-sided InfoNCE value, the mean of the next two.
  public let infoNCE: Estimate
  /// InfoNCE of ν(u | v) and of ν(v | u), in this order.
  public let oneSidedInfoNCE: [Estimate]
  /// −L_joint over the pairs i ≠ j (Problem 3.6).
  public let donskerVaradhan: Estimate
  /// Training less held-out values; nil when no training pairs were given.
  public let trainingGap: Gap?

  /// Below this many pairs the intervals are warned of.
  static let fewestPairs = 30

  /// log N, nats: no InfoNCE value exceeds it.
  public var ceiling: Double { log(Double(pairs)) }

  /// - Parameters:
  ///   - scores: S_ij = s(uⁱ, vʲ) of held-out pairs, N × N, N ≥ 2; partners on the diagonal.
  ///   - training: the same for pairs of the training. Since InfoNCE depends on the number of pairs, equally many
  ///     are compared: random ones of the larger set.
  ///   - replicates: the number of resamples. Arithmetic and memory: `ResampledBounds`.
  ///   - confidence: of the percentile intervals.
  ///   - key: of the resampling.
  public init(
    _ scores: ScoreFactors, training: ScoreFactors? = nil, replicates: Int = 200,
    confidence: Double = 0.95, key: Key
  ) {
    require(
      replicates >= 1 && confidence > 0 && confidence < 1,
      "MutualInformation: \(replicates) replicates at confidence \(confidence)")
    let (resampling, subset) = key.split()
    let weights = ResampledBounds.weights(
      pairs: scores.rows, replicates: replicates, key: resampling)
    let bounds = withoutGradients { ResampledBounds(scores, weights: weights) }
    func estimate(_ values: [Double]) -> Estimate {
      let sorted = values.dropFirst().sorted()
      let tail = (1 - confidence) / 2
      return Estimate(
        value: values[0], lower: sorted.quantile(tail), upper: sorted.quantile(1 - tail))
    }
    self.pairs = scores.rows
    self.confidence = confidence
    self.infoNCE = estimate(bounds.infoNCE)
    self.oneSidedInfoNCE = bounds.oneSidedInfoNCE.map(estimate)
    self.donskerVaradhan = estimate(bounds.donskerVaradhan)
    self.trainingGap = training.flatMap {
      min($0.rows, scores.rows) < 2 ? nil : MutualInformation.gap($0, scores, key: subset)
    }
  }

  private static func gap(_ training: ScoreFactors, _ heldOut: ScoreFactors, key: Key) -> Gap {
    let count = min(training.rows, heldOut.rows)
    let (first, second) = key.split()
    func bounds(_ scores: ScoreFactors, _ key: Key) -> ResampledBounds {
      let chosen =
        scores.rows == count
        ? scores
        : scores.pairs(at: Tensor.permutation(scores.rows, key: key)[0..<count].array(Int.self))
      return withoutGradients {
        ResampledBounds(chosen, weights: .ones([count, 1], dtype: .float64))
      }
    }
    let (known, new) = (bounds(training, first), bounds(heldOut, second))
    return Gap(
      infoNCE: known.infoNCE[0] - new.infoNCE[0],
      donskerVaradhan: known.donskerVaradhan[0] - new.donskerVaradhan[0])
  }

  /// What the numbers do not say by themselves, one line each; empty when nothing speaks against them.
  ///
  /// * InfoNCE within 1 nat of log N: the true partner then makes up more than 1/e of its own normaliser, in
  ///   the geometric mean, and a larger I(u; v) would hardly move the value.
  /// * Donsker–Varadhan above log N: more than any N pairs can certify.
  /// * A training gap wider than the interval: the model has learned these training pairs, not the law.
  public var cautions: [String] {
    var lines: [String] = []
    if pairs < MutualInformation.fewestPairs {
      lines.append(
        "\(pairs) pairs are too few for intervals that can be relied on; use "
          + "\(MutualInformation.fewestPairs) or more")
    }
    if infoNCE.value > ceiling - 1 {
      lines.append(
        "InfoNCE (\(rounded(infoNCE.value)) nats) is near its ceiling log N = \(rounded(ceiling)): "
          + "the mutual information may be much larger; use more held-out pairs")
    }
    if donskerVaradhan.value > ceiling {
      lines.append(
        "Donsker–Varadhan (\(rounded(donskerVaradhan.value)) nats) exceeds log N = "
          + "\(rounded(ceiling)): its mean of exponentials rests on few pairs; use more held-out pairs"
      )
    }
    if let trainingGap, trainingGap.infoNCE > infoNCE.upper - infoNCE.lower {
      lines.append(
        "on training pairs InfoNCE is \(rounded(trainingGap.infoNCE)) nats higher: the model is "
          + "overfitted; only the held-out value is a bound")
    }
    return lines
  }

  private func rounded(_ value: Double) -> String { String(format: "%.2f", value) }
}

extension Coupling {
  /// Bounds on the mutual information from held-out pairs, each paired once; where a modality is a label, other
  /// pairs with the same label are independent partners like any others. Where pairs form groups, one of each is taken,
  /// so that resamples are of groups (MATH §2).
  ///
  /// - Parameters:
  ///   - training: pairs of the training, for the gap between them and the held-out ones.
  ///   - replicates, confidence, key: of the bootstrap intervals.
  /// - Throws: `Failure` when there is one pair only, or samples cannot be read.
  public func mutualInformation(
    on heldOut: PairedData, training: PairedData? = nil, replicates: Int = 200,
    confidence: Double = 0.95, key: Key
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
      try factors(of: heldOut), training: try training.map(factors(of:)), replicates: replicates,
      confidence: confidence, key: key)
  }
}
