import CoupletCore

/// What a run reports while it goes.
public enum TrainingEvent {
  /// - steps: of the whole run, at most where the validation pairs may end it.
  /// - resumedAt: the number of steps that an earlier session has taken already.
  case started(learnedNumbers: Int, pairs: Int, steps: Int, resumedAt: Int?)
  /// A step of all was taken; its loss is that of the batch before it.
  case step(Int, of: Int, epoch: Int, loss: Double)
  /// An epoch is over.
  case evaluated(EpochMetrics)
  /// No epoch has been better than the best for as long as the trainer's patience lasts: training ends before its last step.
  case stopped(step: Int, of: Int, epoch: Int)
  /// Something that the user should know; training goes on.
  case warning(String)
  /// Everything up to this step has been saved.
  case checkpoint(step: Int)
}

/// One line of `metrics.jsonl`: where a run stands after an epoch.
public struct EpochMetrics: Codable, Equatable, Sendable {
  /// Epochs completed.
  public var epoch: Int
  /// Steps taken.
  public var step: Int
  /// The mean training loss over the epoch, relative to the reference, in nats.
  public var loss: Double
  /// The same as the usual contrastive (CLIP) value, whose normalisers are sums over the batch: for the
  /// conditional losses over the batch (Theorem 2.8).
  public var clipLoss: Double?
  /// That of the last step of the epoch.
  public var learningRate: Double
  /// τ after the epoch.
  public var temperature: Double
  /// Seconds spent training so far.
  public var seconds: Double
  /// Quality on held-out pairs, when there are any.
  public var heldOut: EvaluationReport?
  /// The losses of training and validation pairs at the same number of pairs, where they are measured.
  public var compared: ComparedLoss?

  /// From numbers of a client's own, or as a session measures them.
  public init(
    epoch: Int, step: Int, loss: Double, clipLoss: Double? = nil, learningRate: Double,
    temperature: Double, seconds: Double, heldOut: EvaluationReport? = nil,
    compared: ComparedLoss? = nil
  ) {
    self.epoch = epoch
    self.step = step
    self.loss = loss
    self.clipLoss = clipLoss
    self.learningRate = learningRate
    self.temperature = temperature
    self.seconds = seconds
    self.heldOut = heldOut
    self.compared = compared
  }
}

/// How a run ended.
public enum TrainingOutcome: Equatable, Sendable {
  /// All epochs are over.
  case finished(steps: Int)
  /// Asked to stop; the checkpoint holds everything up to `step`.
  case interrupted(step: Int)
}
