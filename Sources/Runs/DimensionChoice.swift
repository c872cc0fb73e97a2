import CoupletCore
import Encoders
import Files
import Foundation
import GaussianTheory

/// The length of embeddings from the canonical spectrum of the training pairs: `--dimension auto`.
///
/// Canonical directions are fitted to four fifths of the pairs, covariances shrunk as Ledoit and Wolf (2004) have it, and
/// the correlation of each pair of coordinates is taken on the other fifth; that of a direction is the mean over the five.
/// A direction without correlation has one of mean 0 and standard deviation 1/√N, so that those above 3/√N are taken to
/// hold. Linear encoders need as many dimensions as there are such directions. Others find what is not linear, too: they have
/// twice as many, from 16 to 128, as a multiple of 8.
///
/// ```swift
/// let choice = try DimensionChoice(settings, training)
/// choice?.count                     // 21 directions hold
/// choice?.dimension(for: settings)  // 48 for perceptrons
/// ```
struct DimensionChoice {
  /// On pairs that the directions were not fitted to, in the order of the fitted ones.
  let correlations: [Double]
  /// 3/√N.
  let threshold: Double

  /// More pairs than this do not change the answer.
  private static let mostPairs = 20_000

  /// - Returns: nil where the samples are no vectors, or too many numbers, or there are fewer than 20 pairs.
  /// - Throws: `Failure` when samples cannot be read.
  init?(_ settings: RunConfiguration, _ training: PairedData) throws {
    let sizes = settings.sides.compactMap(\.space.size)
    let pairs = training.independent(key: Key(0)).sample(DimensionChoice.mostPairs)
    guard sizes.count == 2, sizes.reduce(0, +) <= Baselines.largestSize, pairs.count >= 20,
      settings.sides.allSatisfy({ $0.space.labels == nil })
    else { return nil }
    var sums: [Double] = []
    var made = 0
    for (training, heldOut) in pairs.folds(Baselines.folds, key: Key(settings.seed)) {
      guard let found = try DimensionChoice.correlations(training, heldOut) else { continue }
      made += 1
      sums = (0..<max(sums.count, found.count)).map { place in
        (place < sums.count ? sums[place] : 0) + (place < found.count ? found[place] : 0)
      }
    }
    guard made > 0 else { return nil }
    correlations = sums.map { $0 / Double(made) }
    threshold = 3 / Double(pairs.count).squareRoot()
  }

  /// Nil where a covariance cannot be taken.
  private static func correlations(_ training: PairedData, _ heldOut: PairedData) throws
    -> [Double]?
  {
    func rows(_ pairs: PairedData) throws -> [Tensor] {
      try pairs.samples.map { samples in
        let all = try samples.all()
        return all.reshaped([pairs.count, -1]).to(.float64)
      }
    }
    let fitted = try rows(training)
    guard
      let analysis = try? PlugInEstimate(
        u: fitted[0], v: fitted[1], shrinkage: .ledoitWolf, truncation: .below(1e-9)
      ).analysis
    else { return nil }
    let others = try rows(heldOut)
    func coordinates(_ samples: Tensor, _ directions: Tensor) -> Tensor {
      let values = matmul(
        samples - samples.mean(dim: 0, keepDim: true), directions.transposed(0, 1))
      let norms = values.square().sum(dim: 0, keepDim: true).sqrt()
      return values / norms.maximum(.full(norms.shape, 1e-300, dtype: .float64))
    }
    let (x, y) = (
      coordinates(others[0], analysis.directionsU), coordinates(others[1], analysis.directionsV)
    )
    let used = min(analysis.modes.count, x.shape[1], y.shape[1])
    return (x.narrow(dim: 1, 0..<used) * y.narrow(dim: 1, 0..<used)).sum(dim: 0)
      .array(Double.self)
  }

  /// The number of directions that hold.
  var count: Int { correlations.count { $0 > threshold } }

  /// The dimension for encoders as these.
  func dimension(for settings: RunConfiguration) -> Int {
    let isLinear = settings.sides.allSatisfy { $0.encoder.design.name == "linear" }
    return isLinear ? max(1, count) : min(128, max(16, (2 * count + 7) / 8 * 8))
  }
}

extension RunConfiguration {
  /// A dimension that is to be decided: `--dimension auto`.
  public static let automaticDimension = 0

  /// Decides a dimension that is to be decided: what an encoder implies, else by the canonical spectrum of the training
  /// pairs, else 64.
  /// - Parameter given: the names of the settings that are given; other encoders are those of `EncoderChoice`.
  /// - Returns: what decided, for people; nil where nothing was to be decided.
  /// - Throws: `Failure` when samples cannot be read.
  public mutating func decideDimension(_ parts: PairParts, given: Set<String>?) throws -> String? {
    guard dimension == RunConfiguration.automaticDimension else { return nil }
    // As long as it is not known, any stands for it.
    var usual = self
    usual.dimension = 64
    if let given { usual = try EncoderChoice(usual, parts, given: given).usual() }
    let sides = usual.sides
    if let implied = sides.compactMap({ $0.encoder.impliedDimension(for: $0.space) }).first {
      dimension = implied
      return "implied by an encoder"
    }
    guard let choice = try DimensionChoice(self, parts.training) else {
      dimension = 64
      return "the usual one, since the samples have no canonical spectrum"
    }
    dimension = choice.dimension(for: usual)
    return
      "\(choice.count) canonical directions of \(choice.correlations.count) hold on pairs that they were not fitted to"
  }
}
