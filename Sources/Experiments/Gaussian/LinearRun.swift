import CoupletCore
import Encoders
import Files
import GaussianTheory
import Runs
import Training

/// One training of linear encoders without shift, u ↦ G u and v ↦ H v at τ = 1, with everything that makes it.
struct LinearRun: Sendable {
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

  /// All pairs as one batch, by L-BFGS, in whitened coordinates: the curvature is then that of the canonical
  /// correlations, and few iterations do.
  static func fullBatch(
    pairs: Int, dimension: Int, tilting: String = "inner-product", loss: String = "two-sided",
    steps: Int, start: Start
  ) -> LinearRun {
    LinearRun(
      pairs: pairs, dimension: dimension, tilting: tilting, loss: loss,
      optimizer: "lbfgs:iterations=5", learningRate: 1, batch: pairs, epochs: steps, start: start,
      whitened: true)
  }

  /// The settings of the run on these data.
  func settings(_ workshop: Workshop, on data: Dataset) throws -> RunConfiguration {
    var settings = workshop.settings(.gaussian, on: data)
    for place in settings.sides.indices {
      settings.sides[place].encoder = try EncoderSettings("linear:no-bias")
      settings.sides[place].encoder.isWhitened = whitened
      settings.sides[place].reference = queue.map { .queue($0) } ?? .batch
    }
    settings.dimension = dimension
    settings.tilting = try TiltingSettings(tilting)
    (settings.temperature, settings.learnTemperature) = (1, false)
    settings.loss = try LossSettings(loss)
    settings.start = start
    settings.optimizer = try OptimizerChoice(optimizer)
    settings.learningRate = learningRate
    settings.schedule = schedule
    settings.batch = batch
    (settings.epochs, settings.evaluateEvery) = (epochs, epochs)
    return settings
  }

  /// Trains on the training pairs of the data, or loads what was trained.
  func fit(_ workshop: Workshop, _ data: Dataset, name: String) throws -> LinearFit {
    let settings = try settings(workshop, on: data)
    let pairs = try data.training.inMemory()
    let coupling = try settings.coupling(keys: workshop.key(17).folded(with: 0).split(2))
    for side in coupling.sides {
      guard let whitened = side.encoder as? Whitened else { continue }
      // The mean is known to be 0: of the samples with their mirror images it is.
      let samples = try pairs[side.modality].all()
      try whitened.fit(to: cat([samples, -samples], dim: 0))
    }
    if start == .theory { try coupling.startAtTheory(of: pairs, loss: loss) }
    let metrics = try workshop.train(coupling, on: pairs, of: data, name: name, settings: settings)
    return LinearFit(
      g: matrix(coupling[.u]), h: matrix(coupling[.v]), coupling: coupling,
      loss: metrics.last?.loss ?? .nan, steps: metrics.last?.step ?? 0,
      seconds: metrics.last?.seconds ?? 0)
  }

  /// G of a side, d × n, in double precision.
  private func matrix(_ side: Side) -> Tensor {
    guard let weight = side.encoder.linearPart?.layer.weight.detached().to(.float64) else {
      // `settings(_:on:)` makes no other encoders than linear ones.
      fatalError("LinearRun: the encoder of \(side.modality) is not linear")
    }
    guard let whitened = side.encoder as? Whitened else { return weight }
    return matmul(weight, whitened.matrix.detached().to(.float64))
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
