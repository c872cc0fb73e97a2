import CoupletCore
import Files
import Foundation
import GaussianTheory
import Runs
import Training

/// What the page of a run shows of its model on pairs that training did not see: `summary.json` of the run, from
/// which, with `config.json`, `metrics.jsonl` and `data.json`, the page can be made again.
///
/// ```swift
/// let summary = try RunSummary(of: coupling, on: heldOut, training: training, loss: trainer.loss)
/// summary.evaluation.recall["u"]?["10"]   // 0.74
/// ```
public struct RunSummary: Codable, Equatable, Sendable {
  /// The number of pairs that the evaluation is of.
  public let pairs: Int
  /// Retrieval on all of them, recall at many k; the loss with all of them as one batch.
  public let evaluation: EvaluationReport
  /// The recall of a model that knows nothing, for each k of `evaluation`; nil where a query has several right
  /// answers, labels or groups.
  public let chance: [String: Double]?
  /// The canonical correlations of the embeddings of partners, in descending order; empty where there are too few
  /// pairs for them.
  public let canonicalCorrelations: [Double]
  /// The embeddings in the plane.
  public let projection: EmbeddingProjection?
  /// Queries with their most probable answers.
  public let examples: [RetrievalExample]
  /// True against predicted labels, when v is a label.
  public let confusion: ConfusionMatrix?
  /// How far to trust the conditionals and the information; nil where there are fewer than 30 pairs.
  public let diagnosis: Diagnosis?

  /// At most so many pairs are drawn, and looked at for examples and canonical correlations: 4,096, fewer of large samples,
  /// so that they take 128 MB at most.
  static func mostPairs(of pairs: PairedData) -> Int {
    let size = pairs.samples.compactMap(\.space.size).reduce(1, +)
    return max(64, min(4096, (1 << 25) / size))
  }

  /// - Parameters:
  ///   - pairs: which training did not see; random ones of them where there are many.
  ///   - training: pairs of the training, as galleries of the diagnosis.
  ///   - evaluation: the quality on these pairs as `RunResult` measures it; measured when nil.
  ///   - diagnosis: one that has been made already.
  /// - Throws: `Failure` when samples cannot be read.
  public init(
    of coupling: Coupling, on pairs: PairedData, training: PairedData?, loss: any Loss,
    evaluation: EvaluationReport? = nil, diagnosis: Diagnosis? = nil
  ) throws {
    let count = RunResult.measured(pairs, by: coupling).count
    self.pairs = count
    self.evaluation =
      try evaluation ?? RunResult.quality(of: coupling, on: pairs, loss: loss)
    let pairs = pairs.sample(coupling.looking(at: Self.mostPairs(of: pairs)))
    let hasLabels = pairs.samples.contains { $0.space.labels != nil }
    chance =
      hasLabels || pairs.groups != nil
      ? nil
      : Dictionary(
        uniqueKeysWithValues: RunResult.ks(pairs: count).map {
          ("\($0)", min(1, Double($0) / Double(count)))
        })
    let embedded = try withoutGradients {
      try coupling.embed(pairs).map { try $0.vectors.to(.float64).to(.cpu) }
    }
    canonicalCorrelations = Self.correlations(embedded)
    projection = try EmbeddingProjection(
      embedded, isCosine: (coupling.tilting.pair?.corrected?.value ?? coupling.tilting) is Cosine,
      of: pairs)
    // What each part needs does not add up.
    Memory.giveBack()
    examples = try RetrievalExample.examples(of: coupling, on: pairs)
    Memory.giveBack()
    confusion = try ConfusionMatrix(of: coupling, on: pairs)
    self.diagnosis =
      pairs.count < 30
      ? diagnosis
      : try diagnosis
        ?? coupling.diagnose(
          on: pairs, training: training, headline: loss.informationBound, limits: Self.limits,
          key: Key(0))
  }

  /// Enough for a picture, and fast beside training.
  private static var limits: Diagnosis.Limits {
    var limits = Diagnosis.Limits()
    (limits.pairs, limits.queries, limits.candidates) = (1024, 500, 5000)
    return limits
  }

  /// Of shrunk sample covariances; none where there are fewer than twice as many pairs as coordinates, or a
  /// coordinate of one side depends on the others entirely.
  private static func correlations(_ embedded: [Tensor]) -> [Double] {
    let (u, v) = (embedded[0], embedded[1])
    guard u.shape[0] >= 2 * (u.shape[1] + v.shape[1]), u.allFinite(),
      v.allFinite(),
      let estimate = try? PairCovariance.estimated(u: u, v: v, shrinkage: .ledoitWolf).covariance,
      let analysis = try? estimate.canonicalAnalysis(truncation: .below(1e-9))
    else { return [] }
    return analysis.correlations
  }

  // MARK: File

  private static func file(_ directory: RunDirectory) -> String { directory.path + "/summary.json" }

  /// Writes `summary.json`.
  /// - Throws: `Failure` when it cannot be written.
  public func write(to directory: RunDirectory) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    try AtomicFile.write(encoder.encode(self), to: Self.file(directory))
  }

  /// What the run's `summary.json` says; nil where there is none, or none that this version understands.
  public static func read(_ directory: RunDirectory) -> RunSummary? {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let data = FileManager.default.contents(atPath: file(directory)) else { return nil }
    return try? decoder.decode(RunSummary.self, from: data)
  }
}
