import CoupletCore
import Figures
import Files
import SampleReaders
import Simulators

extension Experiments {
  /// Figure 15: a path, the potential that it belongs to and the one that is retrieved for it; and beyond the paper the
  /// conditional law of the potential, with its calibration.
  static let figure15 = Experiment(
    "figure15", .ocean, "the flow given a drifter's path: retrieved, and as a distribution"
  ) { workshop in
    let trained = try workshop.ocean(OceanRun(workshop))
    let index = 0
    let answer = try FlowAnswer(trained, path: index)
    let queries = trained.test[0..<min(trained.test.count, workshop.isQuick ? 256 : 1024)]
    let gallery = try GalleryFields(
      trained, on: queries, gallery: trained.training.u, points: Ocean.grid(4))
    let calibration = gallery.calibration
    let law = try trained.coupling.calibration(
      of: .u, on: queries, among: .sample(trained.training.u),
      statistic: { trained.run.ocean.potential(of: $0, at: Ocean.grid(2), time: 0) },
      key: workshop.key(15))
    let figure = Figure(
      rows: [
        Array(answer.panels[..<2]) + [coveragePanel(calibration, law)],
        Array(answer.panels[2...]),
        try drawnPanels(trained, path: index, key: workshop.key(16)),
      ], columnWidths: [190],
      rowHeights: [190],
      note:
        "Potentials at t = 0 and the path of test pair \(index). Mean and deviation are those of the "
        + "\(trained.training.count) training potentials, weighted by the learned conditional; "
        + "the true one is not among them. Draws have the flows' exact prior and the classical posterior's mean as encoder of "
        + "the path. "
        + "Colours of mean and deviation run to their own largest values."
    )
    return try Findings(
      settings: trained.run.json, numbers: FlowLaw(answer, gallery, law), figure: figure,
      verdict: "the potential retrieved for test path \(index) "
        + (answer.retrieved == index ? "is the true one" : "is that of pair \(answer.retrieved)")
        + "; 90 % intervals of the weighted gallery hold the truth in "
        + "\((100 * calibration.coverage(0.9)).rounded(toDigits: 3)) % of cases, with the truth among "
        + "the candidates sets of mass 90 % hold it in "
        + "\((100 * law.levels.fraction(atMost: 0.9)).rounded(toDigits: 3)) %")
  }

  /// Mean and deviation of draws given the path, without a gallery, beside those of the classical posterior.
  private static func drawnPanels(_ trained: TrainedOcean, path index: Int, key: Key) throws
    -> [Panel]
  {
    let (ocean, points) = (trained.run.ocean, FlowPanel.points)
    let posterior = try OceanPosterior(ocean)
    let means = PosteriorMeans(posterior: posterior)
    let path = try trained.test[.v].rows(index..<(index + 1))
    let training = trained.training[0..<min(trained.training.count, 8192)]
    let conditional = try FlowConditional(
      ocean, features: means(try training.v), of: try training.u)
    let draws = matmul(
      try conditional.sample(given: means(path), key: key).coefficients[0],
      conditional.basis(at: points))
    let law = try posterior.conditional(given: path)
    let basis = ocean.potentialBasis(at: points, time: 0)
    let classical = FieldLaws(
      mean: law.mean, factor: law.factor, basis: basis, truth: matmul(law.mean, basis))
    return [
      ("mean of draws", draws.mean(dim: 0), false),
      ("their deviation", draws.variance(dim: 0).sqrt(), true),
      ("classical posterior: mean", classical.mean[0], false),
      ("its deviation", classical.deviation[0], true),
    ].map { title, values, isDeviation in
      FlowPanel.panel(
        FlowPanel.field(values), title: Text(title),
        limit: max(values.abs().max().item(), 1e-300), isDeviation: isDeviation, path: path[0])
    }
  }

  private static func coveragePanel(
    _ calibration: FieldCalibration, _ law: ConditionalCalibration
  ) -> Panel {
    let grid = (0...40).map { Double($0) / 40 }
    let percent = grid.map { 100 * $0 }
    return Panel(
      title: "calibration", x: Axis("mass, %", range: 0...100),
      y: Axis("holds the truth, %", range: 0...100), legend: .below, equalAspect: true,
      [
        .line(x: [0, 100], y: [0, 100], color: .gray, width: 1, dash: .dashed),
        .line(
          x: percent, y: grid.map { 100 * calibration.coverage($0) },
          label: "intervals, truth left out", color: .vermilion, width: 2),
        .line(
          x: percent, y: grid.map { 100 * law.levels.fraction(atMost: $0) },
          label: "density sets, truth kept", color: .blue, width: 2),
      ])
  }
}

/// The numbers of Figure 15.
private struct FlowLaw: Encodable {
  let retrieved: Int
  let effectiveSampleSize, medianEffectiveSampleSize: Double
  /// By the mass of intervals.
  let intervalCoverage: Named<Double>
  let standardizedErrorScale, unexplainedVariance: Double
  /// By the mass of sets.
  let densitySetCoverage: Named<Double>
  let rankPValues: [Double]
  let randomizedMass: Double

  init(_ answer: FlowAnswer, _ gallery: GalleryFields, _ law: ConditionalCalibration) {
    let calibration = gallery.calibration
    retrieved = answer.retrieved
    effectiveSampleSize = answer.effectiveSampleSize.rounded(toDigits: 4)
    medianEffectiveSampleSize = gallery.medianEffectiveSampleSize.rounded(toDigits: 4)
    intervalCoverage = FieldCalibration.coverages(calibration.coverage)
    standardizedErrorScale = calibration.errorScale.rounded(toDigits: 4)
    unexplainedVariance = calibration.unexplained.rounded(toDigits: 4)
    densitySetCoverage = FieldCalibration.coverages { law.levels.fraction(atMost: $0) }
    rankPValues = law.ranks.map { $0.kolmogorovSmirnovPValue.rounded(toDigits: 3) }
    randomizedMass = law.randomizedMass.rounded(toDigits: 4)
  }
}

/// What the coupling answers to one test path.
private struct FlowAnswer {
  /// The place of the retrieved potential among the test pairs.
  let retrieved: Int
  /// Of the weighted training potentials.
  let effectiveSampleSize: Double
  let panels: [Panel]

  init(_ trained: TrainedOcean, path index: Int) throws {
    let ocean = trained.run.ocean
    let (potentials, known) = (try trained.test.u, try trained.training.u)
    let path = try trained.test[.v].rows(index..<(index + 1))
    let points = FlowPanel.points
    func field(_ row: Int) -> Tensor {
      ocean.potential(of: potentials[row..<(row + 1)], at: points, time: 0)
    }
    retrieved =
      trained.coupling.conditional(.u, given: path, among: potentials).top(1)[0].index
    let law = trained.coupling.conditional(.u, given: path, among: known)
    effectiveSampleSize = law.effectiveSampleSize
    let basis = ocean.potentialBasis(at: points, time: 0)
    let weights = law.weights.unsqueezed(0)
    let coefficients = known.to(.float64)
    let mean = matmul(weights, coefficients)
    // The covariance of the field is that of the coefficients between the basis functions.
    let centred = coefficients - mean
    let covariance = matmul((centred * law.weights.unsqueezed(1)).T, centred)
    let spread = (basis * matmul(covariance, basis)).sum(dim: 0).clamped(min: 0).sqrt()
    let conditional = matmul(mean, basis)
    let truth = field(index)
    let limit = truth.abs().max().item()
    panels = [
      FlowPanel.panel(
        FlowPanel.field(truth), title: "true potential", limit: limit, path: path[0]),
      FlowPanel.panel(
        FlowPanel.field(field(retrieved)), title: "retrieved potential", limit: limit,
        path: path[0]),
      FlowPanel.panel(
        FlowPanel.field(conditional), title: "conditional mean",
        limit: max(conditional.abs().max().item(), 1e-300),
        path: path[0]),
      FlowPanel.panel(
        FlowPanel.field(spread), title: "standard deviation",
        limit: max(spread.max().item(), 1e-300), isDeviation: true,
        path: path[0]),
    ]
  }
}
