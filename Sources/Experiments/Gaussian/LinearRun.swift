import CoupletCore
import Encoders
import Files
import GaussianTheory
import Runs
import Training

/// One training of linear encoders without shift, u ↦ G u and v ↦ H v at τ = 1, with everything that makes it.
struct LinearRun: Codable, Equatable, Sendable {
  var data: String
  var pairs: Int
  var dimension: Int
  var tilting = "inner-product"
  var loss = "two-sided"
  var optimizer = "adam"
  var learningRate = 1e-4
  var schedule = Schedule.constant
  var batch = 512
  var epochs = 500
  /// Past embeddings that the normalisers are taken over besides the batch.
  var queue: Int?
  var start = Start.random
  /// Whether the encoders see samples of covariance I.
  var whitened = false
  var seed: UInt64 = 0

  /// All pairs as one batch, by L-BFGS, in whitened coordinates: the curvature is then that of the canonical
  /// correlations, and few iterations do.
  static func fullBatch(
    data: String, pairs: Int, dimension: Int, tilting: String = "inner-product",
    loss: String = "two-sided", steps: Int, start: Start
  ) -> LinearRun {
    LinearRun(
      data: data, pairs: pairs, dimension: dimension, tilting: tilting, loss: loss,
      optimizer: "lbfgs:iterations=5", learningRate: 1, batch: pairs, epochs: steps, start: start,
      whitened: true)
  }

  /// Trains on the pairs, or loads what was trained.
  func fit(_ workshop: Workshop, _ pairs: PairedData, name: String) throws -> LinearFit {
    let keys = workshop.key(17).folded(with: Int(seed)).split(2)
    let u = try LinearMap(try pairs.u, dimension, whitened: whitened, key: keys[0])
    let v = try LinearMap(try pairs.v, dimension, whitened: whitened, key: keys[1])
    let reference: Reference = queue.map { .queue(capacity: $0) } ?? .batch
    let coupling = Coupling(
      [
        Side(.u, encoder: u.encoder, reference: reference),
        Side(.v, encoder: v.encoder, reference: reference),
      ], tilting: try Tiltings.named(tilting),
      temperature: try Temperature(.fixed(1)))
    if start == .theory { try coupling.startAtTheory(of: pairs, loss: loss) }
    let trainer = Trainer(
      loss: try Losses.named(loss),
      optimizer: OptimizerSettings(try Optimizers.named(optimizer), learningRate: learningRate),
      batchSize: batch, epochs: epochs, schedule: schedule, seed: seed, evaluateEvery: epochs)
    let metrics = try workshop.train(
      coupling, on: pairs, by: trainer, name: name, settings: self)
    return LinearFit(
      g: u.matrix, h: v.matrix,
      coupling: coupling, loss: metrics.last?.loss ?? .nan, steps: metrics.last?.step ?? 0,
      seconds: metrics.last?.seconds ?? 0)
  }

  // Results name them as they did when these were first written, so that they can be compared.

  /// `lbfgs(learningRate: 1.0, iterations: 5)`.
  private var optimizerName: String {
    let fields = optimizer.split(separator: ":").map { $0.replacing("=", with: ": ") }
    return "\(fields[0])("
      + (["learningRate: \(learningRate)"] + fields.dropFirst()).joined(separator: ", ") + ")"
  }

  /// `constant` or `cosine(warmup: 0.0, final: 0.0)`.
  private var scheduleName: String {
    guard case .cosine(let warmup, let final) = schedule else { return "\(schedule)" }
    return "cosine(warmup: \(warmup), final: \(final))"
  }

  /// As settings of an experiment.
  var json: JSON {
    [
      "optimizer": .string(optimizerName), "schedule": .string(scheduleName),
      "batch": .integer(batch), "epochs": .integer(epochs), "start": .string(start.rawValue),
      "queue": queue.map(JSON.integer) ?? .null, "whitened": .bool(whitened),
    ]
  }
}

/// An encoder x ↦ G x, with G itself in double precision.
private struct LinearMap {
  let encoder: any SampleEncoder
  private let layer: Linear
  private let whitening: Tensor?

  init(_ samples: Tensor, _ dimension: Int, whitened: Bool, key: Key) throws {
    layer = Linear(samples.shape[1], dimension, bias: false, key: key)
    guard whitened else {
      (encoder, whitening) = (layer, nil)
      return
    }
    let around = Whitened(layer, shape: [samples.shape[1]])
    // The mean is known to be 0: of the samples with their mirror images it is.
    try around.fit(to: cat([samples, -samples], dim: 0))
    (encoder, whitening) = (around, around.matrix)
  }

  /// G, d × n.
  var matrix: Tensor {
    let weight = layer.weight.detached().to(.float64)
    return whitening.map { matmul(weight, $0.detached().to(.float64)) } ?? weight
  }
}

/// What such a training gave.
struct LinearFit {
  let g: Tensor, h: Tensor
  let coupling: Coupling
  let loss: Double
  let steps: Int
  let seconds: Double

  /// The law that these encoders define on the true marginals.
  func model(_ truth: PairCovariance, _ tilting: GaussianTilting = .innerProduct) -> LearnedGaussian
  {
    LearnedGaussian(tilting: tilting, covariance: truth, g: g, h: h)
  }
}
