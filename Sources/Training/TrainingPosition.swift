import CoupletCore

/// How far a run has come: with the seed, all that decides what happens next besides the weights. Every draw is
/// made from a key of the seed and of these numbers, so there is no random state to save.
struct TrainingPosition: Codable, Equatable {
  /// Steps taken.
  var step = 0
  /// Epochs completed.
  var epoch = 0
  /// Batches taken of the current epoch.
  var batch = 0
  /// Sum of the losses of those batches.
  var lossSum = 0.0
  /// Seconds spent training, over all sessions.
  var seconds = 0.0
  var health = TrainingHealth()
  /// The best epoch so far and what is waited for; nil where none is kept, and in checkpoints of earlier versions.
  var best: BestEpoch?
  /// The number of epochs that was asked for; nil in checkpoints of earlier versions.
  var planned: Int?

  /// Whether any run can be here.
  var isSound: Bool {
    [step, epoch, batch].allSatisfy { (0...1 << 60).contains($0) } && lossSum.isFinite
      && seconds >= 0 && seconds.isFinite && health.isSound
      && best.map { $0.epoch >= 0 && $0.epoch <= epoch && $0.waited >= 0 && $0.loss.isFinite }
        ?? true
  }

  /// Whether a run with so many batches an epoch, and so many epochs, can be here.
  func fits(batches count: Int, epochs: Int) -> Bool {
    let (whole, overflows) = epoch.multipliedReportingOverflow(by: count)
    return !overflows && (0...count).contains(batch) && (0...epochs).contains(epoch)
      && step - batch == whole
  }
}
