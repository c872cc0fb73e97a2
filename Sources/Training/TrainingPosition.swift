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

  /// Whether a run with so many batches an epoch can be here.
  func fits(batches count: Int) -> Bool {
    (0...count).contains(batch) && epoch >= 0 && step == epoch * count + batch
  }
}
