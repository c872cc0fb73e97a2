import CoupletCore
import Encoders
import Files
import Runs
import Simulators
import Training

/// What makes a coupling of flows and drifters' paths: the data, the encoders, the training.
struct OceanRun {
  var ocean = Ocean()
  /// The numbers of pairs to train with, in every epoch, and to test with.
  var pairs = 32_268
  var testPairs = 32_268
  /// Whether every epoch has new pairs.
  private(set) var isOnline = false
  /// What its `config.json` holds, but for the data.
  private(set) var settings: RunConfiguration

  /// The run of the paper's sizes, or a small one with the same ingredients.
  init(_ workshop: Workshop) throws {
    if workshop.isQuick {
      (pairs, testPairs) = (8192, 4096)
      ocean.takeLargerSteps()
    }
    settings = RunConfiguration(
      u: .real(shape: [Ocean.coefficients]), v: .real(shape: ocean.shape))
    // The identity on coefficients in units of their standard deviations; the cosine normalises them. In their own
    // units the few large scales would decide alone.
    settings[.u].encoder = try EncoderSettings("fixed:standardized")
    settings[.v].encoder = try EncoderSettings(
      "transformer:depth=2:hidden=128:pooling=all:every=10:patch=5:velocities:waves=3:gated")
    settings.dimension = Ocean.coefficients
    settings.temperature = 0.1
    settings.learningRate = 2e-3
    settings.schedule = .cosine(warmup: 0.05)
    settings.clip = 1
    settings.batch = 256
    settings.epochs = workshop.isQuick ? 8 : 16
    (settings.seed, settings.experiment) = (workshop.seed, Experiment.Group.ocean.rawValue)
  }

  /// The run whose encoder of paths draws are made with: on new pairs in every epoch, since those of the paper are learned by
  /// heart where paths are noisy, and in larger batches, which tell more.
  static func forSampling(_ workshop: Workshop, noise: Double) throws -> OceanRun {
    var run = try OceanRun(workshop)
    run.ocean.takeLargerSteps()
    (run.ocean.noise, run.isOnline) = (noise, true)
    (run.settings.batch, run.settings.learningRate) = (1024, 3e-3)
    run.settings.epochs = workshop.isQuick ? 8 : 24
    run.settings.evaluateEvery = run.settings.epochs
    return run
  }

  /// The uses of the seed, besides the trainer's.
  private enum Draw: Int { case training = 20, test, flows = 23, paths, online }

  private func key(_ draw: Draw) -> Key { Key(settings.seed).folded(with: draw.rawValue) }

  func trainingPairs(_ workshop: Workshop) throws -> PairedData {
    try simulate(0..<pairs, .training, workshop)
  }

  /// As many pairs as those of the training, and others.
  func furtherPairs(_ workshop: Workshop) throws -> PairedData {
    try simulate(pairs..<2 * pairs, .training, workshop)
  }

  func testPairs(_ workshop: Workshop) throws -> PairedData {
    try simulate(0..<testPairs, .test, workshop)
  }

  /// Where training takes its pairs.
  func source(_ training: PairedData) -> any PairSource {
    isOnline ? ocean.online(pairs, key: key(.online)) : training
  }

  private func simulate(_ rows: Range<Int>, _ draw: Draw, _ workshop: Workshop) throws -> PairedData
  {
    try ocean.simulate(rows, key: key(draw)) {
      try workshop.progress($0, of: rows.count, note: "paths of drifters")
    }
  }

  /// The data as files, and the settings on them.
  func stored(_ training: PairedData, test: PairedData, _ workshop: Workshop) throws -> (
    data: Dataset, settings: RunConfiguration
  ) {
    let name = "ocean-\(pairs)" + (isOnline ? "-noise\(ocean.noise)" : "")
    let data = try workshop.stored(training, test: test, name: name)
    var settings = settings
    settings.take(data)
    (settings.data, settings.reading) = (data.name, DataOptions(groups: GroupsChoice.none))
    return (data, settings)
  }

  /// The keys of the encoders.
  var encoderKeys: [Key] { [key(.flows), key(.paths)] }

  var json: JSON {
    [
      "speed": .number(ocean.speed), "decay": .number(ocean.decay),
      "noise": .number(ocean.noise), "timeStep": .number(ocean.timeStep),
      "steps": .integer(ocean.steps), "recordEvery": .integer(ocean.recordEvery),
      "trainingPairs": .integer(pairs), "testPairs": .integer(testPairs),
      "online": .bool(isOnline), "encoderU": .string("\(settings[.u].encoder)"),
      "encoderV": .string("\(settings[.v].encoder)"),
      "tilting": "cosine", "loss": "two-sided", "initialTemperature": .number(settings.temperature),
      "batch": .integer(settings.batch), "epochs": .integer(settings.epochs), "optimizer": "adam",
      "learningRate": .number(settings.learningRate), "schedule": "cosine", "warmup": .number(0.05),
      "clip": .optional(settings.clip),
    ]
  }
}

extension Ocean {
  /// The same paths to 10⁻⁷ for a tenth of the time.
  fileprivate mutating func takeLargerSteps() { (timeStep, steps, recordEvery) = (1e-4, 1000, 1) }
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
    let (data, settings) = try run.stored(training, test: test, self)
    let coupling = try settings.coupling(training: training, keys: run.encoderKeys)
    let loss = settings.loss.value
    let seen = training[0..<min(training.count, test.count)]
    let metrics = try train(
      coupling, on: run.source(training), of: data, name: name, settings: settings
    ) {
      var report = try $0.evaluate(on: test, loss: loss)
      for (modality, recall) in try $0.evaluate(on: seen, loss: loss).recall {
        report.recall["training-\(modality)"] = recall
      }
      return report
    }
    return TrainedOcean(
      run: run, coupling: coupling, training: training, test: test, metrics: metrics)
  }
}
