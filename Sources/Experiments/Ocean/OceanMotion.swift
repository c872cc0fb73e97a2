import CoupletCore
import Files
import Simulators

extension Experiments {
  /// The flow given the path by draws with its exact prior, where the encoder of paths is what a law of motion says that was
  /// found in pairs alone, beside the classical posterior: from paths without noise and with a noise of 0.01.
  static let oceanMotion = Experiment(
    "ocean-motion", .ocean, "the flow given a drifter's path, by a law of motion found in pairs"
  ) { workshop in
    let runs = try [0, 0.01].map { noise in
      var run = try OceanRun.forSampling(workshop, noise: noise)
      run.testPairs = workshop.drawnPaths
      return run
    }
    let rows = try runs.map(workshop.fieldsByMotion)
    return try Findings(
      settings: Named(runs.map { ("noise \($0.ocean.noise)", $0.ocean) }),
      numbers: Named(rows.map { ("noise \($0.noise)", $0) }), figures: [],
      verdict: rows.map { row in
        "noise \(row.noise): of \(row.products) products of a wave and a coefficient that were found "
          + "\(row.productsOfOneMode) are of one mode; of the variance that the classical posterior explains "
          + "(\(row.classicalPosterior.explainedVariance)) the draws' mean explains "
          + "\(row.dataDriven.shareOfClassical); 90 % intervals hold the truth in "
          + "\(row.dataDriven.intervalCoverage["0.9"] ?? .nan)"
      }.joined(separator: "; "))
  }
}

/// What a law of motion found, and how draws by it do.
private struct MotionFields: Encodable {
  let noise: Double
  /// The recorded points of a stretch.
  let points: Int
  let trainingPairs, lawPairs, paths: Int
  /// How many products the law has, and how many of them are of a wave and a coefficient of one mode. There are 96 such.
  let products, productsOfOneMode: Int
  let unexplainedDisplacements: Double
  let classicalPosterior, dataDriven: FieldQuality
}

extension Workshop {
  fileprivate func fieldsByMotion(_ run: OceanRun) throws -> MotionFields {
    let (further, training) = (try run.furtherPairs(self), try run.trainingPairs(self))
    let test = try FieldTest(run.ocean, run.testPairs(self))
    let coefficients = MotionLaw.coefficients(of: try further.u)
    let products = try MotionProducts(coefficients, along: try further.v).found {
      try progress($0, of: Ocean.varying.count, note: "products of waves and coefficients")
    }
    // Noise of a position weighs less in longer stretches, the quadrature in shorter ones.
    let points = run.ocean.noise > 0 ? 10 : 5
    let law = try MotionLaw(products, of: coefficients, along: try further.v, points: points) {
      try progress($0, of: $1, note: "the law of motion")
    }
    let found = try test.drawn(
      given: { paths, part in
        try law.coefficients(given: paths) {
          try progress($0, of: paths.shape[0], note: "posteriors of \(part) paths")
        }
      }, training: training, key: key(42)
    ) { try progress($0, of: test.paths.shape[0], note: "draws given test paths") }
    return MotionFields(
      noise: run.ocean.noise, points: points, trainingPairs: training.count,
      lawPairs: further.count, paths: test.paths.shape[0], products: products.count,
      productsOfOneMode: products.count { $0.isOfOneMode },
      unexplainedDisplacements: law.unexplained.rounded(toDigits: 4),
      classicalPosterior: test.classical, dataDriven: found)
  }
}
