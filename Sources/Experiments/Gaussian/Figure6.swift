import CoupletCore
import Encoders
import Figures
import Files
import Foundation
import GaussianTheory
import Runs

extension Experiments {
  /// Normalised encoders: in one dimension g/|g| is a sign, the score ± 1/τ, the model not Gaussian.
  static let figure6 = Experiment(
    "figure6", .gaussian, "normalised encoders: the cosine tilting with the best temperature"
  ) { workshop in
    let data = try PlanarGaussian.data(workshop)
    let count = data.training.count
    let match = SignModel.meanSignProduct()
    let best = SignModel.bestTemperature(match)
    let trained = try SignModel.trainedTemperature(workshop, data)
    // mean of sign(uv) is (2/π) arcsin ρ, and the loss −m/τ + log cosh(1/τ) is least at tanh(1/τ) = m.
    let exact = 1 / atanh(2 / .pi * asin(PlanarGaussian.cross / PlanarGaussian.variance))
    let loss = -match / best + log(cosh(1 / best))
    let exactLoss = -(try PlanarGaussian.pair().canonicalAnalysis().mutualInformation)
    // tanh is the mean over pairs: a sign's standard deviation √(1 − m²) / √N is m's error.
    let slope = best * best / (1 - match * match)
    let error = slope * ((1 - match * match) / Double(count)).squareRoot()
    func digits(_ x: Double) -> String { String(x.rounded(toDigits: 5)) }
    return try Findings(
      settings: [
        "covariance": .array(PlanarGaussian.covariance), "dimension": 1,
        "pairs": .integer(count), "training": "Adam on log τ, all pairs as one batch",
      ] as JSON,
      numbers: [
        "temperature": [
          "minimised": .number(best), "closedForm": .number(exact), "trained": .number(trained),
          "standardErrorOfTrained": .number(error),
        ], "loss": .number(loss),
      ] as JSON, figure: SignModel.figure(best),
      verdict:
        "τ minimised numerically \(digits(best)), in closed form \(digits(exact)), trained on "
        + "\(count) pairs \(trained.rounded(toDigits: 4)) ± \(error.rounded(toDigits: 2)); "
        + "loss \(loss.rounded(toDigits: 4)), of an exact model \(exactLoss.rounded(toDigits: 4)) nats"
    )
  }
}

/// ν(u, v) ∝ exp(sign(u) sign(v) / τ) μ_u μ_v.
private enum SignModel {
  /// E sign(uv), by quadrature over the plane: twice the mass of u > 0, v > 0 is the chance of equal signs.
  static func meanSignProduct() -> Double {
    // Midpoints: the quadrant's edges cut no cell.
    let step = 0.01
    let nodes = (0..<1000).map { (Double($0) + 0.5) * step }
    let (c, b) = (PlanarGaussian.variance, PlanarGaussian.cross)
    let determinant = c * c - b * b
    var mass = 0.0
    for u in nodes {
      for v in nodes {
        mass += exp(-(c * u * u - 2 * b * u * v + c * v * v) / (2 * determinant))
      }
    }
    return 4 * mass * step * step / (2 * .pi * determinant.squareRoot()) - 1
  }

  /// The minimiser of −m/τ + log cosh(1/τ) by golden sections.
  static func bestTemperature(_ match: Double) -> Double {
    func loss(_ temperature: Double) -> Double {
      -match / temperature + log(cosh(1 / temperature))
    }
    let ratio = (5.0.squareRoot() - 1) / 2
    var (low, high) = (0.2, 20.0)
    while high - low > 1e-9 {
      let (a, b) = (high - ratio * (high - low), low + ratio * (high - low))
      if loss(a) < loss(b) { high = b } else { low = a }
    }
    return (low + high) / 2
  }

  static func trainedTemperature(_ workshop: Workshop, _ data: Dataset) throws -> Double {
    var settings = workshop.settings(.gaussian, on: data)
    for place in settings.sides.indices {
      settings.sides[place].encoder = try EncoderSettings("linear:no-bias")
    }
    (settings.dimension, settings.temperature) = (1, 1)
    (settings.learningRate, settings.schedule) = (0.05, .cosine())
    settings.batch = data.training.count
    (settings.epochs, settings.evaluateEvery) = (100, 100)
    let coupling = try settings.coupling()
    withoutGradients {
      for side in coupling.sides {
        side.encoder.parameters.tensors.forEach { $0.copy(from: .ones([1, 1])) }
      }
    }
    try workshop.train(
      coupling, on: try data.training.inMemory(), of: data, name: "planar-cosine",
      settings: settings)
    return coupling.temperature.current
  }

  static func figure(_ temperature: Double) -> Figure {
    let axis = PlanarGaussian.axis
    let c = PlanarGaussian.variance
    let truth = (mean: PlanarGaussian.cross / c, variance: c - PlanarGaussian.cross / c)
    func ratio(_ product: Double) -> Double {
      exp((product < 0 ? -1 : 1) / temperature) / cosh(1 / temperature)
    }
    // The density jumps at 0: both sides are drawn.
    let x = axis.filter { $0 < -1e-9 } + [-1e-9, 1e-9] + axis.filter { $0 > 1e-9 }
    func panel(_ title: Text, _ variable: Text) -> Panel {
      Panel(
        title: title, x: Axis(variable), y: Axis("density"),
        [
          .line(
            x: x,
            y: x.map { PlanarGaussian.density($0, mean: truth.mean, variance: truth.variance) },
            label: "truth", color: .black),
          .line(
            x: x, y: x.map { PlanarGaussian.density($0, variance: c) * ratio($0) }, label: "model",
            color: .vermilion, width: 2, dash: .dashed),
        ])
    }
    // Between nodes, so that no node lies on the jump.
    let fine = (0..<320).map { -4 + 0.025 * (Double($0) + 0.5) }
    let joint = ScalarField(x: fine, y: fine) { u, v in
      PlanarGaussian.density(u, variance: c) * PlanarGaussian.density(v, variance: c)
        * ratio(u * v)
    }
    return Figure(
      title: "Normalised encoders, two-sided loss",
      rows: [
        [
          panel("u | v = 1", "u"), panel("v | u = 1", "v"),
          PlanarGaussian.contourPanel("joint density", joint, first: true, last: true),
        ]
      ], columnWidths: [200], rowHeights: [200],
      note:
        "An embedding of one dimension is a sign: the model tells u > 0 from u < 0 and nothing else."
    )
  }
}
