import Files
import Foundation

/// What true partners look like to a model: quantiles, over pairs, of their scores s(uⁱ, vⁱ) and of their log-densities
///
///     log ρ(uⁱ | vⁱ) = s(uⁱ, vⁱ) − log mean_k exp s(uᵏ, vⁱ)      (and log ρ(vⁱ | uⁱ) likewise),
///
/// in nats; of pairs that were not fitted to, where there are enough. Kept with a trained model, it tells later answers
/// that are like those of such pairs from answers that are not (`ConditionalDistribution.trust(of:against:)`).
///
/// ```swift
/// let profile = ScoreProfile(trainingScores)
/// profile.scores.level(of: 3.2)   // 0.004: of 1,000 partners, 4 score less
/// ```
public struct ScoreProfile: Codable, Equatable, Sendable {
  /// A distribution by its quantiles.
  public struct Quantiles: Codable, Equatable, Sendable {
    /// The probabilities at which it is kept.
    public static let probabilities = [
      0, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1,
    ]
    /// In ascending order, one for each of the probabilities.
    public let values: [Double]

    init(values: [Double]) { self.values = values }

    init(of sample: [Double]) {
      let sorted = sample.sorted()
      values = Quantiles.probabilities.map(sorted.quantile)
    }

    /// The fraction of the distribution below `value`, linear between the quantiles kept; 0 and 1 beyond them.
    public func level(of value: Double) -> Double {
      let levels = Quantiles.probabilities
      guard let above = values.firstIndex(where: { $0 >= value }) else { return 1 }
      guard above > 0 else { return 0 }
      let part = (value - values[above - 1]) / (values[above] - values[above - 1])
      return levels[above - 1] + part * (levels[above] - levels[above - 1])
    }
  }

  /// The number of pairs.
  public let pairs: Int
  /// Of s(uⁱ, vⁱ).
  public let scores: Quantiles
  /// For each modality, by its name, of log ρ(modality | partner).
  public let logDensities: [String: Quantiles]

  /// - Parameter scores: of pairs, N × N; partners on the diagonal. The matrix is not stored:
  ///   memory O(N d).
  public init(_ scores: ScoreFactors, modalities: [Modality] = [.u, .v]) {
    require(
      scores.rows == scores.columns, "ScoreProfile: \(scores.rows) × \(scores.columns) scores")
    let (sums, own) = withoutGradients {
      let factors = scores.to(.float64)
      return (factors.pairScores.logSums([.rows, .columns]), factors.diagonal)
    }
    func logDensities(_ logSums: Tensor?) -> Quantiles {
      // Present: asked for above.
      let logMean = (logSums ?? own.zerosLike()) - log(Double(scores.rows))
      return Quantiles(of: (own - logMean).array(Double.self))
    }
    self.pairs = scores.rows
    self.scores = Quantiles(of: own.array(Double.self))
    self.logDensities = [
      modalities[0].name: logDensities(sums.columns), modalities[1].name: logDensities(sums.rows),
    ]
  }

  // MARK: Beside a model

  /// The key under which the metadata of a model hold it.
  public static let metadataKey = "scoreProfile"

  /// As text for the metadata of a model.
  /// - Throws: `Failure` when a score is not a number.
  public func metadata() throws -> [String: String] {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      return [ScoreProfile.metadataKey: String(decoding: try encoder.encode(self), as: UTF8.self)]
    } catch {
      throw Failure(
        "the scores of the pairs are not all finite", remedy: "look for NaN in the data")
    }
  }

  /// From the metadata of a model; nil when they hold none.
  /// - Throws: `Failure` when what they hold is damaged.
  public init?(metadata: [String: String], at place: String) throws {
    guard let text = metadata[ScoreProfile.metadataKey] else { return nil }
    let profile = try? JSONDecoder().decode(
      ScoreProfile.self, from: EarlierVersions.scoreProfile(Data(text.utf8)))
    let count = Quantiles.probabilities.count
    guard let profile,
      ([profile.scores] + profile.logDensities.values).allSatisfy({
        $0.values.count == count && $0.values == $0.values.sorted()
      })
    else {
      throw Failure(
        "the metadata '\(ScoreProfile.metadataKey)' are damaged", at: place,
        remedy: "train again, or restore the file")
    }
    self = profile
  }
}

extension Coupling {
  /// The profile of pairs; a few thousand at random are enough.
  /// - Throws: `Failure` when the samples cannot be read.
  public func scoreProfile(of pairs: PairedData) throws -> ScoreProfile {
    let pairs = pairs.independent(key: Key(0))
    return ScoreProfile(
      try factors(of: pairs.sample(looking(at: pairs.count))), modalities: modalities)
  }
}
