import Files
import Foundation

/// Whether the probabilities of a classifier can be taken at their word: how often its most probable class is
/// right, against how probable it said that class was.
///
/// ```swift
/// let reliability = Reliability(classifier.logProbabilities(images), classes: labels)
/// reliability.expectedCalibrationError   // 0.013
/// reliability.bins[9].frequency          // how often right where it said 0.9 to 1
/// ```
public struct Reliability: Codable, Equatable, Sendable {
  /// Predictions whose probability lies in one part of (0, 1].
  public struct Bin: Codable, Equatable, Sendable {
    /// The ends of the part; the lower one belongs to the part before.
    public let lower: Double
    /// The upper end, which belongs to the part.
    public let upper: Double
    /// The number of predictions in it.
    public let count: Int
    /// The mean probability of the predicted class; nil when the bin is empty, as are the next three.
    public let confidence: Double?
    /// How often the predicted class was the true one.
    public let frequency: Double?
    /// Wilson's 95 % interval for that.
    public let frequencyLower: Double?
    /// The upper end of that interval.
    public let frequencyUpper: Double?
    /// An unbiased estimate of (E[right − confidence])² in the bin; nil with fewer than two predictions.
    let squaredError: Double?
  }

  /// The parts of (0, 1], in ascending order.
  public let bins: [Bin]
  /// N.
  public let count: Int
  /// The fraction of rows whose most probable class is the true one.
  public let accuracy: Double
  /// −mean log p(true class), nats.
  public let logLoss: Double
  /// mean Σ_k (p_k − 1[k is true])², in 0…2 (the Brier score over all classes).
  public let brierScore: Double

  /// - Parameters:
  ///   - logProbabilities: N × K, in nats, as classifiers give them.
  ///   - classes: the true class of each row, 0 … K − 1.
  ///   - bins: the number of equal parts of (0, 1].
  public init(_ logProbabilities: Tensor, classes: [Int], bins: Int = 15) {
    require(
      logProbabilities.rank == 2 && logProbabilities.shape[0] == classes.count && !classes.isEmpty
        && bins >= 1 && classes.allSatisfy { (0..<logProbabilities.shape[1]).contains($0) },
      "Reliability: probabilities \(logProbabilities.shape) for \(classes.count) classes")
    let logs = logProbabilities.to(.float64)
    let truth = Tensor(classes, device: logs.device).unsqueezed(1)
    let p = logs.exp()
    let predicted = p.argmax(dim: 1).array(Int.self)
    let confidences = p.max(dim: 1).array(Double.self)
    let isRight = zip(predicted, classes).map(==)
    let hits = Double(isRight.count { $0 })

    count = classes.count
    accuracy = hits / Double(count)
    logLoss = -logs.gather(dim: 1, truth).mean().item()
    // Σ_k (p_k − y_k)² = Σ p² − 2 p_true + 1.
    brierScore =
      (p.square().sum(dim: 1, keepDim: true) - p.gather(dim: 1, truth) * 2 + 1).mean().item()
    var members = Array(repeating: [(confidence: Double, isRight: Bool)](), count: bins)
    for (confidence, isRight) in zip(confidences, isRight) {
      let place = Int(saturating: (confidence * Double(bins)).rounded(.up))
      members[min(max(place, 1), bins) - 1].append((confidence, isRight))
    }
    self.bins = members.enumerated().map { index, members in
      Bin(
        lower: Double(index) / Double(bins), upper: Double(index + 1) / Double(bins), of: members)
    }
  }

  /// Σ_b n_b/N |frequency_b − confidence_b| (ECE), in 0…1. Chance alone makes it positive: with n predictions in
  /// a bin, by about 0.8 √(f (1 − f)/n).
  public var expectedCalibrationError: Double {
    bins.reduce(0) { sum, bin in
      guard let frequency = bin.frequency, let confidence = bin.confidence else { return sum }
      return sum + Double(bin.count) / Double(count) * abs(frequency - confidence)
    }
  }

  /// √ Σ_b n_b/N (frequency_b − confidence_b)² without what chance alone adds: within each bin the square of the
  /// mean of d = right − confidence less its own variance s²/n, which is unbiased, as is the sum; 0 when
  /// the sum is negative. Bins with one prediction, which say nothing about s², are left out.
  public var debiasedCalibrationError: Double {
    let known = bins.filter { $0.squaredError != nil }
    let total = known.reduce(0) { $0 + $1.count }
    guard total > 0 else { return 0 }
    let sum = known.reduce(0.0) { $0 + Double($1.count) * ($1.squaredError ?? 0) }
    return max(0, sum / Double(total)).squareRoot()
  }
}

extension Reliability.Bin {
  fileprivate init(
    lower: Double, upper: Double, of members: [(confidence: Double, isRight: Bool)]
  ) {
    self.lower = lower
    self.upper = upper
    count = members.count
    guard !members.isEmpty else {
      (confidence, frequency, frequencyLower, frequencyUpper) = (nil, nil, nil, nil)
      squaredError = nil
      return
    }
    let n = Double(count)
    let hits = members.count { $0.isRight }
    let wilson = Binomial.wilson(successes: hits, of: count, confidence: 0.95)
    confidence = members.reduce(0) { $0 + $1.confidence } / n
    frequency = Double(hits) / n
    (frequencyLower, frequencyUpper) = (wilson.lowerBound, wilson.upperBound)
    let errors = members.map { ($0.isRight ? 1 : 0) - $0.confidence }
    let mean = errors.reduce(0, +) / n
    let variance = errors.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
    squaredError = count < 2 ? nil : mean * mean - variance / n
  }
}
