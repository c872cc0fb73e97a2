import CoupletCore
import Encoders
import Files
import Runs
import Simulators
import Training

extension Experiments {
  /// Three encoders of paths beside each other on the same test pairs: learned from data alone, the classical posterior
  /// mean, and a network on top of the posterior.
  static let oceanEncoders = Experiment(
    "ocean-encoders", .ocean,
    "paths encoded from data alone, by the classical posterior, and by both together"
  ) { workshop in
    let trained = try workshop.ocean(OceanRun(workshop))
    let posterior = try PosteriorFeatures(trained.run.ocean)
    let refining = RefiningRun(workshop)
    let (classical, informed) = try workshop.informed(trained, posterior, refining)
    let loss = ConditionalLoss(.twoSided)
    let rows = [
      ("data-driven", try trained.coupling.evaluate(on: trained.test, loss: loss)),
      ("classical posterior", classical), ("physics-informed", informed),
    ]
    return try Findings(
      settings: Named([
        ("dataDriven", trained.run.json), ("physicsInformed", try JSON(encoding: refining)),
      ]),
      numbers: Named(
        rows.map { name, report in
          (name, Retrieval(recall: rounded(report.recall), medianRank: report.medianRank))
        }),
      figures: [],
      verdict: "recall at 1, potential → trajectory and back: "
        + rows.map { name, report in
          "\(name) \(percent(report.recall, "v", "1")), \(percent(report.recall, "u", "1"))"
        }.joined(separator: "; "))
  }
}

/// How an encoder of paths retrieves.
private struct Retrieval: Encodable {
  let recall: [String: [String: Double]]
  let medianRank: [String: Double]
}

/// Settings of the network on top of the posterior.
struct RefiningRun: Encodable {
  var pairs: Int
  var hidden = 256
  var epochs = 20
  var batch = 256
  var learningRate = 1e-3

  init(_ workshop: Workshop) {
    pairs = workshop.isQuick ? 2048 : 8192
  }

  /// The settings on data whose v are posterior features.
  func settings(_ workshop: Workshop, on data: Dataset, temperature: Double) throws
    -> RunConfiguration
  {
    var settings = workshop.settings(.ocean, on: data)
    settings[.u].encoder = try EncoderSettings("fixed:standardized")
    settings[.v].encoder = try EncoderSettings("refined:hidden=\(hidden)")
    settings.dimension = Ocean.coefficients
    settings.temperature = temperature
    settings.learningRate = learningRate
    settings.schedule = .cosine(warmup: 0.05)
    (settings.batch, settings.epochs) = (batch, epochs)
    return settings
  }
}

/// `refined[:hidden=N]`: `Refined`, of samples that begin with the embedding to refine.
struct RefinedDesign: EncoderDesign {
  var hidden = 256

  func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
    let inputs = try space.requireShape().reduce(1, *)
    guard inputs >= dimension else {
      throw Failure(
        "samples of \(inputs) coordinates hold no embedding of dimension \(dimension)",
        remedy: "use a dimension of at most \(inputs)")
    }
    return Refined(inputs: inputs, dimension: dimension, hidden: hidden, key: key)
  }

  static let entry = EncoderRegistry.Entry(
    "refined", RefinedDesign(), [.value("hidden", .integer(in: 1...8192), \.hidden)]
  ) { $0 }
}

/// A path as what the classical posterior says of it: the mean and the standard deviation of every coefficient, in
/// units of its own standard deviation.
struct PosteriorFeatures {
  private let posterior: OceanPosterior
  private let scale: Tensor

  init(_ ocean: Ocean) throws {
    posterior = try OceanPosterior(ocean)
    // The mode κ = 0 does not vary and has no scale.
    scale = Tensor((ocean.deviations + ocean.deviations).map { $0 > 0 ? $0 : 1 })
  }

  /// n × 196.
  func callAsFunction(_ paths: Tensor, progress: (Int) throws -> Void) throws -> Tensor {
    let (mean, deviation) = try posterior.moments(given: paths, progress: progress)
    return cat([mean / scale, deviation / scale], dim: 1).to(.float32)
  }
}

/// A path as the classical posterior's means of the coefficients that vary.
struct PosteriorMeans {
  let posterior: OceanPosterior

  /// n × 96, in double precision.
  func callAsFunction(_ paths: Tensor, progress: (Int) throws -> Void = { _ in }) throws -> Tensor {
    try posterior.moments(given: paths, progress: progress).mean
      .indexSelect(dim: 1, Tensor(Ocean.varying))
  }
}

extension Workshop {
  /// How the posterior mean retrieves, and how the network on top of it does.
  fileprivate func informed(
    _ trained: TrainedOcean, _ posterior: PosteriorFeatures, _ run: RefiningRun
  ) throws -> (classical: EvaluationReport, informed: EvaluationReport) {
    let size = Ocean.coefficients
    func pairs(_ data: PairedData, _ part: String) throws -> PairedData {
      try PairedData(
        u: try data.u,
        v: posterior(try data.v) {
          try progress($0, of: data.count, note: "posteriors of \(part) paths")
        })
    }
    let test = try pairs(trained.test, "test")
    let flows = trained.coupling[.u].encoder
    let training = try pairs(
      trained.training[0..<min(run.pairs, trained.training.count)], "training")
    let data = try stored(training, test: test, name: "ocean-posterior-\(training.count)")
    let settings = try run.settings(
      self, on: data, temperature: trained.run.settings.temperature)
    let loss = settings.loss.value
    let refined = try settings.coupling(keys: [key(30), key(31)])
    let mean = Coupling(
      u: flows, v: Fixed(size), tilting: .cosine,
      temperature: refined.temperature)
    let means = try PairedData(u: try test.u, v: try test.v.narrow(dim: 1, 0..<size))
    // Flows in the units of the run that this one is compared with.
    for (own, known) in zip(refined[.u].encoder.parameters.tensors, flows.parameters.tensors) {
      own.copy(from: known)
    }
    try train(refined, on: training, of: data, name: "ocean-informed", settings: settings)
    return (
      try mean.evaluate(on: means, loss: loss), try refined.evaluate(on: test, loss: loss)
    )
  }
}
