import CoupletCore
import Encoders
import Files
import SampleReaders
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
    let refining = RefiningRun(trained.run, workshop)
    let (classical, informed) = try workshop.informed(trained, posterior, refining)
    let loss = ConditionalLoss(.twoSided)
    let rows = [
      ("data-driven", try trained.coupling.evaluate(on: trained.test, loss: loss)),
      ("classical posterior", classical), ("physics-informed", informed),
    ]
    return Findings(
      settings: [
        "dataDriven": trained.run.json,
        "physicsInformed": [
          "pairs": .integer(refining.pairs), "hidden": .integer(refining.hidden),
          "epochs": .integer(refining.epochs), "batch": .integer(refining.batch),
          "learningRate": .number(refining.learningRate),
        ],
      ],
      numbers: .object(
        rows.map { name, report in
          .init(
            name,
            [
              "recall": recallJSON(report.recall),
              "medianRank": .object(
                report.medianRank.sorted { $0.key < $1.key }.map {
                  .init($0.key, .number($0.value))
                }
              ),
            ])
        }),
      figures: [],
      verdict: "recall at 1, potential → trajectory and back: "
        + rows.map { name, report in
          "\(name) \(percent(report.recall, "v", "1")), \(percent(report.recall, "u", "1"))"
        }.joined(separator: "; "))
  }
}

/// Settings of the network on top of the posterior.
struct RefiningRun: Codable, Equatable {
  var pairs: Int
  var hidden = 256
  var epochs = 20
  var batch = 256
  var learningRate = 1e-3
  var data: OceanRun

  init(_ data: OceanRun, _ workshop: Workshop) {
    self.data = data
    pairs = workshop.isQuick ? 2048 : 8192
  }
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
    let temperature = try Temperature(.learned(initial: trained.run.temperature))
    let mean = Coupling(
      u: trained.coupling[.u].encoder, v: Fixed(size), tilting: .cosine, temperature: temperature)
    let means = try PairedData(u: try test.u, v: try test.v.narrow(dim: 1, 0..<size))
    let refined = Coupling(
      u: trained.coupling[.u].encoder,
      v: Refined(inputs: 2 * size, dimension: size, hidden: run.hidden, key: key(31)),
      tilting: .cosine, temperature: temperature)
    let training = try pairs(
      trained.training[0..<min(run.pairs, trained.training.count)], "training")
    let trainer = Trainer(
      loss: ConditionalLoss(.twoSided), optimizer: .adam(learningRate: run.learningRate),
      batchSize: run.batch, epochs: run.epochs, schedule: .cosine(warmup: 0.05), seed: seed)
    try train(refined, on: training, by: trainer, name: "ocean-informed", settings: run)
    return (
      try mean.evaluate(on: means, loss: trainer.loss),
      try refined.evaluate(on: test, loss: trainer.loss)
    )
  }
}
