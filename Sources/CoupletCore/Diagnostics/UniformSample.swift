import Files
import Foundation

/// Numbers in [0, 1] that are uniform when a model is calibrated, and how far they are from that.
///
/// ```swift
/// let sample = UniformSample([0.1, 0.4, 0.7])
/// sample.histogram(bins: 2)      // [2, 1]
/// sample.fraction(atMost: 0.5)   // 0.667
/// ```
public struct UniformSample: Codable, Equatable, Sendable {
  /// The numbers, as they were given.
  public let values: [Double]
  /// How many independent numbers would scatter as much; the number of values unless they share an error.
  public let effectiveCount: Double

  /// From at least one number; `effectiveCount` is for numbers that share an error.
  public init(_ values: [Double], effectiveCount: Double? = nil) {
    require(!values.isEmpty, "UniformSample: no values")
    self.values = values
    self.effectiveCount = effectiveCount ?? Double(values.count)
  }

  /// The number of values.
  public var count: Int { values.count }

  // MARK: Moments

  /// ½ when calibrated; off when the model is biased.
  public var mean: Double { values.reduce(0, +) / Double(count) }

  /// E (x − ½)², 1/12 when calibrated; less when the model is too wide (values gather in the middle), more when it is
  /// too narrow.
  public var spread: Double { values.reduce(0) { $0 + ($1 - 0.5) * ($1 - 0.5) } / Double(count) }

  // MARK: Histogram

  /// The number of values in each of `bins` equal parts of [0, 1].
  public func histogram(bins: Int) -> [Int] {
    var counts = Array(repeating: 0, count: bins)
    for value in values {
      counts[min(bins - 1, max(0, Int(saturating: value * Double(bins))))] += 1
    }
    return counts
  }

  /// What one bin's count of independent uniform values is in with probability `confidence`, by the
  /// binomial law. Of 20 bins, one lies outside of a 95 % band on average.
  public func histogramBand(bins: Int, confidence: Double = 0.95) -> ClosedRange<Int> {
    Binomial.band(trials: count, p: 1 / Double(bins), confidence: confidence)
  }

  // MARK: Distribution function

  /// The fraction of values ≤ `level`: `level` itself when calibrated.
  public func fraction(atMost level: Double) -> Double {
    Double(values.count { $0 <= level }) / Double(count)
  }

  /// What that fraction is in with probability `confidence` for independent uniform values.
  public func fractionBand(at level: Double, confidence: Double = 0.95) -> ClosedRange<Double> {
    let band = Binomial.band(trials: count, p: level, confidence: confidence)
    return Double(band.lowerBound) / Double(count)...Double(band.upperBound) / Double(count)
  }

  /// The Kolmogorov–Smirnov distance max_t |fraction(atMost: t) − t|.
  public var kolmogorovSmirnovDistance: Double {
    let n = Double(count)
    return values.sorted().enumerated().reduce(0) { largest, next in
      let (i, x) = (Double(next.offset), next.element)
      return max(largest, (i + 1) / n - x, x - i / n)
    }
  }

  /// The probability of a distance at least as large, for as many independent uniform values as
  /// `effectiveCount` says: Kolmogorov's limit law at (√n + 0.12 + 0.11/√n) D, Stephens' correction for finite n,
  /// good to about 1 % from n = 5 on.
  public var kolmogorovSmirnovPValue: Double {
    let root = effectiveCount.squareRoot()
    return UniformSample.kolmogorovTail((root + 0.12 + 0.11 / root) * kolmogorovSmirnovDistance)
  }

  /// P(K > x) for Kolmogorov's law: 2 Σ (−1)ʲ⁻¹ exp(−2 j² x²), and below 1, where this converges slowly, the
  /// equal 1 − √(2π)/x Σ exp(−(2j − 1)² π²/(8x²)). Five terms are exact to 1e-17 on either side.
  static func kolmogorovTail(_ x: Double) -> Double {
    guard x > 0 else { return 1 }
    let terms = 1...5
    if x < 1 {
      let sum = terms.reduce(0.0) { $0 + exp(-pow(Double(2 * $1 - 1) * .pi / x, 2) / 8) }
      return 1 - (2 * Double.pi).squareRoot() / x * sum
    }
    return terms.reduce(0.0) {
      $0 + ($1 % 2 == 1 ? 2 : -2) * exp(-2 * pow(Double($1) * x, 2))
    }
  }
}
