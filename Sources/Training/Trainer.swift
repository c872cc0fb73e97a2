import CoupletCore
import Files
import Foundation

/// Fits a coupling to pairs: batches, a schedule, evaluation, checkpoints, resumption.
///
/// ```swift
/// let trainer = Trainer(
///   loss: ConditionalLoss(.twoSided), optimizer: .adam(learningRate: 1e-3),
///   batchSize: 1024, epochs: 20, seed: 0)
/// try trainer.fit(coupling, to: pairs)
/// ```
///
/// With `keep: .best` and a validation loss (`compare`) the coupling ends with the weights of the best epoch, the start
/// included, with `.bestRank` with those that rank the pairs of `evaluate` best; the checkpoint holds those of the last, so that training can go on.
///
/// A run that was stopped at any moment and resumed ends with the same weights, bit for bit on one machine
/// and thread count, as one that was not.
public struct Trainer {
  /// What is made small.
  public var loss: any Loss
  /// The rule by which parameters change, with its learning rate.
  public var optimizer: OptimizerSettings
  /// Pairs in a batch; all of them when there are fewer.
  public var batchSize: Int
  /// Passes over the pairs.
  public var epochs: Int
  /// How the learning rate changes over the steps.
  public var schedule: Schedule
  /// The largest norm of the gradient, beyond which it is scaled down.
  public var gradientClip: Double?
  /// Encodes at most so many rows at once with derivatives (gradient caching); nil for whole batches.
  public var chunk: Int?
  /// Of the order of pairs, of dropout, and of all else that is random.
  public var seed: UInt64
  /// Evaluates after every so many epochs, and after the last.
  public var evaluateEvery: Int
  /// Seconds between checkpoints within an epoch. The end of one is kept, too, when the last checkpoint is a second
  /// old, or as old as this.
  public var checkpointInterval: Double
  /// Whether the coupling ends with the weights of the best epoch, where `compare` measures one, or of the last.
  public var keep: Keep
  /// Training stops after so many evaluations in succession that are no better than the best; never when nil.
  public var patience: Int?
  /// The processes that share every batch (MATH §12); rank 0 alone writes.
  public var ranks = Communicator.alone

  /// A trainer with a constant learning rate, whole batches and no clipping unless said otherwise.
  public init(
    loss: any Loss, optimizer: OptimizerSettings, batchSize: Int, epochs: Int,
    schedule: Schedule = .constant, gradientClip: Double? = nil, chunk: Int? = nil,
    seed: UInt64 = 0, evaluateEvery: Int = 1, checkpointInterval: Double = 30,
    keep: Keep = .last, patience: Int? = nil
  ) {
    require(batchSize >= 2, "Trainer: a batch of \(batchSize) has nothing to contrast")
    require(epochs >= 1 && evaluateEvery >= 1, "Trainer: epochs are counted from 1")
    self.loss = loss
    self.optimizer = optimizer
    self.batchSize = batchSize
    self.epochs = epochs
    self.schedule = schedule
    self.gradientClip = gradientClip
    self.chunk = chunk
    self.seed = seed
    self.evaluateEvery = evaluateEvery
    self.checkpointInterval = checkpointInterval
    self.keep = keep
    self.patience = patience
  }

  /// Whether training may end before its last epoch, where a validation loss is measured.
  public var mayStop: Bool { keep != .last && patience != nil }

  /// Trains `coupling` in place.
  ///
  /// - Parameters:
  ///   - evaluate: measures quality after epochs, on held-out pairs say.
  ///   - compare: measures, at the same times and before the first step, the loss by which the best epoch is found
  ///     and training stopped (`keep`, `patience`).
  ///   - run: where metrics, checkpoints and the model go; nil to keep nothing.
  ///   - resume: goes on from the run's checkpoint when there is one.
  ///   - metadata: what is saved beside the trained model, made from it.
  ///   - shouldStop: asked before every step; true saves a checkpoint and returns.
  /// - Throws: `Failure` when there are fewer than two pairs or nothing to learn, the loss is not a number or
  ///   diverges, the folder holds another run, or a file cannot be read or written.
  @discardableResult
  public func fit(
    _ coupling: Coupling, to source: some PairSource,
    evaluate: ((Coupling) throws -> EvaluationReport)? = nil,
    compare: ((Coupling) throws -> ComparedLoss)? = nil, in run: RunDirectory? = nil,
    resume: Bool = false, metadata: (Coupling) throws -> [String: String] = { _ in [:] },
    onEvent: @escaping (TrainingEvent) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws -> TrainingOutcome {
    guard source.pairsPerEpoch >= 2 else {
      throw Failure(
        "there is one pair only, or one group of pairs",
        remedy: "give at least two: learning contrasts them")
    }
    guard coupling.parameters.count > 0 else {
      throw Failure(
        "there is nothing to learn: neither encoders nor temperature have parameters",
        remedy: "choose an encoder with parameters, or a learned temperature")
    }
    try requireSharing(of: coupling)
    let session = TrainingSession(
      self, coupling, source, .init(evaluate: evaluate, compare: compare), run, onEvent)
    return try session.run(resume: resume, metadata: metadata, shouldStop: shouldStop)
  }

  /// Refuses what several ranks cannot do; `fit` does, too.
  /// - Throws: `Failure` naming the tilting, the loss or the optimiser.
  public func requireSharing(of coupling: Coupling) throws {
    guard ranks.size > 1 else { return }
    guard coupling.network == nil else {
      throw Failure(
        "a pair score is trained by one process, not \(ranks.size)", at: .setting("tilting"),
        remedy: "use cosine, inner-product or squared-distance, or start couplet without mpirun")
    }
    guard loss.isShared else {
      throw Failure(
        "the loss \(loss.name) is computed by one process, not \(ranks.size)", at: .setting("loss"),
        remedy: "use two-sided, u-given-v, v-given-u or joint, or start couplet without mpirun")
    }
    guard !(optimizer.rule is LBFGS.Rule) else {
      throw Failure(
        "L-BFGS is computed by one process, not \(ranks.size)", at: .setting("optimizer"),
        remedy: "use adam or sgd, or start couplet without mpirun")
    }
  }
}
