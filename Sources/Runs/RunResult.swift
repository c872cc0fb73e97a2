import CoupletCore
import Files
import Training

/// What came of a run: `result.json` in its folder.
public struct RunResult: Codable, Equatable, Sendable {
  /// The epoch whose weights are the model, 0 for the start; nil where the last epoch's are.
  public var bestEpoch: Int?
  /// The losses of training and validation pairs at one number of pairs, of the model.
  public var compared: ComparedLoss?
  /// Quality of the model on the validation pairs, by which it was chosen.
  public var validation: EvaluationReport?
  /// Quality on the test pairs, which nothing was chosen by.
  public var test: EvaluationReport?
  /// The number of test pairs, where there are some.
  public var testPairs: Int?
  /// The probability of error in saying that the pairs that nothing was fitted to are told from chance pairs.
  public var chance: Double?
  /// Models that took no training.
  public var baselines: [Baseline]?
  /// The encoders that were tried for short, where they were not given.
  public var trials: [Trial]?
  /// What someone should know, with what to do; empty where all is well.
  public var verdict: [String] = []

  /// Those of a part's pairs on which a coupling is measured, after training and on the page of a run: at most 10,000,
  /// and of long samples as many as hold two million numbers, since embeddings of all are in memory in double precision
  /// (2,000 at least).
  public static func measured(_ pairs: PairedData, by coupling: Coupling) -> PairedData {
    let size = pairs.samples.map { $0.space.size ?? 1 }.reduce(1, +)
    return pairs.sample(coupling.looking(at: min(10_000, max(2_000, (1 << 21) / size))))
  }

  /// The quality of a coupling on these, with recall for every k that a figure shows.
  /// - Throws: `Failure` when samples cannot be read.
  public static func quality(
    of coupling: Coupling, on pairs: PairedData, loss: any Loss
  ) throws -> EvaluationReport {
    defer { Memory.giveBack() }
    let measured = measured(pairs, by: coupling)
    return try coupling.evaluate(on: measured, loss: loss, ks: ks(pairs: measured.count))
  }

  /// The k for which recall among so many pairs is worth a figure.
  public static func ks(pairs: Int) -> [Int] {
    [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].filter { $0 <= max(pairs / 2, 10) }
  }

  /// Of which nothing is known yet.
  public init() {}

  /// Measures a trained coupling.
  /// - Throws: `Failure` when samples cannot be read.
  public init(
    of coupling: Coupling, on parts: PairParts, _ metrics: [EpochMetrics],
    _ settings: RunConfiguration, trials: [Trial]? = nil
  ) throws {
    let loss = settings.loss.value
    func quality(_ pairs: PairedData?) throws -> EvaluationReport? {
      try pairs.map { try RunResult.quality(of: coupling, on: $0, loss: loss) }
    }
    if let validation = parts.validation {
      compared = try LossComparison(
        training: parts.training, validation: validation, batch: settings.batch, loss: loss
      )
      .map { try $0(coupling) }
      if settings.keep != .last, let compared {
        bestEpoch = metrics.epoch(of: compared)
      }
    }
    validation = try quality(parts.validation)
    test = try quality(parts.test)
    testPairs = parts.test.map { RunResult.measured($0, by: coupling).count }
    chance = try parts.watched.flatMap { watched in
      try coupling.probabilityOfChance(on: parts.test ?? watched)
    }
    let made = try Baselines(settings: settings, parts: parts).measured()
    baselines = made.isEmpty ? nil : made
    self.trials = trials
    verdict = Verdict(of: metrics, self, settings).sentences
  }

  /// Which epoch is kept, for people; nil where it is the last.
  public func kept(_ keep: Keep) -> String? {
    guard let bestEpoch, let compared else { return nil }
    let which = bestEpoch == 0 ? "the weights at the start" : "the weights of epoch \(bestEpoch)"
    if keep == .bestRank, let rank = validation?.meanRank {
      return
        "\(which) are kept, with the best mean reciprocal rank of validation pairs \(rank.rounded(4))"
    }
    return "\(which) are kept, with the best validation loss \(compared.validation.rounded(4))"
  }
}

extension [EpochMetrics] {
  /// The epoch whose weights have these losses: a model's are those of its epoch, and no epoch's are those of the start, 0.
  func epoch(of compared: ComparedLoss?) -> Int {
    first { $0.compared != nil && $0.compared?.validation == compared?.validation }?.epoch ?? 0
  }
}

extension Double {
  /// With so many decimals.
  fileprivate func rounded(_ digits: Int) -> Double {
    let unit = (0..<digits).reduce(1.0) { unit, _ in unit * 10 }
    // A sum with 0 has no sign where it is 0.
    return (self * unit).rounded() / unit + 0
  }
}

extension RunDirectory {
  private var resultFile: String { path + "/result.json" }

  private var trialsFile: String { path + "/trials.json" }

  /// Writes what was tried before the training began, for a result that comes after an interruption.
  /// - Throws: `Failure` when it cannot be written.
  public func write(_ trials: [Trial]) throws { try write(trials, to: trialsFile) }

  /// What was tried before the training began; nil where nothing was.
  /// - Throws: `Failure` when the file is damaged.
  public func readTrials() throws -> [Trial]? {
    try readIfPresent([Trial].self, trialsFile) ?? readResult()?.trials
  }

  /// Writes `result.json`.
  /// - Throws: `Failure` when it cannot be written.
  public func write(_ result: RunResult) throws { try write(result, to: resultFile) }

  /// What came of the run; nil before it has ended, and of earlier versions.
  /// - Throws: `Failure` when the file is damaged.
  public func readResult() throws -> RunResult? {
    try readIfPresent(RunResult.self, resultFile)
  }
}
