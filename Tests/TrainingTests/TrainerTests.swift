import Files
import Foundation
import TestModels
import Testing

@testable import CoupletCore
@testable import Training

@Suite struct TrainerTests {
  /// Encodes single numbers by one weight and remembers which it was given while learning.
  private final class Recorder: SampleEncoder {
    let weight: Tensor
    private(set) var seen: [[Double]] = []

    init(_ weight: Double) {
      self.weight = Tensor([weight], dtype: .float32)
      self.weight.requiresGradient = true
    }
    var dimension: Int { 1 }
    var parameters: Parameters { ["weight": weight] }
    func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
      if case .training = mode { seen.append(input.to(.float64).flattened().array(Double.self)) }
      return input.to(.float32) * weight
    }
  }

  private func coupling(_ u: any SampleEncoder, _ v: any SampleEncoder) throws -> Coupling {
    Coupling(u: u, v: v, tilting: InnerProduct(), temperature: try Temperature(.fixed(1)))
  }

  private func numbers(_ count: Int) throws -> PairedData {
    let column = Tensor.arange(count, dtype: .float64).unsqueezed(1)
    return try PairedData(u: column, v: -column)
  }

  @Test func everyEpochVisitsEveryPairOnceInAnOrderOfItsOwn() throws {
    let (u, v) = (Recorder(0.01), Recorder(0.01))
    let trainer = Trainer(
      loss: ConditionalLoss(.twoSided), optimizer: .sgd(learningRate: 0, momentum: 0),
      batchSize: 4, epochs: 2, seed: 3)
    let outcome = try trainer.fit(try coupling(u, v), to: try numbers(10))
    #expect(outcome == .finished(steps: 6))
    #expect(u.seen.map(\.count) == [4, 4, 2, 4, 4, 2])
    #expect(v.seen == u.seen.map { $0.map { -$0 } })
    let (first, second) = (u.seen[0..<3].flatMap { $0 }, u.seen[3..<6].flatMap { $0 })
    #expect(first.sorted() == (0..<10).map(Double.init))
    #expect(second.sorted() == first.sorted())
    #expect(first != second && first != first.sorted())
  }

  @Test func aLastBatchOfOnePairIsLeftOut() {
    #expect(TrainingSession.batches(9, size: 4) == [0..<4, 4..<8])
    #expect(TrainingSession.batches(10, size: 4) == [0..<4, 4..<8, 8..<10])
    #expect(TrainingSession.batches(3, size: 100) == [0..<3])
  }

  /// The mean score in place of a loss: linear in each weight.
  private struct Score: Loss {
    var name: String { "score" }
    func callAsFunction(_ batch: ScoredBatch) -> Tensor { batch.pairs.matrix.mean() }
  }

  @Test func theScheduleSetsTheLearningRateOfEveryStep() throws {
    // With scores w, plain descent lowers w by the rate exactly.
    let ones = try PairedData(u: .ones([4, 1]), v: .ones([4, 1]))
    let schedule = Schedule.cosine(warmup: 0.25)
    let trainer = Trainer(
      loss: Score(), optimizer: .sgd(learningRate: 0.5, momentum: 0), batchSize: 2, epochs: 4,
      schedule: schedule)
    let u = Recorder(1)
    var (rates, weights) = ([Double](), [1.0])
    let watch = { (event: TrainingEvent) in
      switch event {
      case .step: weights.append(u.weight.item())
      case .evaluated(let metrics): rates.append(metrics.learningRate)
      default: break
      }
    }
    try trainer.fit(try coupling(u, Identity(dimension: 1)), to: ones, onEvent: watch)
    let expected = (0..<8).map { 0.5 * schedule.factor(step: $0, of: 8) }
    for (step, rate) in expected.enumerated() {
      #expect(abs(weights[step] - weights[step + 1] - rate) < 1e-6)  // float32 weights of order 1
    }
    #expect(rates == [1, 3, 5, 7].map { expected[$0] })
  }

  // MARK: What goes wrong

  private func failure(_ trainer: Trainer, _ coupling: Coupling, _ pairs: PairedData) throws
    -> String
  {
    let failure = #expect(throws: Failure.self) { try trainer.fit(coupling, to: pairs) }
    let text = try #require(failure).description
    #expect(!text.contains("\n"))
    return text
  }

  private let trainer = Trainer(
    loss: ConditionalLoss(.twoSided), optimizer: .adam(learningRate: 0.1), batchSize: 2, epochs: 3)

  @Test func aNumberThatIsNoneIsReportedWithTheStep() throws {
    var values = [Double](repeating: 1, count: 8)
    values[5] = .nan
    let pairs = try PairedData(u: Tensor(values, shape: [8, 1]), v: .ones([8, 1]))
    let text = try failure(trainer, try coupling(Recorder(1), Recorder(1)), pairs)
    #expect(text.contains("the loss is not a number at step") && text.contains("(epoch 1)"))
    #expect(!text.contains("checkpoint"))
  }

  @Test func parametersThatOverflowInTheLastStepAreReported() throws {
    // The slope is 100, and 100 times the rate is above the largest float32.
    let trainer = Trainer(
      loss: Score(), optimizer: .sgd(learningRate: 1e38, momentum: 0), batchSize: 4, epochs: 1)
    let tens = try PairedData(u: .full([4, 1], 10), v: .full([4, 1], 10))
    let text = try failure(trainer, try coupling(Recorder(1), Identity(dimension: 1)), tens)
    #expect(text.contains("a parameter is not finite at step 1 (epoch 1)"))
  }

  @Test func divergenceIsReported() throws {
    // w² under descent with a rate beyond 1: w changes by the factor 1 − 2 · 1.02 at every step.
    struct Square: Loss {
      var name: String { "square" }
      func callAsFunction(_ batch: ScoredBatch) -> Tensor { batch.pairs.matrix.square().mean() }
    }
    let trainer = Trainer(
      loss: Square(), optimizer: .sgd(learningRate: 1.02, momentum: 0), batchSize: 2, epochs: 300)
    let ones = try PairedData(u: .ones([2, 1]), v: .ones([2, 1]))
    let text = try failure(trainer, try coupling(Recorder(1), Identity(dimension: 1)), ones)
    #expect(text.contains("the loss rose from") && text.contains("by step 100"))
  }

  @Test func nothingLearnedIsReportedOnce() throws {
    // Weights of 0 on both sides: all scores are 0, and so are all gradients.
    var warnings: [String] = []
    let watch = { (event: TrainingEvent) in
      if case .warning(let text) = event { warnings.append(text) }
    }
    var trainer = trainer
    trainer.epochs = 30
    try trainer.fit(
      try coupling(Recorder(0), Recorder(0)), to: try numbers(8), onEvent: watch)
    #expect(warnings.count == 1)
    #expect(warnings.first?.contains("nothing learned after 25 epochs") == true)
  }

  @Test func whatCannotBeLearnedIsRefused() throws {
    let one = try PairedData(u: .ones([1, 1]), v: .ones([1, 1]))
    #expect(try failure(trainer, coupling(Recorder(1), Recorder(1)), one).contains("one pair"))
    let fixed = try coupling(Identity(dimension: 1), Identity(dimension: 1))
    #expect(try failure(trainer, fixed, try numbers(8)).contains("nothing to learn"))
  }
}
