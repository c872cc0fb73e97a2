import CoupletCore
import Files
import Simulators

/// A product of a wave of the place and a coefficient of the flow, by their numbers.
struct MotionProduct: Hashable, Comparable {
  let wave, coefficient: Int

  static func < (left: MotionProduct, right: MotionProduct) -> Bool {
    (left.wave, left.coefficient) < (right.wave, right.coefficient)
  }

  /// Whether the wave number is the coefficient's, up to sign, for the coefficients that vary.
  var isOfOneMode: Bool {
    let (a, b) = Ocean.wavenumbers[Ocean.varying[coefficient] % Ocean.modes]
    return Stretch.wavenumbers[wave] == ((a, b) > (0, 0) ? (a, b) : (-a, -b))
  }

  /// 48 × (2 · coefficients): the weights ((2 · products) × 2) of a fit where they belong, zeros elsewhere.
  static func map(_ products: [MotionProduct], _ weights: Tensor, coefficients: Int) -> Tensor {
    let waves = Stretch.wavenumbers.count
    let weights = weights.array(Double.self)
    var map = [Double](repeating: 0, count: 2 * waves * 2 * coefficients)
    for (index, product) in products.enumerated() {
      for (row, wave) in [(index, product.wave), (products.count + index, waves + product.wave)] {
        for axis in 0..<2 {
          map[(2 * wave + axis) * coefficients + product.coefficient] = weights[2 * row + axis]
        }
      }
    }
    return Tensor(map, shape: [2 * waves, 2 * coefficients])
  }
}

/// Which products of a wave and a coefficient move drifters: regression, forward and backward, on long stretches of the
/// second half of the time, when paths have spread.
///
/// Forward, the 48 products that have most in common with what is not explained yet; backward, all together, those stay whose
/// weights are significant by Wald's test over all stretches; and again, until none is added. Many at once would do, each a
/// little, what the few that are missing do.
struct MotionProducts {
  private let coefficients: Tensor
  private let stretches: [Stretch]

  /// - Parameters:
  ///   - coefficients: z, n × m.
  ///   - paths: n × J × 2.
  ///   - points: the recorded points that a stretch is long.
  init(_ coefficients: Tensor, along paths: Tensor, points: Int = 50) {
    self.coefficients = coefficients.to(.float32)
    let count = Stretch.count(in: paths, points: points)
    stretches = (count / 2..<count).map { Stretch(paths, $0, points: points) }
  }

  /// - Parameter report: how many products were kept after each round.
  /// - Throws: `Failure` when a path or a coefficient is not finite, or no product is significant.
  func found(_ report: (Int) throws -> Void = { _ in }) throws -> [MotionProduct] {
    var (found, residuals) = (Set<MotionProduct>(), stretches.map(\.displacements))
    for _ in 0..<20 {
      let new = try associated(with: residuals).filter { !found.contains($0.product) }
        .sorted { $0.score > $1.score }.prefix(48).map(\.product)
      var kept = found.union(new)
      while true {
        let (significant, rest) = try significant(kept.sorted())
        residuals = rest
        if significant == kept { break }
        kept = significant
      }
      try report(kept.count)
      if kept == found { break }
      found = kept
    }
    guard !found.isEmpty else {
      throw Failure(
        "no product of a wave and a coefficient is significant for \(coefficients.shape[0]) paths",
        remedy: "give more pairs")
    }
    return found.sorted()
  }

  /// What each product alone has in common with the residuals (n × 2 of every stretch), in standard deviations from chance.
  private func associated(with residuals: [Tensor]) throws -> [(
    product: MotionProduct, score: Double
  )] {
    let (count, waves) = (coefficients.shape[1], Stretch.wavenumbers.count)
    var total = Tensor.zeros([waves, count], dtype: .float64)
    for (stretch, residuals) in zip(stretches, residuals) {
      let design = stretch.waves.to(.float32)
      for axis in 0..<2 {
        let residual = residuals.narrow(dim: 1, axis..<axis + 1)
        let targets = residual.to(.float32) * coefficients
        // Waves that hardly differ along the paths would take each other's part.
        let fit = try MotionFit(design, targets) { try 1e-3 * $0.eigenvalues().max().item() }
        total = total + wald(fit.weights, fit.inverse, variance: residual.square().mean().item())
      }
    }
    let scores = standardised(total).array(Double.self)
    return scores.enumerated().map {
      (MotionProduct(wave: $0.offset / count, coefficient: $0.offset % count), $0.element)
    }
  }

  /// The products of some that are significant beside the others, and what all leave unexplained.
  private func significant(_ products: [MotionProduct]) throws -> (
    Set<MotionProduct>, residuals: [Tensor]
  ) {
    var total = Tensor.zeros([products.count], dtype: .float64)
    var energy = Tensor.zeros([products.count], dtype: .float64)
    var residuals: [Tensor] = []
    for stretch in stretches {
      let fit = try MotionFit(stretch.design(products, coefficients), stretch.displacements) {
        1e-5 * $0.diagonal().mean().item()
      }
      for axis in 0..<2 {
        let weights = fit.weights.narrow(dim: 1, axis..<axis + 1)
        let variance = fit.residuals.select(dim: 1, axis).square().mean().item()
        total = total + wald(weights, fit.inverse, variance: variance).squeezed(1)
      }
      energy =
        energy + fit.weights.square().reshaped([2, products.count, 2]).sum(dim: 2).sum(dim: 0)
      residuals.append(fit.residuals)
    }
    // Where paths have no noise, errors of the quadrature make small weights significant.
    let negligible = 1e-3 * energy.sorted().values[products.count / 2].item()
    let kept = zip(standardised(total).array(Double.self), energy.array(Double.self))
    return (
      Set(zip(products, kept).filter { $1.0 > 5 && $1.1 > negligible }.map(\.0)), residuals
    )
  }

  /// Wald's statistic of pairs of weights, those of cos (the upper half, p × k) and of sin (the lower): p × k, χ² with two
  /// degrees of freedom where both are zero.
  private func wald(_ weights: Tensor, _ inverse: Tensor, variance: Double) -> Tensor {
    let half = weights.shape[0] / 2
    let (upper, lower) = (0..<half, half..<2 * half)
    func covariance(_ rows: Range<Int>, _ columns: Range<Int>) -> Tensor {
      inverse[rows].narrow(dim: 1, columns).contiguous().diagonal().unsqueezed(1)
    }
    let (a, b, c) = (covariance(upper, upper), covariance(lower, lower), covariance(upper, lower))
    let (x, y) = (weights[upper], weights[lower])
    let form = (b * x.square() - 2 * (c * x * y) + a * y.square()) / (a * b - c.square())
    return form * (Double(coefficients.shape[0]) / variance)
  }

  /// Sums of `wald` over axes and stretches, in deviations from their mean under chance.
  private func standardised(_ sums: Tensor) -> Tensor {
    let freedom = Double(4 * stretches.count)
    return (sums - freedom) / (2 * freedom).squareRoot()
  }
}
