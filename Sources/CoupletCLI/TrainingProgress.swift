import CoupletCore
import Files
import Runs
import Training

/// How a training goes, on standard error: one line on a terminal, which every step rewrites; elsewhere a line after
/// epochs 1, 2, 3, 5, 7, 10, 15, 20, 30, 50, …, and after the last.
final class TrainingProgress {
  private let progress: Progress
  private let settings: RunConfiguration
  /// Whether the validation pairs may end the training.
  private let mayStop: Bool
  private var steps = 0
  /// The last evaluation in words, and the lowest validation loss with its epoch.
  private var state = ""
  private var best: (loss: Double, epoch: Int)?

  init(_ progress: Progress, _ settings: RunConfiguration, mayStop: Bool) {
    (self.progress, self.settings, self.mayStop) = (progress, settings, mayStop)
  }

  func show(_ event: TrainingEvent) {
    switch event {
    case .started(let learned, let pairs, let steps, let resumedAt):
      progress.log(
        "couplet: \(learned.counted("learned number")), \(pairs.counted("pair")), "
          + (mayStop && resumedAt != steps ? "at most " : "") + steps.counted("step")
          + (pairs < settings.batch
            ? "; a batch of \(settings.batch.grouped) holds all of them" : "")
          + (resumedAt.map { "; continuing after step \($0.grouped)" } ?? ""))
    case .step(let step, let total, let epoch, let loss):
      steps = total
      // After the last one comes the evaluation.
      guard step < total else { return }
      progress.update(
        step, of: total,
        note: "epoch \(epoch + 1)/\(settings.epochs)  "
          + (state.isEmpty ? "loss \(loss.short)" : state))
    case .evaluated(let metrics):
      take(metrics)
      progress.update(
        metrics.step, of: steps, note: "epoch \(metrics.epoch)/\(settings.epochs)  \(state)",
        isDue: Self.isShown(metrics.epoch))
    case .stopped(let step, let total, let epoch):
      progress.log(
        "couplet: stopped after epoch \(epoch) of \(settings.epochs), step \(step.grouped) of \(total.grouped): "
          + (settings.keep == .bestRank
            ? "validation pairs ranked no better" : "no lower validation loss")
          + " in \((settings.patience ?? 0).counted("evaluation"))")
    case .warning(let text):
      progress.log("couplet: warning: \(text)")
    case .checkpoint: break
    }
  }

  /// Whether an epoch has a line: 1, 1.5, 2, 3, 5 and 7 times a power of ten.
  static func isShown(_ epoch: Int) -> Bool {
    var epoch = epoch
    while epoch >= 100, epoch % 10 == 0 { epoch /= 10 }
    return [1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70].contains(epoch)
  }

  private func take(_ metrics: EpochMetrics) {
    guard let compared = metrics.compared else {
      // Between two evaluations the last one stands: other losses are not comparable with it.
      guard best == nil else { return }
      let heldOut = metrics.heldOut?.loss.map { "  held-out \($0.short)" } ?? ""
      state = "loss \(metrics.loss.short)" + heldOut
      return
    }
    state = "loss \(compared.training.short)  validation \(compared.validation.short)"
    if let best, best.loss <= compared.validation {
      state += ", lowest \(best.loss.short) at \(best.epoch)"
    } else {
      best = (compared.validation, metrics.epoch)
      state += ", the lowest"
    }
  }
}

extension Int {
  /// With a noun: `1 step`, `2,000 steps`.
  func counted(_ noun: String) -> String { "\(grouped) \(noun)\(self == 1 ? "" : "s")" }
}
