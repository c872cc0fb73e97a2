import CoupletCore
import Encoders
import Files
import Foundation
import Training

/// A model that takes no training, which a trained one is compared with.
public struct Baseline: Codable, Equatable, Sendable {
  /// What it is.
  public enum Kind: String, Codable, Sendable {
    /// Shrunk canonical coordinates (`Coupling.startAtCanonicalCoordinates`) under the cosine.
    case linear
    /// The samples themselves, where both sides have the same length.
    case embeddings
  }

  /// What it is.
  public let kind: Kind
  /// The length of its embeddings, of the linear one chosen on the same pairs as the temperature.
  public let dimension: Int
  /// Fitted to the validation pairs, or to five folds of the training pairs where there are none.
  public let temperature: Double
  /// Its quality on the validation pairs.
  public var validation: EvaluationReport?
  /// Its quality on the test pairs.
  public var test: EvaluationReport?

  /// How a model ranks partners beside it, on the test pairs.
  public struct Comparison {
    /// Mean reciprocal ranks of the model and of the baseline.
    public let own: Double, other: Double
    /// The standard error of one of them, at most: reciprocal ranks lie in [0, 1], where the variance is at most
    /// m(1 − m).
    public let error: Double

    /// Whether the model is better, or worse, by more than two standard errors.
    public var isBetter: Bool { own - other > 2 * error }
    /// Whether it is worse by more than that.
    public var isWorse: Bool { other - own > 2 * error }
  }

  /// Nil where there are no test pairs.
  /// - Parameter result: of the model.
  public func comparison(with result: RunResult) -> Comparison? {
    guard let own = result.test?.meanRank, let other = test?.meanRank, let pairs = result.testPairs,
      pairs > 1
    else { return nil }
    let error = (other * (1 - other) / Double(pairs)).squareRoot()
    return Comparison(own: own, other: other, error: error)
  }

  /// For people: `the linear baseline`.
  public var name: String {
    switch kind {
    case .linear: "the linear baseline"
    case .embeddings: "the samples as they are"
    }
  }
}

/// Makes the baselines of pairs.
struct Baselines {
  let settings: RunConfiguration
  let parts: PairParts

  /// The training pairs that baselines are fitted to: all, or as many random ones as hold two million numbers, since
  /// covariances need them in memory, in double precision.
  private var training: PairedData {
    let size = settings.sides.compactMap(\.space.size).reduce(1, +)
    return parts.training.sample(max(1_000, (1 << 21) / size))
  }

  /// More coordinates than this take more time than a training.
  static let largestSize = 1_500
  private static let temperatures = [
    0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 1,
  ]

  /// The kinds that the samples allow.
  var kinds: [Baseline.Kind] {
    let sizes = settings.sides.map { $0.space.size }
    guard let u = sizes[0], let v = sizes[1], u >= 1, v >= 1 else { return [] }
    var kinds: [Baseline.Kind] = []
    if u + v <= Baselines.largestSize, parts.training.count >= 20 { kinds.append(.linear) }
    if u == v, u >= 2, settings.sides.allSatisfy({ $0.space.shape?.count == 1 }) {
      kinds.append(.embeddings)
    }
    return kinds
  }

  /// The settings of the baseline of a kind, with the dimension and temperature that are best on the validation pairs.
  /// - Throws: `Failure` when samples cannot be read, or have no covariance.
  func configuration(_ kind: Baseline.Kind) throws -> RunConfiguration {
    var settings = settings
    settings.tilting = .cosine
    for place in settings.sides.indices {
      settings.sides[place].potential = nil
      settings.sides[place].encoder = try EncoderSettings(
        kind == .linear ? "linear:standardized" : "linear:identity")
    }
    (settings.learnTemperature, settings.temperatureBounds) = (true, [0.01, 100])
    settings.dimension = settings.sides.compactMap(\.space.size).min() ?? 1
    settings.start = kind == .linear ? .canonical : nil
    var dimensions = [settings.dimension]
    while kind == .linear, isValidated, let last = dimensions.last, last > 2 {
      dimensions.append((2 * last + 2) / 3)
    }
    let judged = try judged.map { fitted, pairs in
      try settings.coupling(training: fitted).embed(pairs).map(\.vectors)
    }
    // Leading canonical coordinates are those of fewer dimensions; of equals the most.
    var best = -1.0
    for dimension in dimensions {
      let embedded = judged.map { $0.map { $0.narrow(dim: 1, 0..<dimension) } }
      let rank = Baselines.mean(embedded) { Baselines.rank($0[0], $0[1]) }
      guard rank > best else { continue }
      best = rank
      settings.dimension = dimension
      settings.temperature = Baselines.temperature(embedded)
    }
    return settings
  }

  /// Whether dimensions are chosen on other pairs than those that they were fitted to.
  private var isValidated: Bool { parts.validation != nil || !folds.isEmpty }

  /// Where there are no validation pairs.
  private var folds: [(training: PairedData, heldOut: PairedData)] {
    parts.validation == nil ? training.folds(Baselines.folds, key: Key(settings.seed)) : []
  }

  /// The pairs to fit to and those to judge by: the validation pairs; without, five folds of the training pairs; of fewer
  /// than ten, the training pairs themselves.
  private var judged: [(fitted: PairedData, by: PairedData)] {
    func independent(_ pairs: PairedData) -> PairedData {
      pairs.independent(key: Key(0)).sample(1_000)
    }
    if let validation = parts.validation {
      return validation.pairsPerEpoch < 2 ? [] : [(training, independent(validation))]
    }
    let folds = folds.map { (fitted: $0.training, by: independent($0.heldOut)) }
    guard folds.isEmpty else { return folds }
    return parts.training.pairsPerEpoch < 2 ? [] : [(training, independent(parts.training))]
  }

  /// Of the training pairs, where there are no validation pairs.
  static let folds = 5

  private static func mean(_ embedded: [[Tensor]], _ value: ([Tensor]) -> Double) -> Double {
    embedded.isEmpty ? 0 : embedded.map(value).reduce(0, +) / Double(embedded.count)
  }

  /// The mean reciprocal rank of partners under the cosine, over both directions.
  private static func rank(_ u: Tensor, _ v: Tensor) -> Double {
    let ranks = PartnerRanks.ofPairs(Cosine().factors(u, v, temperature: Tensor(1.0).to(u.dtype)))
    let (rows, columns) = (
      RetrievalMetrics(ranks: ranks.inRows), RetrievalMetrics(ranks: ranks.inColumns)
    )
    return (rows.meanReciprocalRank + columns.meanReciprocalRank) / 2
  }

  /// The temperature with the lowest loss.
  private static func temperature(_ embedded: [[Tensor]]) -> Double {
    guard !embedded.isEmpty else { return 0.07 }
    let loss = ConditionalLoss(.twoSided)
    let losses = temperatures.map { temperature in
      mean(embedded) { sides in
        let (u, v) = (sides[0], sides[1])
        return loss(
          ScoredBatch(
            pairs: Cosine().factors(u, v, temperature: Tensor(temperature).to(u.dtype)))
        ).item()
      }
    }
    return zip(losses, temperatures).min { $0.0 < $1.0 }?.1 ?? 0.07
  }

  /// The baselines with their quality; one that the data do not allow is left out.
  func measured() throws -> [Baseline] {
    try kinds.compactMap { kind in
      Memory.giveBack()
      guard let settings = try? configuration(kind) else { return nil }
      Memory.giveBack()
      guard let coupling = try? settings.coupling(training: training) else { return nil }
      func quality(_ pairs: PairedData?) throws -> EvaluationReport? {
        Memory.giveBack()
        return try pairs.map {
          try RunResult.quality(of: coupling, on: $0, loss: ConditionalLoss(.twoSided))
        }
      }
      return Baseline(
        kind: kind, dimension: settings.dimension, temperature: settings.temperature,
        validation: try quality(parts.validation), test: try quality(parts.test))
    }
  }
}
