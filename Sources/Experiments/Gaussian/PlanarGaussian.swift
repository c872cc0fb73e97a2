import CoupletCore
import Figures
import Files
import Foundation
import GaussianTheory

/// The pair of scalars of MATH §5.1, C = [[1.5, 1], [1, 1.5]], and embeddings of one dimension.
enum PlanarGaussian {
  static let variance = 1.5, cross = 1.0
  /// As settings of an experiment.
  static let covariance = [[variance, cross], [cross, variance]]
  static let axis = (0...160).map { -4 + 0.05 * Double($0) }
  static let levels = [0.005, 0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.14]

  static func pair() throws -> PairCovariance {
    try PairCovariance(
      Tensor([variance, cross, cross, variance], shape: [2, 2]), uDimension: 1)
  }

  /// Pairs as files, with a thousand apart from them for tests.
  static func data(_ workshop: Workshop) throws -> Dataset {
    let count = workshop.isQuick ? 2_000 : 10_000
    return try workshop.stored(
      pairs(count, key: workshop.key(1)), test: pairs(1_000, key: workshop.key(9)),
      name: "planar-\(count)")
  }

  private static func pairs(_ count: Int, key: Key) throws -> PairedData {
    let root = try pair().joint.cholesky()
    let z = Tensor.normal([count, 2], key: key, dtype: .float64)
    let x = matmul(z, root.T).to(.float32)
    return try PairedData(
      u: x.narrow(dim: 1, 0..<1).contiguous(), v: x.narrow(dim: 1, 1..<2).contiguous())
  }

  static func density(_ x: Double, mean: Double = 0, variance: Double) -> Double {
    exp(-(x - mean) * (x - mean) / (2 * variance)) / (2 * .pi * variance).squareRoot()
  }

  /// The density of a centred Gaussian pair on the grid.
  static func joint(_ law: PairCovariance) -> ScalarField {
    let (a, b, c) = (law.uu.item(), law.uv.item(), law.vv.item())
    let determinant = a * c - b * b
    return ScalarField(x: axis, y: axis) { u, v in
      exp(-(c * u * u - 2 * b * u * v + a * v * v) / (2 * determinant))
        / (2 * .pi * determinant.squareRoot())
    }
  }

  static func contourPanel(
    _ title: Text, _ field: ScalarField, truth: ScalarField? = nil, first: Bool, last: Bool
  ) -> Panel {
    var marks: [Mark] = [
      .filledContours(field, levels: levels),
      .contours(field, levels: levels, color: Color(0x08306B), width: 0.5),
    ]
    if let truth {
      marks.append(
        .contours(
          truth, levels: [0.02, 0.06, 0.1], label: "truth", color: .vermilion, width: 1.2,
          dash: .dashed))
    }
    return Panel(
      title: title, x: Axis("u"), y: first ? Axis("v") : Axis(ticks: .unlabelled),
      legend: first && truth != nil ? .topLeft : .none, equalAspect: true,
      colorBar: last ? .shown("density") : .none, marks)
  }
}

/// One of the three cases of Figures 2–4: a tilting with a loss.
struct PlanarCase {
  let name: String
  let title: Text
  let tilting: GaussianTilting
  let loss: GaussianLoss
  let lossName: String

  static let innerProduct = PlanarCase(
    name: "inner product, two-sided", title: "Inner product, two-sided loss",
    tilting: .innerProduct, loss: .twoSided, lossName: "two-sided")
  static let squaredDistance = PlanarCase(
    name: "squared distance, u given v", title: "Squared distance, one-sided loss u | v",
    tilting: .squaredDistance, loss: .uGivenV, lossName: "u-given-v")
  static let joint = PlanarCase(
    name: "inner product, joint", title: "Inner product, joint loss", tilting: .innerProduct,
    loss: .joint, lossName: "joint")

  func optimum() throws -> GaussianOptimum {
    try PlanarGaussian.pair().canonicalAnalysis()
      .optimum(rank: 1, tilting: tilting, loss: loss)
  }

  /// The model's conditionals and marginals against the truth, in closed form and trained.
  func findings(_ workshop: Workshop) throws -> Findings {
    let truth = try PlanarGaussian.pair()
    let best = try optimum()
    let data = try PlanarGaussian.data(workshop)
    let count = data.training.count
    let run = LinearRun.fullBatch(
      pairs: count, dimension: 1, tilting: tilting.rawValue, loss: lossName,
      steps: 6, start: .random)
    let fit = try run.fit(workshop, data, name: "planar-\(tilting.rawValue)-\(lossName)")
    let laws = [
      Law(truth), Law(best.model, try best.model.joint()),
      Law(fit.model(truth, tilting), try fit.model(truth, tilting).joint()),
    ]
    let trained = matmul(fit.g.T, fit.h).item()
    return try Findings(
      settings: [
        "covariance": .array(PlanarGaussian.covariance), "dimension": 1,
        "pairs": .integer(count), "training": run.json,
      ] as JSON,
      numbers: Numbers(
        divergence: best.divergence, A: best.a.item(), trainedA: trained, truth: laws[0],
        optimum: laws[1], trained: laws[2]),
      figure: figure(laws, count),
      verdict: verdict(laws, best, trained))
  }

  private struct Numbers: Encodable {
    let divergence, A, trainedA: Double
    let truth, optimum, trained: Law
  }

  /// Means given 1 and variances of the four laws in a figure.
  struct Law: Encodable {
    struct Moments: Encodable { let mean, variance: Double }
    struct Variances: Encodable { let u, v: Double }

    /// Of a modality given that the other is 1.
    let uGivenV1, vGivenU1: Moments
    let marginalVariance: Variances

    init(_ truth: PairCovariance) {
      let (a, b, c) = (truth.uu.item(), truth.uv.item(), truth.vv.item())
      uGivenV1 = Moments(mean: b / c, variance: a - b * b / c)
      vGivenU1 = Moments(mean: b / a, variance: c - b * b / a)
      marginalVariance = Variances(u: a, v: c)
    }

    init(_ model: LearnedGaussian, _ joint: PairCovariance) {
      uGivenV1 = Moments(mean: model.u.meanMap.item(), variance: model.u.covariance.item())
      vGivenU1 = Moments(mean: model.v.meanMap.item(), variance: model.v.covariance.item())
      marginalVariance = Variances(u: joint.uu.item(), v: joint.vv.item())
    }
  }

  private func figure(_ laws: [Law], _ count: Int) -> Figure {
    let x = PlanarGaussian.axis
    func panel(_ title: Text, _ variable: Text, _ part: (Law) -> Law.Moments)
      -> Panel
    {
      func curve(_ law: Law) -> [Double] {
        let moments = part(law)
        return x.map {
          PlanarGaussian.density($0, mean: moments.mean, variance: moments.variance)
        }
      }
      return Panel(
        title: title, x: Axis(variable), y: Axis("density"),
        [
          .line(x: x, y: curve(laws[0]), label: "truth", color: .black),
          .line(
            x: x, y: curve(laws[1]), label: "optimum", color: .vermilion, width: 2, dash: .dashed),
          .line(
            x: x, y: curve(laws[2]), label: "trained", color: .blue, width: 1.3, dash: .dotted),
        ])
    }
    return Figure(
      title: title,
      rows: [
        [panel("u | v = 1", "u", \.uGivenV1), panel("v | u = 1", "v", \.vGivenU1)],
        [
          panel("marginal of u", "u") { .init(mean: 0, variance: $0.marginalVariance.u) },
          panel("marginal of v", "v") { .init(mean: 0, variance: $0.marginalVariance.v) },
        ],
      ], rowHeights: [160],
      note: "Covariance [[1.5, 1], [1, 1.5]], embeddings of one dimension. Dashed: the population "
        + "optimum in closed form. Dotted: encoders trained on \(count) pairs.")
  }

  private func verdict(_ laws: [Law], _ best: GaussianOptimum, _ trained: Double) -> String {
    func text(_ x: Double) -> String { String(x.rounded(toDigits: 3)) }
    let (t, o) = (laws[0], laws[1])
    return
      "mean of u given v = 1 is \(text(o.uGivenV1.mean)) (truth \(text(t.uGivenV1.mean))), "
      + "variance \(text(o.uGivenV1.variance)) (\(text(t.uGivenV1.variance))), marginal "
      + "variance \(text(o.marginalVariance.u)) (\(text(t.marginalVariance.u))); J = \(text(best.divergence)) nats; "
      + "A = \(text(best.a.item())), trained \(text(trained))"
  }
}
