import CoupletCore
import Files
import SampleReaders
import Simulators

extension Experiments {
  /// The flow given the path by draws with its exact prior, without a gallery, beside the classical posterior: from paths
  /// without noise and with a noise of 0.01, by what the learned encoder of paths says of them and by the classical posterior's
  /// mean.
  static let oceanSampling = Experiment(
    "ocean-sampling", .ocean, "the flow given a drifter's path, drawn with its exact prior"
  ) { workshop in
    let runs = try [0, 0.01].map { try OceanRun.forSampling(workshop, noise: $0) }
    let rows = try runs.map {
      try workshop.sampledFields(workshop.ocean($0, name: "ocean-online-noise\($0.ocean.noise)"))
    }
    return try Findings(
      settings: Named(runs.map { ("noise \($0.ocean.noise)", $0.json) }),
      numbers: Named(rows.map { ("noise \($0.noise)", $0) }), figures: [],
      verdict: rows.map { row in
        "noise \(row.noise): of the variance that the classical posterior explains "
          + "(\(row.classicalPosterior.explainedVariance)) the draws' mean explains "
          + "\(row.physicsInformed.shareOfClassical) with the posterior's mean as encoder and "
          + "\(row.dataDriven.shareOfClassical) with the learned one; 90 % intervals hold the truth in "
          + "\(row.physicsInformed.intervalCoverage["0.9"] ?? .nan) and "
          + "\(row.dataDriven.intervalCoverage["0.9"] ?? .nan)"
      }.joined(separator: "; "))
  }
}

/// How laws of the field do, of the paths of one study.
private struct SampledFields: Encodable {
  let noise: Double
  let trainingPairs, paths: Int
  let classicalPosterior, physicsInformed, dataDriven: FieldQuality
}

/// How a law of the field does beside the classical posterior.
struct FieldQuality: Encodable {
  let explainedVariance, shareOfClassical: Double
  /// By the mass of intervals.
  let intervalCoverage: Named<Double>
  let standardizedErrorScale: Double
  /// Of the chains, around the means of their paths; nil for a law in closed form.
  let largestR: Double?

  init(_ law: FieldCalibration, of classical: FieldCalibration, largestR: Double? = nil) {
    explainedVariance = (1 - law.unexplained).rounded(toDigits: 4)
    shareOfClassical = ((1 - law.unexplained) / (1 - classical.unexplained)).rounded(toDigits: 4)
    intervalCoverage = FieldCalibration.coverages(law.coverage)
    standardizedErrorScale = law.errorScale.rounded(toDigits: 4)
    self.largestR = largestR?.rounded(toDigits: 4)
  }
}

/// The flows of test paths, their fields at 16 points and t = 0, and what the classical posterior says of them.
struct FieldTest {
  let paths: Tensor
  let classical: FieldQuality
  private let calibration: FieldCalibration
  private let ocean: Ocean
  private let flows: Tensor
  private let points = Ocean.grid(4)

  init(_ ocean: Ocean, _ pairs: PairedData) throws {
    self.ocean = ocean
    let (paths, flows) = (try pairs.v, try pairs.u)
    (self.paths, self.flows) = (paths, flows)
    let posterior = try OceanPosterior(ocean)
    let basis = ocean.potentialBasis(at: points, time: 0)
    let truths = ocean.potential(of: flows, at: points, time: 0)
    calibration = FieldCalibration(
      truths: truths,
      try stride(from: 0, to: paths.shape[0], by: 64).map { start in
        let rows = start..<min(start + 64, paths.shape[0])
        let law = try posterior.conditional(given: paths[rows])
        return FieldLaws(mean: law.mean, factor: law.factor, basis: basis, truth: truths[rows])
      })
    classical = FieldQuality(calibration, of: calibration)
  }

  /// How draws do, given features of the paths.
  ///
  /// - Parameters:
  ///   - features: of some paths, n × p; of the training's, and of those of the test.
  ///   - training: the pairs for whose features and flows the law is optimal.
  func drawn(
    given features: (Tensor, String) throws -> Tensor, training: PairedData, key: Key,
    progress: (Int) throws -> Void
  ) throws -> FieldQuality {
    let conditional = try FlowConditional(
      ocean, features: features(try training.v, "training"), of: try training.u)
    let (law, splitR) = try conditional.fields(
      given: features(paths, "test"), truths: flows, at: points, key: key, progress: progress)
    return FieldQuality(law, of: calibration, largestR: splitR)
  }
}

extension Workshop {
  /// How many test paths draws are made for.
  var drawnPaths: Int { isQuick ? 256 : 1024 }

  /// Draws for test paths, by both encoders.
  fileprivate func sampledFields(_ trained: TrainedOcean) throws -> SampledFields {
    let ocean = trained.run.ocean
    let test = try FieldTest(ocean, trained.test[0..<min(trained.test.count, drawnPaths)])
    let means = PosteriorMeans(posterior: try OceanPosterior(ocean))
    func quality(_ features: (Tensor, String) throws -> Tensor, _ name: String, _ key: Key) throws
      -> FieldQuality
    {
      try test.drawn(given: features, training: trained.training, key: key) {
        try progress($0, of: test.paths.shape[0], note: "draws given test paths, \(name)")
      }
    }
    return SampledFields(
      noise: ocean.noise, trainingPairs: trained.training.count, paths: test.paths.shape[0],
      classicalPosterior: test.classical,
      physicsInformed: try quality(
        { paths, part in
          try means(paths) {
            try self.progress($0, of: paths.shape[0], note: "posteriors of \(part) paths")
          }
        }, "physics-informed", key(40)),
      dataDriven: try quality(
        { paths, _ in trained.coupling.embed(.v, paths).vectors }, "data-driven", key(41)))
  }
}
