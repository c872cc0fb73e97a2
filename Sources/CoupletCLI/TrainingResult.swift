import CoupletCore
import Files
import Runs
import Training

/// What `couplet train` says at its end.
struct TrainingResult: CommandResult {
  private let run: String
  /// nil where no epoch has ended.
  private let last: EpochMetrics?
  private let result: RunResult
  private let configuration: RunConfiguration

  init(
    _ metrics: [EpochMetrics], _ result: RunResult, _ configuration: RunConfiguration,
    _ directory: RunDirectory
  ) {
    (run, last) = (directory.path, metrics.last)
    (self.result, self.configuration) = (result, configuration)
  }

  private enum CodingKeys: CodingKey {
    case run, epochs, steps, seconds, loss, clipLoss, temperature, bestEpoch, validation, verdict
    case baselines, heldOut
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    guard let last else { return }
    try container.encode(run, forKey: .run)
    try container.encode(last.epoch, forKey: .epochs)
    try container.encode(last.step, forKey: .steps)
    try container.encode(last.seconds, forKey: .seconds)
    try container.encode(last.loss, forKey: .loss)
    try container.encode(last.clipLoss, forKey: .clipLoss)
    try container.encode(last.temperature, forKey: .temperature)
    try container.encode(result.bestEpoch, forKey: .bestEpoch)
    try container.encode(result.validation.map { EvaluationMembers($0.usual) }, forKey: .validation)
    try container.encode(result.verdict, forKey: .verdict)
    try container.encode(
      Named((result.baselines ?? []).map { ($0.kind.rawValue, BaselineMembers(baseline: $0)) }),
      forKey: .baselines)
    try container.encode(result.test.map { EvaluationMembers($0.usual) }, forKey: .heldOut)
  }

  private struct BaselineMembers: Encodable {
    let baseline: Baseline

    private enum CodingKeys: CodingKey { case dimension }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(baseline.dimension, forKey: .dimension)
      try baseline.test.map { EvaluationMembers($0, hasLoss: false) }?.encode(to: encoder)
    }
  }

  // MARK: Text

  /// One line on a baseline, on the test pairs.
  private static func line(_ baseline: Baseline) -> String {
    let ranks = (baseline.test?.usual.recall ?? [:]).sorted { $0.key < $1.key }.map {
      side, recall in
      "\(side) "
        + recall.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }
        .map { "@\($0.key) \($0.value.short)" }.joined(separator: "  ")
    }
    return ranks.isEmpty ? "" : "\(baseline.name): recall of \(ranks.joined(separator: "; "))\n"
  }

  var text: String {
    guard let last else { return "" }
    return """
      \(run): \(last.epoch.counted("epoch")), \(last.step.counted("step")), \(last.seconds.short) s, temperature \
      \(last.temperature.short)
      training loss (\(configuration.loss))  \(last.loss.short)\(last.clipLoss.clip)
      \(result.kept(configuration.keep) ?? "the weights of the last epoch are kept")
      held-out \(result.test?.usual.text(loss: configuration.loss.name) ?? "pairs: none\n")\
      \((result.baselines ?? []).map { Self.line($0) }.joined())
      """
  }
}
