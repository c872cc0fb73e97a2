import CoupletCore
import Files
import Foundation
import Training

/// Compares what ranks compute together with what each of them computes alone: a process for tests to start with mpirun.
///
///     mpirun -n P TrainingProbe ranks [FOLDER [STEPS]]
///
/// Prints the worst deviation over all cases, and of weights, loss and scores after a training, and 1 where exchanges in pieces
/// bring anything else, 0 otherwise; with a folder trains into it instead, ending as if killed after so many steps.
enum RanksProbe {
  /// A multilayer perceptron with dropout.
  struct Noisy: SampleEncoder {
    let first: Linear
    let dropout = Dropout(0.4)
    let second: Linear

    init(_ inputs: Int, _ outputs: Int, key: Key, dtype: DType) {
      let (a, b) = key.split()
      first = Linear(inputs, 8, key: a)
      second = Linear(8, outputs, key: b)
      parameters.convert(to: dtype)
    }
    var dimension: Int { second.weight.shape[0] }
    var parameters: Parameters {
      Parameters(parts: ["first": first.parameters, "second": second.parameters])
    }
    func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
      second(dropout(first(input).tanh(), mode: mode))
    }
  }

  static func coupling(
    _ dtype: DType, _ tilting: any Tilting = Cosine(), potentials: Bool = true,
    references: [Reference] = [.batch, .batch]
  ) throws -> Coupling {
    func noisy(_ inputs: Int, _ outputs: Int, _ key: UInt64) -> Noisy {
      Noisy(inputs, outputs, key: Key(key), dtype: dtype)
    }
    let coupling = Coupling(
      [
        Side(
          .u, encoder: noisy(5, 3, 1), potential: potentials ? noisy(5, 1, 3) : nil,
          reference: references[0]),
        Side(
          .v, encoder: noisy(4, 3, 2), potential: potentials ? noisy(4, 1, 4) : nil,
          reference: references[1]),
      ], tilting: tilting, temperature: try Temperature(.learned(initial: 0.4)))
    coupling.temperature.parameters.convert(to: dtype)
    return coupling
  }

  static func pairs(_ count: Int, _ dtype: DType) throws -> PairedData {
    let latent = Tensor.normal([count, 4], key: Key(5), dtype: dtype)
    return try PairedData(
      u: cat([latent, .normal([count, 1], key: Key(6), dtype: dtype)], dim: 1),
      v: latent + .normal([count, 4], key: Key(7), dtype: dtype) * 0.3)
  }

  static func main(_ arguments: [String]) throws {
    let ranks = try Communicator.start()
    // Sums over threads have an order of their own.
    Runtime.threads = 1
    if let folder = arguments.first {
      try train(into: folder, steps: arguments.dropFirst().first.flatMap { Int($0) }, ranks)
    } else {
      let exact = try worst(.float64, ranks), single = try worst(.float32, ranks)
      let (double, float) = (try trained(.float64, ranks), try trained(.float32, ranks))
      if ranks.rank == 0 {
        print("\(ranks.size) \(exact) \(single) \(double.weights) \(float.loss) \(float.scores)")
      }
      let differ = ranks.any(piecesDiffer(ranks))
      if ranks.rank == 0 { print(differ ? 1 : 0) }
    }
    Communicator.end(status: 0)
  }

  /// Whether exchanges in pieces of a few bytes bring anything else.
  private static func piecesDiffer(_ ranks: Communicator) -> Bool {
    let rows = Tensor.normal([7 + 5 * ranks.rank, 3], key: Key(UInt64(50 + ranks.rank)))
    let all = Tensor.normal([11, 2], key: Key(UInt64(60 + ranks.rank)))
    func exchanged() -> [Float] {
      ranks.gather(rows).array(Float.self) + ranks.gather(ranks.sumOfOwnRows(all)).array(Float.self)
    }
    let whole = exchanged()
    Communicator.exchange(atMost: 13)
    defer { Communicator.exchange(atMost: .max) }
    return exchanged() != whole || whole.isEmpty
  }

  // MARK: One step

  /// The worst deviation of loss and gradients, relative to their sizes, on any rank.
  private static func worst(_ dtype: DType, _ ranks: Communicator) throws -> Double {
    let finite = Reference.finite(
      .normal([6, 4], key: Key(20), dtype: dtype), weights: Tensor([1.0, 2, 3, 0, 1, 1]))
    let references: [[Reference]] = [
      [.batch, .batch], [.batch, finite], [.queue(capacity: 30), .queue(capacity: 10)],
    ]
    let losses: [any Loss] = [
      ConditionalLoss(.twoSided), ConditionalLoss(.uGivenV), ConditionalLoss(.vGivenU),
      ConditionalLoss(.weighted(u: 0.5, v: 2)), JointLoss(), JointLoss(.allPairs),
    ]
    let tiltings: [any Tilting] = [Cosine(), InnerProduct(), SquaredDistance()]
    var worst = 0.0
    // An empty rank among three and four; batches that do not divide.
    for (size, count) in [2, 17, 64].enumerated() {
      for (place, loss) in losses.enumerated() {
        for (other, kinds) in references.enumerated() {
          let chunk = (size + place + other) % 2 == 0 ? nil : 3
          let tilting = tiltings[(place + other + size) % 3]
          let coupling = try coupling(
            dtype, tilting, potentials: (place + size) % 2 == 0, references: kinds)
          let pairs = try pairs(count, dtype)
          let expected = try step(coupling, pairs, loss, chunk, .alone)
          let found = try step(coupling, pairs, loss, chunk, ranks)
          worst = max(worst, deviation(expected, found))
        }
      }
    }
    let all = ranks.gather(Tensor([worst])).array(Double.self)
    return all.max() ?? .infinity
  }

  private static func step(
    _ coupling: Coupling, _ pairs: PairedData, _ loss: any Loss, _ chunk: Int?,
    _ ranks: Communicator
  ) throws -> [Tensor] {
    let step = TrainingStep(
      coupling: coupling, loss: loss, chunk: chunk, references: References(coupling.sides),
      ranks: ranks)
    let own = Array(ranks.share(of: pairs.count))
    let batch = own.isEmpty ? nil : try pairs.batch(own)
    // The first step fills the queues.
    _ = step(batch, ofBatch: pairs.count, mode: .training(Key(8)))
    step.references.remember()
    clearGradients(coupling.parameters.tensors)
    let value = step(batch, ofBatch: pairs.count, mode: .training(Key(9)))
    let gradients = coupling.parameters.tensors.map { ($0.gradient ?? $0.zerosLike()).clone() }
    clearGradients(coupling.parameters.tensors)
    return [value] + gradients
  }

  /// Of the loss, relative to 1, and of the gradient of everything, relative to its norm.
  private static func deviation(_ expected: [Tensor], _ found: [Tensor]) -> Double {
    func flat(_ tensors: [Tensor]) -> Tensor {
      cat(tensors.map { $0.to(.float64).flattened() })
    }
    let (a, b) = (flat(Array(expected.dropFirst())), flat(Array(found.dropFirst())))
    let loss = abs(expected[0].item() - found[0].item())
    // A gradient that is nearly 0, of two pairs say, by its own rounding.
    let worst = max(loss, (a - b).norm().item() / max(a.norm().item(), 0.01))
    return worst.isNaN || loss.isNaN ? .infinity : worst
  }

  // MARK: A training

  private static var trainer: Trainer {
    Trainer(
      loss: ConditionalLoss(.twoSided), optimizer: .adamW(learningRate: 0.01, weightDecay: 0.01),
      batchSize: 14, epochs: 10, schedule: .cosine(warmup: 0.1), gradientClip: 1, seed: 5,
      checkpointInterval: 0)
  }

  /// The largest deviations after 200 steps: of a weight, of the loss of other pairs, and of a score of theirs, less the
  /// mean of all, which the loss leaves free. Without potentials: a constant that is added to one changes nothing but how
  /// rounding is amplified.
  private static func trained(_ dtype: DType, _ ranks: Communicator) throws -> (
    weights: Double, loss: Double, scores: Double
  ) {
    let others = try pairs(106, dtype)[66..<106]
    let found = try [Communicator.alone, ranks].map { ranks in
      let coupling = try coupling(dtype, InnerProduct(), potentials: false)
      var trainer = Self.trainer
      trainer.epochs = 40
      trainer.ranks = ranks
      try trainer.fit(coupling, to: pairs(66, dtype))
      let factors = try coupling.factors(of: others).detached
      let scores = factors.matrix
      return (
        weights: cat(coupling.parameters.tensors.map { $0.detached().flattened() }),
        loss: trainer.loss(ScoredBatch(pairs: factors)), scores: scores - scores.mean()
      )
    }
    func deviation(_ a: Tensor, _ b: Tensor) -> Double { (a - b).abs().max().item() }
    return (
      deviation(found[0].weights, found[1].weights), deviation(found[0].loss, found[1].loss),
      deviation(found[0].scores, found[1].scores)
    )
  }

  private static func train(into folder: String, steps: Int?, _ ranks: Communicator) throws {
    let coupling = try coupling(.float32)
    var trainer = Self.trainer
    trainer.ranks = ranks
    let run = ranks.rank == 0 ? try RunDirectory(creating: folder) : RunDirectory(at: folder)
    ranks.barrier()
    var taken = 0
    try trainer.fit(
      coupling, to: pairs(66, .float32), in: run, resume: true,
      onEvent: { event in
        guard case .step = event else { return }
        taken += 1
        if taken == steps, ranks.rank == ranks.size - 1 { kill(getpid(), SIGKILL) }
      })
  }
}
