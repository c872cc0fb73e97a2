import Foundation
import Torch

/// The mutual information of N Gaussian pairs without the plug-in's bias, with an interval (MATH §4.2b).
///
/// With sample covariances of N pairs, ν = N − 1, the plug-in Î = −½ Σ log(1 − σ̂²) exceeds I, whatever the law, by exactly
///
///     b = ½ [f(n_u) + f(n_v) − f(n_u + n_v)],   f(p) = Σ_{i<p} ψ((ν − i)/2),
///
/// for Gaussian pairs. Î − b is unbiased; `value` is it or 0, whichever is larger.
///
/// The interval inverts tests: an end is the I whose law of Î has Î itself as its quantile of 2.5 or 97.5 %, by draws of Î
/// (parametric bootstrap) at the sample's spectrum shrunk to that I. Informations of modes are shrunk by a common amount,
/// down to 0, so that the modes of noise go first. Ends are sought on the scale √(I + n_u n_v / 4N), on which the variance
/// 2I/N + n_u n_v / 2N² is nearly constant.
///
/// All of it holds only if the pairs are Gaussian: `gaussianity` tests that. For other pairs Î is the information of
/// Gaussian pairs with the same covariance, which may be more or less than theirs, and the interval is none.
///
/// ```swift
/// let estimate = try PlugInEstimate(u: u, v: v)
/// let information = GaussianInformation(estimate, u: u, v: v, key: Key(0))
/// information?.value        // 0.021, where the plug-in says 0.291
/// information?.lower        // 0
/// information?.upper        // 0.06
/// information?.gaussianity.p   // 0.4: nothing speaks against Gaussian pairs
/// ```
public struct GaussianInformation: Codable, Equatable, Sendable {
  /// max(Î − b, 0), nats.
  public let value: Double
  /// Î, nats.
  public let plugIn: Double
  /// b, nats.
  public let bias: Double
  /// The standard deviation of Î where I is `value`.
  public let standardError: Double
  /// The ends of the interval, nats; the lower is never below 0, and the upper never below `value`.
  public let lower: Double, upper: Double
  /// The tests of the pairs.
  public let gaussianity: Gaussianity

  /// Of the interval.
  public static let confidence = 0.95
  /// Below this p-value pairs are said not to be Gaussian.
  public static let doubt = 0.01
  /// Whether the tests leave the pairs to be Gaussian.
  public var isCredible: Bool { gaussianity.p >= GaussianInformation.doubt }

  /// nil where the exact law does not hold: for shrunk correlations, or N ≤ n_u + n_v.
  ///
  /// - Parameters:
  ///   - estimate: of these pairs.
  ///   - u, v: the pairs, N × n_u and N × n_v, for the test.
  ///   - key: of the draws.
  public init?(_ estimate: PlugInEstimate, u: Tensor, v: Tensor, key: Key) {
    let analysis = estimate.analysis
    // What truncation left of either side.
    let dimensions = analysis.correlation.shape
    guard estimate.shrinkageIntensity == 0, let larger = dimensions.max(),
      let smaller = dimensions.min(), smaller > 0, estimate.sampleCount > larger + smaller
    else { return nil }
    let interval = InformationInterval(
      analysis.modes.map(\.information), pairs: estimate.sampleCount, larger: larger,
      smaller: smaller, key: key)
    plugIn = analysis.mutualInformation
    bias = interval.bias
    value = Swift.max(plugIn - bias, 0)
    standardError = interval.deviation(at: value)
    lower = Swift.min(interval.end(quantile: 1 - (1 - Self.confidence) / 2), value)
    upper = Swift.max(interval.end(quantile: (1 - Self.confidence) / 2), value)
    gaussianity = Gaussianity(whitened: analysis.whitened(u: u, v: v))
  }
}

/// The search for the ends of the interval.
struct InformationInterval {
  /// b.
  let bias: Double
  /// Those of the sample's modes.
  private let informations: [Double]
  private let replicates: InformationReplicates
  /// n_u n_v / 4N.
  private let offset: Double
  private let pairs: Double

  init(_ informations: [Double], pairs: Int, larger: Int, smaller: Int, key: Key) {
    self.informations = informations
    self.pairs = Double(pairs)
    offset = Double(larger * smaller) / (4 * Double(pairs))
    replicates = InformationReplicates(pairs: pairs, larger: larger, smaller: smaller, key: key)
    func f(_ count: Int) -> Double {
      (0..<count).reduce(0) { $0 + digamma(Double(pairs - 1 - $1) / 2) }
    }
    bias = (f(larger) + f(smaller) - f(larger + smaller)) / 2
  }

  /// The standard deviation of Î where I has this value.
  func deviation(at information: Double) -> Double {
    let values = replicates.values(spectrum(information))
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(values.count - 1)).squareRoot()
  }

  /// The modes' informations less a common amount, at least 0, with this sum.
  private func spectrum(_ sum: Double) -> [Double] {
    guard sum > 0, let largest = informations.max() else { return informations.map { _ in 0 } }
    var (low, high) = (-sum / Double(informations.count), largest)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      let reached = informations.reduce(0) { $0 + Swift.max($1 - middle, 0) }
      if reached > sum { low = middle } else { high = middle }
    }
    return informations.map { Swift.max($0 - low, 0) }
  }

  /// √(I + c), with its sign below −c.
  private func scaled(_ information: Double) -> Double {
    let shifted = information + offset
    return shifted < 0 ? -(-shifted).squareRoot() : shifted.squareRoot()
  }

  /// The I ≥ 0 at which the quantile of Î − b is the sample's: by regula falsi (Illinois) on the scale, to a hundredth of
  /// the standard deviation 1/√2N there.
  func end(quantile p: Double) -> Double {
    let own = scaled(informations.reduce(0, +) - bias)
    func excess(_ t: Double) -> Double {
      let values = replicates.values(spectrum(t * t - offset))
      return scaled(quantile(values, p) - bias) - own
    }
    var low = (t: offset.squareRoot(), excess: excess(offset.squareRoot()))
    guard low.excess < 0 else { return 0 }
    let guess = own > low.t ? own : low.t - low.excess
    var high = (t: guess, excess: excess(guess))
    while high.excess < 0 {
      low = high
      let next = high.t - 1.5 * high.excess + 1e-9
      high = (next, excess(next))
    }
    var t = high.t
    let tolerance = 0.01 / (2 * pairs).squareRoot()
    for _ in 0..<8 {
      t = (low.t * high.excess - high.t * low.excess) / (high.excess - low.excess)
      let found = excess(t)
      if abs(found) < tolerance { break }
      if found < 0 {
        low = (t, found)
        high.excess /= 2
      } else {
        high = (t, found)
        low.excess /= 2
      }
    }
    return t * t - offset
  }

  /// Of values in ascending order: between neighbours, and from the mean and deviation of a normal law where few draws
  /// stand for a large matrix.
  private func quantile(_ values: [Double], _ p: Double) -> Double {
    let count = Double(values.count)
    guard values.count < 200 else {
      let place = p * (count - 1)
      let below = Int(place)
      let above = Swift.min(below + 1, values.count - 1)
      return values[below] + (place - Double(below)) * (values[above] - values[below])
    }
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return mean + (p < 0.5 ? -1.959964 : 1.959964) * (squares / (count - 1)).squareRoot()
  }
}
