import CoupletCore
import Figures
import Files
import Foundation
import GaussianTheory

extension Experiments {
  /// 400 samples, mean and 95 % band of w | v, u | v and v | u for one realisation: the exact conditionals.
  static let figure7 = Experiment(
    "figure7", .gaussian, "the Gaussian field: samples, means and bands of its conditionals"
  ) { workshop in
    let study = try FieldStudy(workshop)
    let field = study.field
    let grid = (0...200).map { Double($0) / 200 }
    let (pairs, whole) = try field.simulate(1, fieldAt: grid, key: workshop.key(5))
    let u = try pairs.u.to(.float64)
    let v = try pairs.v.to(.float64)
    let count = 400
    // w | v: the observed modes are known, the others as they were.
    let basis = field.basis(at: grid)
    let known = matmul(v, basis[0..<field.observed])[0].array(Double.self)
    let rest = basis[field.observed..<field.modes]
    let z = Tensor.normal(
      [count, field.modes - field.observed], key: workshop.key(6), dtype: .float64)
    let wSpread = rest.square().sum(dim: 0).sqrt().array(Double.self)
    let w = FieldPanel(
      title: "w | v", x: grid, label: "w(x)", mean: known, deviation: wSpread,
      samples: FieldPanel.rows(matmul(z, rest) + matmul(v, basis[0..<field.observed])),
      truth: whole[0].to(.float64).array(Double.self))
    func conditional(_ modality: Modality, _ given: Tensor, _ key: Key) throws -> (
      mean: [Double], deviation: [Double], samples: [[Double]]
    ) {
      let (map, covariance) = try field.conditional(modality)
      let mean = matmul(given, map)
      let draws = Tensor.normal([count, covariance.shape[0]], key: key, dtype: .float64)
      let samples = matmul(draws, try covariance.cholesky().T) + mean
      return (
        mean[0].array(Double.self), covariance.diagonal().sqrt().array(Double.self),
        FieldPanel.rows(samples)
      )
    }
    let cu = try conditional(.u, v, workshop.key(7))
    let cv = try conditional(.v, u, workshop.key(8))
    let modes = (1...field.observed).map(Double.init)
    let panels = [
      w,
      FieldPanel(
        title: "u | v", x: field.positions, label: "u", mean: cu.mean, deviation: cu.deviation,
        samples: cu.samples, truth: u[0].array(Double.self)),
      FieldPanel(
        title: "v | u", x: modes, label: "v", mean: cv.mean, deviation: cv.deviation,
        samples: cv.samples, truth: v[0].array(Double.self)),
    ]
    let covered = panels.map(\.covered)
    return try Findings(
      settings: JSON.object(study.settings + [.init("samples", .integer(count))]),
      numbers: ["partOfTheTruthWithinTheBands": Named(Array(zip(["w", "u", "v"], covered)))],
      figure: Figure(
        rows: [panels.map(\.panel)], columnWidths: [210], rowHeights: [190],
        note: "\(count) samples of the exact conditionals for one realisation, their mean and the "
          + "band of 95 %."),
      verdict: "the 95 % bands hold "
        + zip(["w", "u", "v"], covered).map { "\(Int(($1 * 100).rounded())) % of \($0)" }
        .joined(separator: ", "))
  }
}

/// Samples, mean and band of one conditional, with the truth.
private struct FieldPanel {
  let title: Text
  let x: [Double]
  let label: Text
  let mean: [Double], deviation: [Double]
  let samples: [[Double]]
  let truth: [Double]

  static func rows(_ matrix: Tensor) -> [[Double]] {
    (0..<matrix.shape[0]).map { matrix[$0].array(Double.self) }
  }

  private var lower: [Double] { zip(mean, deviation).map { $0 - 1.96 * $1 } }
  private var upper: [Double] { zip(mean, deviation).map { $0 + 1.96 * $1 } }

  /// The part of the truth that lies within the band.
  var covered: Double {
    let inside = truth.indices.count { truth[$0] >= lower[$0] && truth[$0] <= upper[$0] }
    return Double(inside) / Double(truth.count)
  }

  var panel: Panel {
    let isCurve = x.count > 100
    return Panel(
      title: title, x: isCurve || x[0] == 0 ? Axis("x") : Axis("j", ticks: .at(x)), y: Axis(label),
      legend: .below,
      [
        .lines(x: x, curves: samples, color: .gray, width: 0.4, opacity: 0.12),
        .band(x: x, lower: lower, upper: upper, label: "95 % band", color: .blue),
        .line(x: x, y: mean, label: "mean", color: .blue, width: 2),
        isCurve
          ? .line(x: x, y: truth, label: "truth", color: .black, width: 1.2, dash: .dashed)
          : .points(x: x, y: truth, label: "truth", color: .black),
      ])
  }
}
