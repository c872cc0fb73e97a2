import Figures
import Files
import GaussianTheory

extension Experiments {
  /// The densities of μ_u ⊗ μ_v and of μ.
  static let figure1 = Experiment(
    "figure1", .gaussian, "densities of a Gaussian pair and of the product of its marginals"
  ) { _ in
    let pair = try PlanarGaussian.pair()
    let information = try pair.canonicalAnalysis().mutualInformation
    let c = PlanarGaussian.variance
    let product = ScalarField(x: PlanarGaussian.axis, y: PlanarGaussian.axis) { u, v in
      PlanarGaussian.density(u, variance: c) * PlanarGaussian.density(v, variance: c)
    }
    let joint = PlanarGaussian.joint(pair)
    let figure = Figure(
      rows: [
        [
          PlanarGaussian.contourPanel(
            "product of the marginals", product, first: true, last: false),
          PlanarGaussian.contourPanel("joint law", joint, first: false, last: true),
        ]
      ], columnWidths: [220], rowHeights: [220])
    return try Findings(
      settings: ["covariance": PlanarGaussian.covariance],
      numbers: [
        "mutualInformation": .number(information),
        "largestDensity": [
          "product": .optional(product.range?.upperBound),
          "joint": .optional(joint.range?.upperBound),
        ],
      ] as JSON, figure: figure,
      verdict: "the two laws differ by the mutual information, "
        + "\(information.rounded(toDigits: 4)) nats")
  }
}
