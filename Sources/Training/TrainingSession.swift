import CoupletCore
import Files
import Foundation

/// One call of `Trainer.fit`, from its start (or resumption) to its end (or interruption).
final class TrainingSession {
  private let trainer: Trainer
  private let coupling: Coupling
  private let source: any PairSource
  private let measures: Measures
  private var directory: RunDirectory?
  private let report: (TrainingEvent) -> Void

  private let optimizer: any Optimizer
  private let references: References
  private let step: TrainingStep
  private let batches: [Range<Int>]
  private let orderKey: Key
  private let layerKey: Key
  /// Draws the pair of each group.
  private let groupKey: Key
  private var position = TrainingPosition()
  private var clock = ContinuousClock.now
  private var lastCheckpoint = ContinuousClock.now
  /// Metrics that are not in the file yet: those of epochs that no checkpoint holds.
  private var pending: [EpochMetrics] = []
  private let bestWeights = BestWeights()

  /// What is measured after epochs.
  struct Measures {
    let evaluate: ((Coupling) throws -> EvaluationReport)?
    let compare: ((Coupling) throws -> ComparedLoss)?
  }

  init(
    _ trainer: Trainer, _ coupling: Coupling, _ source: any PairSource,
    _ measures: Measures, _ directory: RunDirectory?,
    _ report: @escaping (TrainingEvent) -> Void
  ) {
    self.trainer = trainer
    self.coupling = coupling
    self.source = source
    self.measures = measures
    self.directory = directory
    self.report = report
    self.optimizer = trainer.optimizer.make(coupling.parameters.tensors)
    self.references = References(coupling.sides)
    self.step = TrainingStep(
      coupling: coupling, loss: trainer.loss, chunk: trainer.chunk, references: references,
      ranks: trainer.ranks)
    self.batches = TrainingSession.batches(source.pairsPerEpoch, size: trainer.batchSize)
    let key = Key(trainer.seed)
    (self.orderKey, self.layerKey) = key.split()
    self.groupKey = key.folded(with: TrainingSession.groupDraw)
  }

  /// A use of the seed besides those of order and layers, and of what `RunConfiguration` draws.
  private static let groupDraw = 0x6772

  /// Consecutive ranges; a last one of a single pair, which has nothing to contrast, is left out.
  static func batches(_ count: Int, size: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }.filter { $0.count > 1 }
  }

  /// Fewer steps than this say nothing about whether anything is learned.
  private static let stepsBeforeWarning = 100

  private var ranks: Communicator { trainer.ranks }
  /// Where this process writes: rank 0 alone does.
  private var written: RunDirectory? { ranks.rank == 0 ? directory : nil }

  private var totalSteps: Int { batches.count * trainer.epochs }

  func run(
    resume: Bool, metadata: (Coupling) throws -> [String: String], shouldStop: () -> Bool
  ) throws -> TrainingOutcome {
    Runtime.keepFreedMemory()
    if trainer.ranks.rank == 0 { directory = try directory?.locked() }
    if let warning = directory?.lockWarning { report(.warning(warning)) }
    let resumed = resume ? try restore() : try begin()
    // Before anything is written where another rank still reads.
    ranks.barrier()
    report(
      .started(
        learnedNumbers: coupling.parameters.count, pairs: source.pairsPerEpoch,
        steps: hasStopped ? position.step : totalSteps, resumedAt: resumed))
    clock = .now
    lastCheckpoint = .now
    do {
      try judgeStart()
      while position.epoch < trainer.epochs, !hasStopped {
        guard try epoch(shouldStop) else { return .interrupted(step: position.step) }
      }
      if position.step < totalSteps {
        report(.stopped(step: position.step, of: totalSteps, epoch: position.epoch))
      }
    } catch {
      // What went before the failure helps to understand it.
      try? writePending()
      throw error
    }
    if position.best != nil {
      try bestWeights.load(into: coupling, from: directory)
    }
    try written?.saveModel(coupling, metadata: metadata(coupling))
    return .finished(steps: position.step)
  }

  /// The rest of the current epoch; false when asked to stop.
  private func epoch(_ shouldStop: () -> Bool) throws -> Bool {
    let data = try source.pairs(epoch: position.epoch, key: groupKey)
    let order = try order(of: data, key: orderKey.folded(with: position.epoch))
    while position.batch < batches.count {
      guard !ranks.any(shouldStop()) else {
        try checkpoint()
        return false
      }
      let batch = batches[position.batch]
      let own = Array(order[batch][ranks.share(of: batch.count).shifted(by: batch.lowerBound)])
      try take(own.isEmpty ? nil : data.batch(own), of: batch.count)
      if elapsedSinceCheckpoint > trainer.checkpointInterval { try checkpoint() }
    }
    try finishEpoch()
    return true
  }

  /// The rows of an epoch in the order in which they are taken.
  private func order(of data: PairedData, key: Key) throws -> [Int] {
    guard let pair = coupling.tilting.pair, pair.near > 0,
      let side = trainer.loss.predictedSide
    else { return Tensor.permutation(data.count, key: key).array(Int.self) }
    return pair.order(near: try data.samples[side].all(), batches: batches, key: key)
  }

  /// - Parameters:
  ///   - samples: of each side, on the processor: this rank's rows of a batch of `count`; nil for none.
  private func take(_ samples: [Tensor]?, of count: Int) throws {
    let batch = try samples?.map { try $0.to(coupling.device) }
    optimizer.learningRate = learningRate(ofStep: position.step)
    let mode = Mode.training(layerKey.folded(with: position.step))
    let loss = optimizer.step {
      let loss = step(batch, ofBatch: count, mode: mode)
      if let limit = trainer.gradientClip {
        clipGradients(coupling.parameters.tensors, norm: limit)
      }
      return loss
    }
    coupling.temperature.project()
    references.remember()
    let value = loss.item()
    position.step += 1
    position.batch += 1
    do {
      try position.health.record(value, step: position.step, epoch: position.epoch)
    } catch let failure as Failure {
      throw sayingWhatIsKept(failure)
    }
    position.lossSum += value
    report(.step(position.step, of: totalSteps, epoch: position.epoch, loss: value))
  }

  private func learningRate(ofStep step: Int) -> Double {
    trainer.optimizer.learningRate * trainer.schedule.factor(step: step, of: totalSteps)
  }

  private func finishEpoch() throws {
    try requireFiniteParameters()
    let mean = position.lossSum / Double(batches.count)
    if position.step >= TrainingSession.stepsBeforeWarning,
      let warning = position.health.warningAfterEpoch(
        mean, epoch: position.epoch,
        batch: coupling.contrasted(of: min(trainer.batchSize, source.pairsPerEpoch)))
    {
      report(.warning(warning))
    }
    position.epoch += 1
    position.batch = 0
    position.lossSum = 0
    let isDue = position.epoch % trainer.evaluateEvery == 0 || position.epoch == trainer.epochs
    tick()
    let metrics = EpochMetrics(
      epoch: position.epoch, step: position.step, loss: mean,
      clipLoss: usualOffset.map { mean + $0 },
      learningRate: learningRate(ofStep: position.step - 1),
      temperature: coupling.temperature.current, seconds: position.seconds,
      heldOut: isDue ? try measures.evaluate?(coupling) : nil,
      compared: isDue ? try measures.compare?(coupling) : nil)
    judge(metrics)
    if directory != nil { pending.append(metrics) }
    report(.evaluated(metrics))
    // Reaching the disk takes longer than a short epoch does.
    let isLast = position.epoch == trainer.epochs || hasStopped
    if isLast || elapsedSinceCheckpoint >= min(1, trainer.checkpointInterval) { try checkpoint() }
  }

  // MARK: The best epoch

  private var keepsBest: Bool { trainer.keep != .last && measures.compare != nil }

  private var hasStopped: Bool {
    guard let patience = trainer.patience, let best = position.best else { return false }
    return best.waited >= patience
  }

  /// Takes the weights at the start for the best so far.
  private func judgeStart() throws {
    guard keepsBest, position.step == 0, let compared = try measures.compare?(coupling) else {
      return
    }
    position.best = BestEpoch(
      start: compared.validation, rank: try measures.evaluate?(coupling).meanRank,
      byRank: trainer.keep == .bestRank)
    bestWeights.keep(coupling)
  }

  private func judge(_ metrics: EpochMetrics) {
    guard keepsBest, let compared = metrics.compared else { return }
    var best = position.best ?? BestEpoch(start: .infinity, rank: nil)
    if best.takes(
      compared.validation, rank: metrics.heldOut?.meanRank, epoch: metrics.epoch)
    {
      bestWeights.keep(coupling)
    }
    position.best = best
  }

  private var elapsedSinceCheckpoint: Double {
    lastCheckpoint.duration(to: .now) / .seconds(1)
  }

  /// What the usual contrastive value is above the mean loss of an epoch, where there is one.
  private var usualOffset: Double? {
    guard coupling.sides.allSatisfy(\.reference.isBatch) else { return nil }
    let offsets = batches.compactMap { coupling.usualOffset(of: trainer.loss, pairs: $0.count) }
    return offsets.isEmpty ? nil : offsets.reduce(0, +) / Double(offsets.count)
  }

  // MARK: Checkpoints

  private func checkpoint() throws {
    tick()
    lastCheckpoint = .now
    guard let directory = written else { return }
    try requireFiniteParameters()
    try writePending()
    try bestWeights.write(to: directory)
    try Checkpoint.save(
      coupling, optimizer, references, position, to: directory.checkpointFolder)
    report(.checkpoint(step: position.step))
  }

  private func writePending() throws {
    try written?.append(pending)
    pending = []
  }

  private func requireFiniteParameters() throws {
    guard coupling.parameters.tensors.allSatisfy({ $0.allFinite() }) else {
      throw sayingWhatIsKept(
        TrainingHealth.notFinite("a parameter is not finite", position.step, position.epoch))
    }
  }

  /// What fails goes on from the last checkpoint, where there is one.
  private func sayingWhatIsKept(_ failure: Failure) -> Failure {
    guard let directory, AtomicDirectory.current(directory.checkpointFolder) != nil else {
      return failure
    }
    return Failure(
      failure.what, at: failure.place, remedy: failure.remedy + "; the last checkpoint is kept")
  }

  /// Nothing to bring back; a run that is there is not overwritten.
  private func begin() throws -> Int? {
    position.planned = trainer.epochs
    guard let directory else { return nil }
    guard AtomicDirectory.current(directory.checkpointFolder) == nil else {
      throw Failure(
        "the folder already holds a run", at: directory.path,
        remedy: "choose another folder, or resume that run")
    }
    try written?.truncateMetrics(afterEpoch: 0)
    return nil
  }

  /// The step at which an earlier session's checkpoint stands, after bringing it back.
  private func restore() throws -> Int? {
    guard let directory else { return nil }
    let folder = directory.checkpointFolder
    let saved = try Checkpoint.restore(coupling, optimizer, references, from: folder)
    if let saved {
      guard saved.fits(batches: batches.count, epochs: trainer.epochs) else {
        throw Failure(
          "the checkpoint is of a run with other batches", at: folder,
          remedy: "resume with the data and the batch size that the run began with")
      }
      position = saved
      // Going on for more epochs than were asked for, the best has its whole patience again.
      if let planned = saved.planned, planned < trainer.epochs { position.best?.waited = 0 }
    }
    position.planned = trainer.epochs
    guard written != nil else { return saved?.step }
    AtomicFile.removeLeftovers(in: directory.path)
    // A run that was killed between its metrics and its checkpoint writes that line again.
    try directory.truncateMetrics(afterEpoch: position.epoch)
    return saved?.step
  }

  /// Adds the time since the last call to the time spent.
  private func tick() {
    let now = ContinuousClock.now
    let spent = clock.duration(to: now).components
    position.seconds += Double(spent.seconds) + Double(spent.attoseconds) * 1e-18
    clock = now
  }
}
