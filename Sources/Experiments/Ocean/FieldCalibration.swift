import CoupletCore
import SampleReaders
import Simulators

/// The law of a potential at some points and t = 0 given a path, by a gallery of potentials weighted with the learned
/// conditional (eq. 28), and how it does on paths whose potentials are known and are not in the gallery.
struct FieldCalibration {
  /// Where the true value falls in its weighted law, Q × points; uniform when calibrated.
  let ranks: Tensor
  /// (truth − mean) / deviation, Q × points.
  let errors: Tensor
  /// E (truth − mean)² over E (truth)²: 0 is perfect, 1 no better than the prior's mean.
  let unexplained: Double
  let effectiveSampleSizes: [Double]

  /// - Parameters:
  ///   - points: m × 2.
  ///   - gallery: coefficients, n × 98.
  init(
    _ trained: TrainedOcean, on pairs: PairedData, gallery: Tensor, points: Tensor
  ) throws {
    let fields = trained.run.ocean.potential(of: gallery, at: points, time: 0)
    let truths = trained.run.ocean.potential(of: try pairs.u, at: points, time: 0)
    let candidates = trained.coupling.embed(.u, gallery).to(.float64)
    var (ranks, errors, sizes): ([Tensor], [Tensor], [Double]) = ([], [], [])
    var residual = 0.0
    for start in stride(from: 0, to: pairs.count, by: 128) {
      let rows = start..<min(start + 128, pairs.count)
      let weights = try withoutGradients {
        trained.coupling.factors(
          candidates, trained.coupling.embed(.v, try pairs[.v].rows(rows)).to(.float64)
        ).transposed.matrix.softmax(dim: 1)
      }
      let truth = truths[rows]
      let mean = matmul(weights, fields)
      let spread = (matmul(weights, fields.square()) - mean.square()).clamped(min: 0).sqrt()
      residual += (truth - mean).square().sum().item()
      errors.append((truth - mean) / spread)
      sizes += (1 / weights.square().sum(dim: 1)).array(Double.self)
      ranks.append(
        stack(
          (0..<points.shape[0]).map { point in
            let below = fields.select(dim: 1, point).unsqueezed(0)
              .less(than: truth.select(dim: 1, point).unsqueezed(1))
            return (weights * below.to(.float64)).sum(dim: 1)
          }, dim: 1))
    }
    self.ranks = cat(ranks)
    self.errors = cat(errors)
    unexplained = residual / truths.square().sum().item()
    effectiveSampleSizes = sizes.sorted()
  }

  /// How often the central interval of mass `level` holds the truth, over all points.
  func coverage(_ level: Double) -> Double {
    let within = (ranks - 0.5).abs().less(than: level / 2)
    return within.to(.float64).mean().item()
  }

  var medianEffectiveSampleSize: Double { effectiveSampleSizes[effectiveSampleSizes.count / 2] }

  /// The root mean square of the standardised errors, 1 when the deviations are right.
  var errorScale: Double { errors.square().mean().sqrt().item() }
}
