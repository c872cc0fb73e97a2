import CoupletCore
import Files
import Foundation
import SampleReaders
import Simulators

/// The laws of the potential at some points and t = 0, given paths: Q paths × m points each.
struct FieldLaws {
  let mean, deviation: Tensor
  /// P(field < true value).
  let below: Tensor

  init(mean: Tensor, deviation: Tensor, below: Tensor) {
    (self.mean, self.deviation, self.below) = (mean, deviation, below)
  }

  /// Of draws with equal weights, Q × draws × m.
  init(draws: Tensor, truth: Tensor) {
    mean = draws.mean(dim: 1)
    deviation = draws.variance(dim: 1).sqrt()
    below = draws.less(than: truth.unsqueezed(1)).to(.float64).mean(dim: 1)
  }

  /// Gaussian ones: coefficients with these means, Q × n, and covariances F Fᵀ, Q × n × n, between the functions
  /// `basis`, n × m.
  init(mean coefficients: Tensor, factor: Tensor, basis: Tensor, truth: Tensor) {
    mean = matmul(coefficients, basis)
    // basisᵀ F of every path: m × n.
    deviation = matmul(basis.T, factor).square().sum(dim: 2).sqrt()
    below = (((truth - mean) / deviation / 2.0.squareRoot()).erf() + 1) * 0.5
  }
}

/// How such laws do on paths whose potentials are known.
struct FieldCalibration {
  /// Where the true value falls in its law, Q × points; uniform when calibrated.
  let ranks: Tensor
  /// (truth − mean) / deviation, Q × points.
  let errors: Tensor
  /// E (truth − mean)² over E (truth)²: 0 is perfect, 1 no better than the prior's mean.
  let unexplained: Double

  /// - Parameters:
  ///   - truths: Q × points.
  ///   - laws: of some of the paths after the other.
  init(truths: Tensor, _ laws: [FieldLaws]) {
    let mean = cat(laws.map(\.mean))
    ranks = cat(laws.map(\.below))
    errors = (truths - mean) / cat(laws.map(\.deviation))
    unexplained = (truths - mean).square().sum().item() / truths.square().sum().item()
  }

  /// How often the central interval of mass `level` holds the truth, over all points.
  func coverage(_ level: Double) -> Double {
    let within = (ranks - 0.5).abs().less(than: level / 2)
    return within.to(.float64).mean().item()
  }

  /// What a coverage is at the masses that findings state.
  static func coverages(_ value: (Double) -> Double) -> Named<Double> {
    Named([0.5, 0.8, 0.9, 0.95].map { ("\($0)", value($0).rounded(toDigits: 4)) })
  }

  /// The root mean square of the standardised errors, 1 when the deviations are right.
  var errorScale: Double { errors.square().mean().sqrt().item() }
}

/// The laws of the potential by a gallery of potentials weighted with the learned conditional (eq. 28), on paths whose
/// potentials are not in the gallery.
struct GalleryFields {
  let calibration: FieldCalibration
  let medianEffectiveSampleSize: Double

  /// - Parameters:
  ///   - points: m × 2.
  ///   - gallery: coefficients, n × 98.
  init(_ trained: TrainedOcean, on pairs: PairedData, gallery: Tensor, points: Tensor) throws {
    let fields = trained.run.ocean.potential(of: gallery, at: points, time: 0)
    let truths = trained.run.ocean.potential(of: try pairs.u, at: points, time: 0)
    let candidates = trained.coupling.embed(.u, gallery).to(.float64)
    var (laws, sizes): ([FieldLaws], [Double]) = ([], [])
    for start in stride(from: 0, to: pairs.count, by: 128) {
      let rows = start..<min(start + 128, pairs.count)
      let weights = try withoutGradients {
        trained.coupling.factors(
          candidates, trained.coupling.embed(.v, try pairs[.v].rows(rows)).to(.float64)
        ).transposed.matrix.softmax(dim: 1)
      }
      let truth = truths[rows]
      let mean = matmul(weights, fields)
      sizes += (1 / weights.square().sum(dim: 1)).array(Double.self)
      laws.append(
        FieldLaws(
          mean: mean,
          deviation: (matmul(weights, fields.square()) - mean.square()).clamped(min: 0).sqrt(),
          below: stack(
            (0..<points.shape[0]).map { point in
              let below = fields.select(dim: 1, point).unsqueezed(0)
                .less(than: truth.select(dim: 1, point).unsqueezed(1))
              return (weights * below.to(.float64)).sum(dim: 1)
            }, dim: 1)))
    }
    calibration = FieldCalibration(truths: truths, laws)
    medianEffectiveSampleSize = sizes.sorted()[sizes.count / 2]
  }
}
