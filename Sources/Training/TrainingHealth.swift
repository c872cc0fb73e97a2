import CoupletCore
import Files
import Foundation

/// Watches the losses of a run for the three ways in which training goes wrong.
struct TrainingHealth: Codable, Equatable {
  /// The mean of the first losses, and a running mean of the last ones.
  private var early = 0.0
  private var recent = 0.0
  private var seen = 0
  private static let window = 50
  private(set) var hasWarned = false

  /// Whether it can be that of a run.
  var isSound: Bool { (0...1 << 60).contains(seen) && early.isFinite && recent.isFinite }

  /// Takes in the loss of a step.
  /// - Throws: `Failure` when it is not a number, or far above where it began.
  mutating func record(_ loss: Double, step: Int, epoch: Int) throws {
    guard loss.isFinite else {
      throw TrainingHealth.notFinite("the loss is \(loss.spelledOut)", step, epoch)
    }
    seen += 1
    let weight = 1 / Double(min(seen, TrainingHealth.window))
    recent += (loss - recent) * weight
    if seen <= TrainingHealth.window { early = recent }
    guard seen < 2 * TrainingHealth.window || recent < 10 * (1 + abs(early)) else {
      throw Failure(
        "the loss rose from \(early.digits(4)) to \(recent.digits(4)) by step \(step) (epoch \(epoch + 1))",
        remedy: TrainingHealth.remedy)
    }
  }

  /// The warning, once, when a coupling still scores all pairs alike: the loss is at 0, which is log N for
  /// the usual contrastive loss.
  mutating func warningAfterEpoch(_ loss: Double, epoch: Int, batch: Int) -> String? {
    guard !hasWarned, epoch >= 1, loss > -0.01, loss < 0.1 else { return nil }
    hasWarned = true
    return """
      nothing learned after \(epoch + 1) epochs: the loss is \(loss.digits(4)), that is log N = \
      \(log(Double(batch)).digits(4)) in the usual contrastive loss, the value of a constant score — try a \
      higher learning rate, a lower temperature, larger batches, or check that row i of u belongs to \
      row i of v
      """
  }

  static func notFinite(_ what: String, _ step: Int, _ epoch: Int) -> Failure {
    Failure("\(what) at step \(step) (epoch \(epoch + 1))", remedy: remedy)
  }

  private static let remedy =
    "lower the learning rate, raise the temperature or clip gradients"
}
