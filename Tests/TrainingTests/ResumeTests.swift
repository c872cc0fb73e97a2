import Files
import Foundation
import Scratch
import TestModels
import Testing

@testable import CoupletCore
@testable import Training

/// A run that stops and goes on ends with the same weights and metrics, bit for bit, as one that does not.
@Suite struct ResumeTests {
  static let optimizers: [OptimizerSettings] = [
    .adam(learningRate: 0.02), .adamW(learningRate: 0.02, weightDecay: 0.1),
    .sgd(learningRate: 0.1, momentum: 0.9), .lbfgs(learningRate: 0.5, iterations: 3),
  ]
  /// Batches of 16, 16, 16 and 12 pairs an epoch.
  static let (epochs, stepsPerEpoch) = (3, 4)

  static func trainer(_ optimizer: OptimizerSettings = optimizers[0]) -> Trainer {
    Trainer(
      loss: ConditionalLoss(.twoSided), optimizer: optimizer, batchSize: 16, epochs: epochs,
      schedule: .cosine(warmup: 0.2), gradientClip: 0.5, chunk: 7, seed: 4,
      checkpointInterval: 1000)
  }

  private struct Dropped: SampleEncoder {
    let linear: LinearEncoder
    let dropout = Dropout(0.3)
    var dimension: Int { linear.dimension }
    var parameters: Parameters { linear.parameters }
    func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
      dropout(linear(input, mode: mode), mode: mode)
    }
  }

  static func coupling(
    _ dimension: Int = 3, references: [Reference] = [.batch, .batch],
    tilting: any Tilting = Cosine()
  ) throws -> Coupling {
    Coupling(
      [
        Side(
          .u, encoder: Dropped(linear: LinearEncoder(4, dimension, key: Key(1))),
          potential: LinearEncoder(4, 1, key: Key(5)), reference: references[0]),
        Side(
          .v, encoder: LinearEncoder(4, dimension, bias: true, key: Key(2)),
          potential: LinearEncoder(4, 1, key: Key(6)), reference: references[1]),
      ], tilting: tilting, temperature: try Temperature(.learned(initial: 0.3)))
  }

  static let pairs: @Sendable () throws -> PairedData = {
    let latent = Tensor.normal([60, 4], key: Key(3))
    return try PairedData(u: latent.exp(), v: latent + .normal([60, 4], key: Key(4)) * 0.2)
  }

  /// Trains in a folder until `stop` steps have been taken by this call.
  @discardableResult
  static func fit(
    _ folder: String, _ trainer: Trainer = trainer(), references: [Reference] = [.batch, .batch],
    tilting: any Tilting = Cosine(),
    resume: Bool = true, stop: Int = .max, onEvent: @escaping (TrainingEvent) -> Void = { _ in }
  ) throws -> TrainingOutcome {
    var steps = 0
    let pairs = try pairs()
    return try trainer.fit(
      try coupling(references: references, tilting: tilting), to: pairs,
      evaluate: { try $0.evaluate(on: pairs, loss: trainer.loss) },
      in: try RunDirectory(creating: folder), resume: resume,
      onEvent: { event in
        if case .step = event { steps += 1 }
        onEvent(event)
      }, shouldStop: { steps >= stop })
  }

  /// The lines of the metrics, with the seconds, which do differ, made 0.
  static func metrics(_ folder: String) throws -> [EpochMetrics] {
    try RunDirectory(creating: folder).metrics().map {
      var metrics = $0
      metrics.seconds = 0
      return metrics
    }
  }

  static func expectSame(
    _ folder: String, _ whole: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let (model, expected) = (folder + "/model.safetensors", whole + "/model.safetensors")
    #expect(try contents(model) == contents(expected), sourceLocation: sourceLocation)
    #expect(try metrics(folder) == metrics(whole), sourceLocation: sourceLocation)
  }

  @Test(arguments: optimizers)
  func interruptedAnywhereItEndsTheSame(_ optimizer: OptimizerSettings) throws {
    let scratch = try Scratch()
    let trainer = ResumeTests.trainer(optimizer)
    let whole = scratch.path + "/whole"
    let total = ResumeTests.epochs * ResumeTests.stepsPerEpoch
    #expect(try ResumeTests.fit(whole, trainer) == .finished(steps: total))
    #expect(try ResumeTests.metrics(whole).count == ResumeTests.epochs)
    for stop in [0, 1, 3, 4, 5, 11] {
      let folder = scratch.path + "/\(stop)"
      #expect(try ResumeTests.fit(folder, trainer, stop: stop) == .interrupted(step: stop))
      #expect(try ResumeTests.fit(folder, trainer) == .finished(steps: total))
      try ResumeTests.expectSame(folder, whole)
    }
    // Many times over: every third step.
    let folder = scratch.path + "/often"
    while try ResumeTests.fit(folder, trainer, stop: 3) != .finished(steps: total) {}
    try ResumeTests.expectSame(folder, whole)
  }

  /// The network of a pair score, which corrects the cosine, in blocks of a batch and of its chunks.
  @Test func pairScoresGoOnWhereTheyWere() throws {
    let scratch = try Scratch()
    let tilting = PairTilting(width: 8, blocks: 1, negatives: 3, correcting: .cosine)
    let total = ResumeTests.epochs * ResumeTests.stepsPerEpoch
    let whole = scratch.path + "/whole"
    try ResumeTests.fit(whole, tilting: tilting)
    for stop in [1, 6] {
      let folder = scratch.path + "/\(stop)"
      #expect(
        try ResumeTests.fit(folder, tilting: tilting, stop: stop) == .interrupted(step: stop))
      #expect(try ResumeTests.fit(folder, tilting: tilting) == .finished(steps: total))
      try ResumeTests.expectSame(folder, whole)
    }
    // The usual contrastive value is that of blocks of four pairs.
    let metrics = try #require(try ResumeTests.metrics(whole).last)
    #expect(abs(try #require(metrics.clipLoss) - metrics.loss - log(4)) < 1e-9)
  }

  /// The queues of past embeddings are part of what a run goes on with: larger and smaller than a batch, with
  /// the potentials of the queued samples.
  @Test func queuesGoOnWhereTheyWere() throws {
    let scratch = try Scratch()
    let queues = [Reference.queue(capacity: 40), .queue(capacity: 9)]
    let total = ResumeTests.epochs * ResumeTests.stepsPerEpoch
    let whole = scratch.path + "/whole"
    try ResumeTests.fit(whole, references: queues)
    for stop in [1, 4, 6] {
      let folder = scratch.path + "/\(stop)"
      #expect(
        try ResumeTests.fit(folder, references: queues, stop: stop) == .interrupted(step: stop))
      #expect(try ResumeTests.fit(folder, references: queues) == .finished(steps: total))
      try ResumeTests.expectSame(folder, whole)
    }
    // They matter: the same run over batches ends elsewhere.
    let other = scratch.path + "/batch"
    try ResumeTests.fit(other)
    #expect(
      try contents(other + "/model.safetensors") != contents(whole + "/model.safetensors"))
  }

  /// What TensorBoard is given: the metrics of every epoch once, however often the run was stopped.
  @Test func scalarsGoOnWithoutDoubling() throws {
    let scratch = try Scratch()
    func run(_ name: String, stop: Int = .max) throws -> TrainingOutcome {
      let directory = try RunDirectory(creating: "\(scratch.path)/\(name)")
      let log = ScalarLog(directory)
      var failure: (any Error)?
      let outcome = try ResumeTests.fit(directory.path, stop: stop) { event in
        do { try log.record(event) } catch { failure = error }
      }
      if let failure { throw failure }
      return outcome
    }
    /// Without the eight bytes of the time of each event, and the checksums over it.
    func scalars(_ name: String) throws -> [Data] {
      let file = "\(ScalarLog.folder(of: "\(scratch.path)/\(name)"))/events.out.tfevents.couplet"
      var (rest, events) = (try contents(file), [Data]())
      while rest.count >= 16 {
        let length = rest.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        events.append(Data(rest.dropFirst(12).prefix(length).dropFirst(9)))
        rest = Data(rest.dropFirst(length + 16))
      }
      #expect(rest.isEmpty)
      return events
    }
    _ = try run("whole")
    let whole = try scalars("whole")
    #expect(whole.count == 1 + ResumeTests.epochs)
    for stop in [1, 4, 6] {
      while case .interrupted = try run("\(stop)", stop: stop) {}
      #expect(try scalars("\(stop)") == whole)
    }
    // All of a finished run is kept when it is resumed.
    _ = try run("whole")
    #expect(try scalars("whole") == whole)
  }

  @Test func aFinishedRunResumesToItsEnd() throws {
    let scratch = try Scratch()
    let folder = scratch.path + "/run"
    let outcome = try ResumeTests.fit(folder)
    let model = try contents(folder + "/model.safetensors")
    var resumedAt: Int?
    let again = try ResumeTests.fit(folder) { event in
      if case .started(_, _, _, let step) = event { resumedAt = step }
    }
    #expect(again == outcome)
    #expect(resumedAt == ResumeTests.epochs * ResumeTests.stepsPerEpoch)
    #expect(try contents(folder + "/model.safetensors") == model)
    #expect(try ResumeTests.metrics(folder).count == ResumeTests.epochs)
  }

  /// The folder as a kill would leave it just after every metrics line, every checkpoint and some steps.
  @Test func leftAtAnyEventItEndsTheSame() throws {
    let scratch = try Scratch()
    let whole = scratch.path + "/whole"
    var often = ResumeTests.trainer()
    often.checkpointInterval = 0
    var copies: [String] = []
    try ResumeTests.fit(whole, often) { event in
      if case .started = event { return }
      let copy = scratch.path + "/copy\(copies.count)"
      copies.append(copy)
      try? FileManager.default.copyItem(atPath: whole, toPath: copy)
    }
    // 12 steps and as many checkpoints, 3 metrics lines and the checkpoints after them.
    #expect(copies.count == 30)
    for (number, copy) in copies.enumerated() where number < 3 || (6...10).contains(number % 10) {
      try ResumeTests.fit(copy)
      try ResumeTests.expectSame(copy, whole)
    }
  }

  /// Learning few pairs by heart, with the best epoch kept: stopped anywhere and gone on with, the model, the best
  /// epoch and the point at which training stops are those of a run that never was.
  @Test(arguments: [Keep.best, .bestRank])
  func theBestEpochIsTheSameHoweverOftenItWasStopped(keep: Keep) throws {
    let scratch = try Scratch()
    var trainer = ResumeTests.trainer(.adam(learningRate: 0.2))
    (trainer.epochs, trainer.keep, trainer.patience) = (40, keep, 5)
    trainer.schedule = .constant
    let pairs = try ResumeTests.pairs()
    let (training, validation) = (pairs[0..<30], pairs[30..<60])
    let comparison = try #require(
      LossComparison(training: training, validation: validation, batch: 16, loss: trainer.loss))
    #expect(comparison.size == 16)
    // The steps that are announced, and those of the announced end.
    var announced: [Int] = []
    func fit(_ folder: String, stop: Int = .max, epochs: Int = 40) throws -> (
      TrainingOutcome, Coupling
    ) {
      var (steps, trainer) = (0, trainer)
      announced = []
      trainer.epochs = epochs
      let coupling = try ResumeTests.coupling()
      let outcome = try trainer.fit(
        coupling, to: training,
        evaluate: keep == .best
          ? nil : { [loss = trainer.loss] in try $0.evaluate(on: validation, loss: loss) },
        compare: { try comparison($0) },
        in: RunDirectory(creating: folder), resume: true,
        onEvent: {
          switch $0 {
          case .step: steps += 1
          case .started(_, _, let steps, _): announced.append(steps)
          case .stopped(let step, let total, let epoch): announced += [step, total, epoch]
          default: break
          }
        }, shouldStop: { steps >= stop })
      return (outcome, coupling)
    }
    let whole = scratch.path + "/whole"
    let (outcome, coupling) = try fit(whole)
    let metrics = try ResumeTests.metrics(whole)
    // It stopped five epochs after the best, whose weights it ends with: not those of the checkpoint.
    func quality(_ epoch: EpochMetrics) -> (Double, Double) {
      (epoch.heldOut?.meanRank ?? 0, -(epoch.compared?.validation ?? 0))
    }
    let best = try #require(metrics.max { quality($0) < quality($1) })
    #expect(best.epoch + 5 == metrics.count && metrics.count < 40)
    #expect(try comparison(coupling) == best.compared)
    #expect(outcome == .finished(steps: 2 * metrics.count))
    #expect(announced == [80, 2 * metrics.count, 80, metrics.count])
    // Of a run that has stopped no step is to come.
    #expect(try fit(whole).0 == outcome)
    #expect(announced.first == 2 * metrics.count)
    #expect(
      try contents(whole + "/model.safetensors")
        != contents(whole + "/checkpoint/model.safetensors"))
    for stop in [1, 2, 5, 9, 16] {
      let folder = scratch.path + "/\(stop)"
      while try fit(folder, stop: stop).0 != outcome {
        // Stopped at any time, the best so far is there.
        #expect(FileManager.default.fileExists(atPath: folder + "/model.safetensors"))
      }
      try ResumeTests.expectSame(folder, whole)
    }
    // Gone on with for more epochs than were asked for, it is the run that was to have them from the start.
    let short = scratch.path + "/short"
    _ = try fit(short, epochs: 2)
    #expect(try fit(short).0 == outcome)
    try ResumeTests.expectSame(short, whole)
  }

  @Test func anotherRunIsNotOverwritten() throws {
    let scratch = try Scratch()
    let folder = scratch.path + "/run"
    try ResumeTests.fit(folder, stop: 5)
    let checkpoint = try contents(folder + "/checkpoint/model.safetensors")
    #expect(throws: Failure.self) { try ResumeTests.fit(folder, resume: false) }
    #expect(try contents(folder + "/checkpoint/model.safetensors") == checkpoint)
  }
}
