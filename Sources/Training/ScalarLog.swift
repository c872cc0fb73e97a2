import CoupletCore
import Files
import Foundation

/// The scalars of a run for TensorBoard, by steps: `tensorboard/` in its folder.
///
/// A run that is resumed goes on with the same series: what was written beyond its checkpoint is removed, and written
/// again.
///
/// ```swift
/// let log = ScalarLog(directory)
/// try trainer.fit(coupling, to: pairs, in: directory, onEvent: { try? log.record($0) })
/// ```
public final class ScalarLog {
  private let folder: String
  private var file: EventFile?

  /// Of a run; nothing is written before its training begins.
  public init(_ directory: RunDirectory) { folder = ScalarLog.folder(of: directory.path) }

  /// Where the scalars of a run are.
  public static func folder(of run: String) -> String { run + "/tensorboard" }

  /// Writes what an event has of scalars.
  /// - Throws: `Failure` when it cannot be written.
  public func record(_ event: TrainingEvent) throws {
    let now = Date().timeIntervalSince1970
    switch event {
    case .started(_, _, _, let resumedAt):
      try Folder.make(folder)
      file = try EventFile(
        folder + "/events.out.tfevents.couplet", keepingTo: resumedAt, wallTime: now)
    case .evaluated(let metrics):
      try file?.append(ScalarLog.scalars(metrics), step: metrics.step, wallTime: now)
    case .step, .stopped, .warning, .checkpoint: break
    }
  }

  /// What an epoch has, by name.
  static func scalars(_ metrics: EpochMetrics) -> [(tag: String, value: Double)] {
    var scalars: [(tag: String, value: Double)] = [
      ("loss/epoch", metrics.loss), ("learning_rate", metrics.learningRate),
      ("temperature", metrics.temperature),
    ]
    if let compared = metrics.compared {
      scalars += [("loss/training", compared.training), ("loss/validation", compared.validation)]
    }
    guard let quality = metrics.heldOut else { return scalars }
    for side in quality.recall.keys.sorted() {
      let recalls = (quality.recall[side] ?? [:]).sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }
      scalars += recalls.map { ("recall_at_\($0.key)/\(side)", $0.value) }
      quality.meanReciprocalRank[side].map { scalars.append(("reciprocal_rank/\(side)", $0)) }
    }
    quality.accuracy.map { scalars.append(("accuracy", $0)) }
    return scalars
  }
}
