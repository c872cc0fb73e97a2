import CoupletCore
import Encoders
import Files
import SampleReaders
import Simulators
import Training

/// Settings of a coupling of flows and drifters' paths: the data, the encoders, the training.
struct OceanRun: Codable, Equatable {
  var ocean = Ocean()
  /// The numbers of pairs to train with, in every epoch, and to test with.
  var pairs = 32_268
  var testPairs = 32_268
  /// Whether every epoch has new pairs.
  var isOnline = false
  /// The identity on coefficients in units of their standard deviations; the cosine normalises them. In their own
  /// units the few large scales would decide alone.
  var encoderU = "fixed:standardized"
  var encoderV =
    "transformer:depth=2:hidden=128:pooling=all:every=10:patch=5:velocities:waves=3:gated"
  var temperature = 0.1
  var batch = 256
  var epochs = 16
  var learningRate = 2e-3
  var warmup = 0.05
  var clip = 1.0
  var seed: UInt64

  /// The run of the paper's sizes, or a small one with the same ingredients.
  init(_ workshop: Workshop) {
    seed = workshop.seed
    guard workshop.isQuick else { return }
    (pairs, testPairs, epochs) = (8192, 4096, 8)
    // The same paths to 10⁻⁷ for a tenth of the time.
    (ocean.timeStep, ocean.steps, ocean.recordEvery) = (1e-4, 1000, 1)
  }

  /// The uses of the seed, besides the trainer's.
  private enum Draw: Int { case training = 20, test, online, encoderU, encoderV }

  private func key(_ draw: Draw) -> Key { Key(seed).folded(with: draw.rawValue) }

  func trainingPairs(_ workshop: Workshop) throws -> PairedData {
    try simulate(pairs, .training, workshop)
  }

  func testPairs(_ workshop: Workshop) throws -> PairedData {
    try simulate(testPairs, .test, workshop)
  }

  private func simulate(_ count: Int, _ draw: Draw, _ workshop: Workshop) throws -> PairedData {
    try ocean.simulate(0..<count, key: key(draw)) {
      try workshop.progress($0, of: count, note: "paths of drifters")
    }
  }

  func coupling(_ training: PairedData) throws -> Coupling {
    let coefficients = Ocean.coefficients
    let u = try EncoderSettings(encoderU).build(
      for: .real(shape: [coefficients]), dimension: coefficients, data: try training.u,
      key: key(.encoderU))
    let v = try EncoderSettings(encoderV).build(
      for: .real(shape: ocean.shape), dimension: coefficients, data: try training.v,
      key: key(.encoderV))
    return Coupling(
      u: u, v: v, tilting: .cosine,
      temperature: try Temperature(.learned(initial: temperature)))
  }

  var trainer: Trainer {
    Trainer(
      loss: ConditionalLoss(.twoSided), optimizer: .adam(learningRate: learningRate),
      batchSize: batch, epochs: epochs, schedule: .cosine(warmup: warmup), gradientClip: clip,
      seed: seed)
  }

  /// The source of an online run: pairs in time steps ten times as long, whose paths are the same to 10⁻⁷.
  var online: OnlinePairs {
    var fast = ocean
    if fast.recordEvery % 10 == 0 {
      fast.timeStep *= 10
      fast.steps /= 10
      fast.recordEvery /= 10
    }
    return fast.online(pairs, key: key(.online))
  }

  var json: JSON {
    [
      "speed": .number(ocean.speed), "decay": .number(ocean.decay),
      "noise": .number(ocean.noise), "timeStep": .number(ocean.timeStep),
      "steps": .integer(ocean.steps), "recordEvery": .integer(ocean.recordEvery),
      "trainingPairs": .integer(pairs), "testPairs": .integer(testPairs),
      "online": .bool(isOnline), "encoderU": .string(encoderU), "encoderV": .string(encoderV),
      "tilting": "cosine", "loss": "two-sided", "initialTemperature": .number(temperature),
      "batch": .integer(batch), "epochs": .integer(epochs), "optimizer": "adam",
      "learningRate": .number(learningRate), "schedule": "cosine", "warmup": .number(warmup),
      "clip": .number(clip),
    ]
  }
}

/// A trained coupling with its data.
struct TrainedOcean {
  let run: OceanRun
  let coupling: Coupling
  let training: PairedData
  let test: PairedData
  let metrics: [EpochMetrics]
}

extension Workshop {
  /// The coupling of a run, trained once; its metrics hold the recall on the training pairs (as many as there are test
  /// pairs) under `training-u` and `training-v`.
  func ocean(_ run: OceanRun, name: String = "ocean") throws -> TrainedOcean {
    let training = try run.trainingPairs(self)
    let test = try run.testPairs(self)
    let coupling = try run.coupling(training)
    let trainer = run.trainer
    let seen = training[0..<min(training.count, test.count)]
    let evaluate = { (coupling: Coupling) in
      var report = try coupling.evaluate(on: test, loss: trainer.loss)
      for (modality, recall) in try coupling.evaluate(on: seen, loss: trainer.loss).recall {
        report.recall["training-\(modality)"] = recall
      }
      return report
    }
    let metrics =
      run.isOnline
      ? try train(
        coupling, on: run.online, by: trainer, name: name, settings: run, evaluate: evaluate)
      : try train(
        coupling, on: training, by: trainer, name: name, settings: run, evaluate: evaluate)
    return TrainedOcean(
      run: run, coupling: coupling, training: training, test: test, metrics: metrics)
  }
}
