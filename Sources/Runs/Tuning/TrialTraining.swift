import CoupletCore
import Files
import Training

/// The short trainings by which settings are compared: by `EncoderChoice` before a run, and by `Tuning`.
struct TrialTraining {
  let parts: PairParts
  let device: Device
  /// Asked before every step.
  let shouldStop: () -> Bool

  /// What came of one.
  struct Outcome {
    /// The mean reciprocal rank of the validation pairs, over both directions, of the best epoch.
    let rank: Double
    let loss: Double
    /// The steps that were taken.
    let steps: Int
    /// The epoch whose weights were kept; 0 for the start.
    let bestEpoch: Int
    /// Whether validation pairs are told from shuffled ones (`Coupling.probabilityOfChance`); true where they are too few to
    /// say.
    let hasLearned: Bool

    /// What outcomes are compared by: near chance the rank is that of a few lucky pairs, and which settings have learned
    /// anything is known better.
    var merit: (Int, Double) { (hasLearned ? 1 : 0, rank) }
  }

  /// Validation pairs beyond these are left out.
  private static let mostPairs = 2_000

  /// Trains with these settings, as long as they say.
  /// - Parameters:
  ///   - mostSteps: training pairs beyond what so many steps take are left out.
  ///   - directory: where a training that was stopped goes on from; nil to keep nothing.
  /// - Returns: nil when it was asked to stop.
  /// - Throws: `Failure` when training fails, or there are no validation pairs.
  func callAsFunction(
    _ settings: RunConfiguration, mostSteps: Int, in directory: RunDirectory? = nil
  ) throws -> Outcome? {
    guard let validation = parts.validation?.sample(TrialTraining.mostPairs) else {
      throw Failure(
        "there are no validation pairs to compare settings by", at: .setting("validation"),
        remedy: "give a fraction, 0.2 say, or more pairs")
    }
    let pairs = training(most: Memory.bytes([mostSteps, settings.batch]))
    let coupling = try settings.coupling(training: parts.training)
    try coupling.parameters.move(to: device)
    let loss = settings.loss.value
    let comparison = LossComparison(
      training: pairs, validation: validation, batch: settings.batch, loss: loss)
    var lines: [EpochMetrics] = []
    let outcome = try settings.trainer().fit(
      coupling, to: pairs,
      evaluate: { try $0.evaluate(on: validation, loss: loss, ofAllPartners: false) },
      compare: comparison.map { comparison in { try comparison($0) } }, in: directory,
      resume: directory != nil,
      onEvent: { event in
        if case .evaluated(let metrics) = event { lines.append(metrics) }
      }, shouldStop: shouldStop)
    guard case .finished(let steps) = outcome else { return nil }
    let report = try coupling.evaluate(on: validation, loss: loss)
    let compared = try comparison.map { try $0(coupling) }
    // A training that goes on has told of its first epochs before.
    if let directory { lines = try directory.metrics() }
    let chance = try coupling.probabilityOfChance(on: validation)
    return Outcome(
      rank: report.meanRank ?? 0, loss: report.loss ?? 0, steps: steps,
      bestEpoch: lines.epoch(of: compared), hasLearned: chance.map { $0 <= Verdict.level } ?? true)
  }

  /// Independent pairs of the training, at most so many where there are more.
  private func training(most: Int) -> PairedData {
    parts.training.pairsPerEpoch > most
      ? parts.training.independent(key: Key(0)).sample(most) : parts.training
  }
}
