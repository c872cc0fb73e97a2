import Files
import Foundation
import Torch

/// The Gaussian theory of N observed pairs: empirical moments in place of the true ones (Remark D.2).
/// It is the statistical limit of training linear encoders on those pairs.
///
/// Sample canonical correlations are too large, the more so the larger (n_u + n_v)/N is; `heldOut`
/// gives honest ones.
public struct PlugInEstimate {
  /// The canonical correlations and directions of the sample, shrunk and truncated as asked for.
  public let analysis: CanonicalAnalysis
  /// N.
  public let sampleCount: Int
  /// By how much the correlations were shrunk; 0 without shrinkage.
  public let shrinkageIntensity: Double
  /// What to be careful about; empty when there are enough samples.
  public let warnings: [String]

  /// Standard errors of the canonical correlations, (1 − σ²)/√N: the leading order for Gaussian data
  /// as N grows with the dimensions fixed, for correlations that are simple and not zero (Hotelling
  /// 1936; Anderson, "An Introduction to Multivariate Statistical Analysis", §13.4.3). They do not
  /// cover the bias.
  public var correlationErrors: [Double] {
    analysis.modes.map { $0.conditionalVariance / Double(sampleCount).squareRoot() }
  }
  /// Estimates from rows of u (N × n_u) and v (N × n_v).
  ///
  /// ```swift
  /// let estimate = try PlugInEstimate(u: u, v: v, shrinkage: .ledoitWolf)
  /// estimate.analysis.correlations
  /// ```
  /// - Throws: `Failure` for unusable data, and when without shrinkage there are too few pairs for the
  ///   sample covariance to be invertible.
  public init(u: Tensor, v: Tensor, shrinkage: Shrinkage = .none, truncation: Truncation = .none)
    throws
  {
    try Self.requireDetermined(u, v, isShrunk: shrinkage != .none && shrinkage != .intensity(0))
    for (samples, name) in [(u, "u"), (v, "v")] where truncation == .none {
      try Self.requireVarying(samples, name)
    }
    let (covariance, intensity) = try PairCovariance.estimated(u: u, v: v, shrinkage: shrinkage)
    let count = u.shape[0]
    let dimension = covariance.uDimension + covariance.vDimension
    analysis = try covariance.canonicalAnalysis(truncation: truncation)
    (sampleCount, shrinkageIntensity) = (count, intensity)
    warnings =
      count >= 10 * dimension
      ? []
      : [
        "\(count) pairs for \(dimension) coordinates: canonical correlations are biased upwards; "
          + "look at the held-out ones, and consider shrinkage"
      ]
  }
}

// What is checked before a covariance is made of the samples.
extension PlugInEstimate {
  /// The most coordinates for which memory holds the ten or so matrices of the analysis.
  static let largestDimension = Int(
    (Double(ProcessInfo.processInfo.physicalMemory) / (8 * 10)).squareRoot())

  /// - Throws: `Failure` when there are too few pairs, or more coordinates than memory holds matrices of.
  private static func requireDetermined(_ u: Tensor, _ v: Tensor, isShrunk: Bool) throws {
    guard u.rank == 2, v.rank == 2 else { return }
    let (count, dimension) = (u.shape[0], u.shape[1] + v.shape[1])
    let isTooLarge = dimension > largestDimension
    guard isShrunk || count > dimension else {
      throw Failure(
        "\(count) pairs determine no covariance of \(dimension) coordinates: "
          + "every canonical correlation would be 1", at: .input("samples"),
        remedy: isTooLarge
          ? "pass fewer coordinates, their leading principal components for example"
          : "pass more pairs, or give `shrinkage` auto")
    }
    guard !isTooLarge else {
      throw Failure(
        "matrices of \(dimension) × \(dimension) numbers do not fit in memory",
        at: .input("samples"),
        remedy: "pass at most \(largestDimension) coordinates, leading principal components for "
          + "example")
    }
  }

  /// - Throws: `Failure` naming the columns whose values are all equal: they have no correlations.
  private static func requireVarying(_ samples: Tensor, _ name: String) throws {
    guard samples.rank == 2, samples.shape[0] > 1, samples.shape[1] > 0 else { return }
    let isConstant = samples.max(dim: 0).equal(to: samples.min(dim: 0))
    let columns = isConstant.nonzero().flattened().array(Int.self)
    guard let first = columns.first else { return }
    let others = columns.count - 1
    throw Failure(
      "column \(first) of \(name) is \(samples[0][first].item()) in every row"
        + (others == 0 ? "" : ", and \(others) more are constant"), at: .input(name),
      remedy: columns.count == samples.shape[1]
        ? "pass data that vary" : "leave out columns that do not vary, or give `truncate` 1e-9")
  }
}

/// Canonical correlations measured on pairs that their directions were not fitted to.
public struct HeldOutCorrelations: Equatable, Sendable {
  /// The correlation of x_i and y_i on the test pairs, with the directions, order and sign of the
  /// training pairs: may be smaller than what comes after it, or negative.
  public let correlations: [Double]
  /// Standard errors (1 − ρ²)/√N_test.
  public let errors: [Double]
  /// The same pairs' correlations on the training half, which are too large.
  public let trainingCorrelations: [Double]
}

extension HeldOutCorrelations {
  /// Fits the directions on a random part of the pairs and correlates their projections on the rest.
  ///
  /// - Parameters:
  ///   - fraction: the part used for fitting, between 0 and 1.
  ///   - key: draws the split.
  /// - Throws: as `PlugInEstimate`, and `Failure` when fewer than three pairs are left for the test.
  public init(
    u: Tensor, v: Tensor, fraction: Double = 0.5, shrinkage: Shrinkage = .none,
    truncation: Truncation = .none, key: Key
  ) throws {
    guard u.rank == 2, v.rank == 2, u.shape[0] == v.shape[0] else {
      throw Failure(
        "samples of shapes \(u.shape) and \(v.shape)", at: .input("samples"),
        remedy: "pass pairs: row i of u belongs to row i of v")
    }
    let count = u.shape[0]
    let fitted = Int((fraction * Double(count)).rounded())
    guard fitted > 1, count - fitted > 2 else {
      throw Failure(
        "\(count) pairs split into \(fitted) for fitting and \(count - fitted) for testing",
        at: .input("samples"), remedy: "pass more pairs, or another fraction")
    }
    let order = Tensor.permutation(count, key: key)
    let (train, test) = (order[0..<fitted], order[fitted..<count])
    let fit = try PlugInEstimate(
      u: u.indexSelect(train), v: v.indexSelect(train), shrinkage: shrinkage,
      truncation: truncation)
    let x = Self.standardised(matmul(u.to(.float64).indexSelect(test), fit.analysis.directionsU.T))
    let y = Self.standardised(matmul(v.to(.float64).indexSelect(test), fit.analysis.directionsV.T))
    correlations = (x * y).mean(dim: 0).array(Double.self)
    let root = Double(count - fitted).squareRoot()
    errors = correlations.map { (1 - $0 * $0) / root }
    trainingCorrelations = fit.analysis.correlations
  }

  private static func standardised(_ columns: Tensor) -> Tensor {
    let centred = columns - columns.mean(dim: 0, keepDim: true)
    return centred / centred.square().mean(dim: 0, keepDim: true).sqrt()
  }
}
