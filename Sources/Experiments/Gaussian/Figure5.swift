import Figures
import Files
import GaussianTheory

extension Experiments {
  /// The joint densities of the models of Figures 2–4, over contours of the truth.
  static let figure5 = Experiment(
    "figure5", .gaussian, "the three optima's joint densities"
  ) { _ in
    let truth = try PlanarGaussian.pair()
    let cases = [PlanarCase.innerProduct, .squaredDistance, .joint]
    let laws = try cases.map { try $0.optimum().model.joint() }
    // KL(μ ‖ ν) is the joint divergence of the encoders, whatever loss they are best for.
    let divergences = try cases.map { item in
      let best = try item.optimum()
      return try best.analysis.divergence(
        g: best.g, h: best.h, tilting: item.tilting, loss: .joint
      ).item()
    }
    let panels = zip(cases, laws).enumerated().map { index, item in
      PlanarGaussian.contourPanel(
        Text(item.0.name), PlanarGaussian.joint(item.1), truth: PlanarGaussian.joint(truth),
        first: index == 0, last: index == cases.count - 1)
    }
    let numbers = cases.indices.map { i in
      let (a, b, c) = (laws[i].uu.item(), laws[i].uv.item(), laws[i].vv.item())
      return (
        cases[i].name,
        JointLaw(covariance: [[a, b], [b, c]], divergenceOfJointLaws: divergences[i])
      )
    }
    let best = divergences.indices.min { divergences[$0] < divergences[$1] } ?? 0
    return try Findings(
      settings: ["covariance": PlanarGaussian.covariance], numbers: Named(numbers),
      figure: Figure(
        rows: [panels], columnWidths: [200], rowHeights: [200],
        note: "Filled: the model. Dashed: the truth."),
      verdict: "KL(truth, model) is "
        + zip(cases, divergences).map { "\($0.name) \($1.rounded(toDigits: 3))" }
        .joined(separator: ", ") + "; least for \(cases[best].name)")
  }
}

private struct JointLaw: Encodable {
  let covariance: [[Double]]
  let divergenceOfJointLaws: Double
}
