import CoupletCore
import Files
import GaussianTheory
import Runs
import SampleReaders
import Simulators

/// The Gaussian field of MATH §5.2 with what Figures 7–10 share: its pairs, its exact law, the trainings and the
/// errors of their conditional means. The inner product and the two-sided loss throughout.
struct FieldStudy {
  let workshop: Workshop
  let field = GaussianField()
  let truth: PairCovariance
  let analysis: CanonicalAnalysis

  init(_ workshop: Workshop) throws {
    self.workshop = workshop
    truth = try PairCovariance(field.covariance, uDimension: field.points)
    analysis = try truth.canonicalAnalysis()
  }

  /// The standard number of pairs.
  var count: Int { workshop.isQuick ? 2_000 : 10_000 }

  /// The first `count` training pairs: fewer pairs are always the first of more.
  func pairs(_ count: Int) throws -> PairedData {
    let block = 1_000
    let parts = try (0..<(count + block - 1) / block).map {
      try field.simulate(block, key: workshop.key(3).folded(with: $0))
    }
    return try PairedData(
      u: cat(try parts.map { try $0.u })[0..<count], v: cat(try parts.map { try $0.v })[0..<count])
  }

  /// The first `count` training pairs as files, with a thousand apart from them for tests.
  func data(_ count: Int) throws -> Dataset {
    try workshop.stored(
      try pairs(count), test: try field.simulate(1_000, key: workshop.key(9)),
      name: "field-\(count)")
  }

  /// What the conditional means are conditioned on: pairs apart from the training.
  func conditions() throws -> PairedData {
    try field.simulate(workshop.isQuick ? 1_000 : 10_000, key: workshop.key(4))
  }

  // MARK: Trainings

  /// As the paper trains: Adam, learning rate 1e-4, 500 epochs, from a random start.
  func paper(pairs: Int, dimension: Int = 5, batch: Int = 512) -> LinearRun {
    LinearRun(
      pairs: pairs, dimension: dimension, batch: batch, epochs: workshop.isQuick ? 50 : 500)
  }

  /// Better settings: all pairs as one batch, L-BFGS, from the plug-in optimum unless said.
  func better(pairs: Int, dimension: Int = 5, start: Start = .theory) -> LinearRun {
    let steps = start == .random ? 6 : 2
    return .fullBatch(
      pairs: pairs, dimension: dimension, steps: steps, start: start)
  }

  /// Batches with a learning rate that falls to 0, from the plug-in optimum: what batches of that size converge to.
  func converged(pairs: Int, batch: Int, queue: Int? = nil) -> LinearRun {
    LinearRun(
      pairs: pairs, dimension: 5, learningRate: 5e-3,
      schedule: .cosine(warmup: 0), batch: batch, epochs: workshop.isQuick ? 10 : 40, queue: queue,
      start: .theory)
  }

  func fit(_ run: LinearRun, _ kind: String) throws -> LinearFit {
    try run.fit(
      workshop, try data(run.pairs),
      name: "field-\(kind)-n\(run.pairs)-d\(run.dimension)-b\(run.batch)")
  }

  // MARK: Errors

  /// E |E_ν − E_μ|² of a model's conditional means, exactly.
  func errors(_ fit: LinearFit) throws -> ErrorPair {
    let (u, v) = try fit.model(truth).meanSquaredErrors()
    return ErrorPair(u: u, v: v)
  }

  func populationErrors(_ dimension: Int) throws -> ErrorPair {
    let best = try analysis.optimum(rank: dimension, tilting: .innerProduct, loss: .twoSided)
    let (u, v) = try best.model.meanSquaredErrors()
    return ErrorPair(u: u, v: v)
  }

  /// Of the plug-in estimator on the first `count` pairs.
  func plugInErrors(_ count: Int, _ dimension: Int) throws -> ErrorPair {
    let pairs = try pairs(count)
    let best = try PlugInEstimate(u: try pairs.u, v: try pairs.v).analysis
      .optimum(rank: dimension, tilting: .innerProduct, loss: .twoSided)
    let model = LearnedGaussian(tilting: .innerProduct, covariance: truth, g: best.g, h: best.h)
    let (u, v) = try model.meanSquaredErrors()
    return ErrorPair(u: u, v: v)
  }

  /// The same error when the conditional mean is that of the weighted training samples (eq. 28), averaged over
  /// conditioning draws. Single precision: its rounding is far below these errors.
  func galleryErrors(_ coupling: Coupling, _ pairs: PairedData, _ conditions: PairedData) throws
    -> ErrorPair
  {
    func error(_ modality: Modality) throws -> Double {
      let map = try field.conditional(modality).map
      let partner = coupling.partner(of: modality)
      let samples = try pairs[modality].all()
      let gallery = coupling.embed(modality, samples)
      let known = try conditions[partner].all()
      let given = coupling.embed(partner, known)
      var sum = 0.0
      for start in stride(from: 0, to: conditions.count, by: 500) {
        let rows = start..<min(start + 500, conditions.count)
        let scores =
          modality == .u
          ? coupling.factors(gallery, given[rows]).matrix.T
          : coupling.factors(given[rows], gallery).matrix
        let means = withoutGradients { matmul(scores.softmax(dim: 1), samples) }
        let exact = matmul(known[rows].to(.float64), map)
        sum += (means.to(.float64) - exact).square().sum().item()
      }
      return sum / Double(conditions.count)
    }
    return ErrorPair(
      u: try withoutGradients { try error(.u) }, v: try withoutGradients { try error(.v) })
  }

  var settings: [JSON.Member] {
    [
      .init(
        "field",
        [
          "modes": .integer(field.modes), "points": .integer(field.points),
          "observed": .integer(field.observed), "noise": .number(field.noise),
          "tau": .number(field.tau), "alpha": .number(field.alpha),
        ]), .init("tilting", "inner-product"), .init("loss", "two-sided"),
    ]
  }
}

/// The mean squared errors of E[u | v] and of E[v | u]; six digits of them are written.
struct ErrorPair: Encodable {
  let u: Double, v: Double

  func encode(to encoder: any Encoder) throws {
    try Named([("u", u), ("v", v)].map { ($0, $1.rounded(toDigits: 6)) }).encode(to: encoder)
  }
}
