import CoupletCore
import Simulators

/// How flows move drifters, found in pairs alone by sparse regression (sparse identification of nonlinear dynamics: Brunton,
/// Proctor and Kutz 2016), and what a path then says of its flow.
///
/// A path is cut into stretches of equal time. In stretch j a drifter is taken to move by
///
///     Δ_j = Σ_(κ, i) (a_jκi ⟨cos 2πκ·x⟩_j + b_jκi ⟨sin 2πκ·x⟩_j) z_i + e_j,
///
/// with ⟨·⟩_j the mean along the path, z the coefficients in units of their deviations, and the sum over few of the
/// 24 · 96 products of a wave and a coefficient, those that `MotionProducts` finds. The vectors a and b are the least squares
/// of every stretch, and the errors have one covariance between stretches. So the law of z given a path is Gaussian.
///
/// Neither the frequencies of the flow are known to it, nor which coefficient belongs to which wave, nor how a
/// streamfunction moves a drifter, nor the starting point. That displacements are linear in the coefficients and periodic in
/// the place, with waves up to the flow's, is.
struct MotionLaw {
  /// The products of which the law consists.
  let products: [MotionProduct]
  /// The mean square of e over that of Δ, on the pairs that were learned from.
  let unexplained: Double
  private let points: Int
  /// Stretches × 48 × (2 · coefficients): displacements are the mean waves times it times the coefficients.
  private let maps: Tensor
  /// L⁻¹ for the errors' covariance L Lᵀ between stretches.
  private let whitening: Tensor

  /// z of flows (n × 98): the coefficients that vary in units of their deviations, n × 96.
  static func coefficients(of flows: Tensor) -> Tensor {
    let varying = flows.indexSelect(dim: 1, Tensor(Ocean.varying)).to(.float64)
    return varying / varying.square().mean(dim: 0).sqrt()
  }

  /// - Parameters:
  ///   - products: those that `MotionProducts` found.
  ///   - coefficients: z, n × m.
  ///   - paths: n × J × 2.
  ///   - points: the recorded points that a stretch is long.
  ///   - progress: is told how many stretches of how many are done.
  /// - Throws: `Failure` when a regression is singular, and what `progress` throws.
  init(
    _ products: [MotionProduct], of coefficients: Tensor, along paths: Tensor, points: Int,
    progress: (Int, Int) throws -> Void = { _, _ in }
  ) throws {
    (self.points, self.products) = (points, products)
    let z = coefficients.to(.float64)
    var (maps, errors): ([Tensor], [Tensor]) = ([], [])
    var (error, size) = (0.0, 0.0)
    let count = Stretch.count(in: paths, points: points)
    for index in 0..<count {
      let stretch = Stretch(paths, index, points: points)
      let design = stretch.design(products, z)
      let fit = try MotionFit(design, stretch.displacements) {
        1e-10 * $0.diagonal().mean().item()
      }
      maps.append(MotionProduct.map(products, fit.weights, coefficients: z.shape[1]))
      errors.append(fit.residuals)
      error += fit.residuals.square().sum().item()
      size += stretch.displacements.square().sum().item()
      try progress(index + 1, count)
    }
    unexplained = error / size
    self.maps = stack(maps)
    // Stretches × (2 n).
    let residuals = stack(errors).reshaped([count, -1])
    let covariance = matmul(residuals, residuals.T) / Double(residuals.shape[1])
    // Errors that are almost dependent would be subtracted from each other as if that were exact for every path.
    let independent = (covariance.diagonal() * 0.05).diagonalMatrix()
    whitening = try (covariance + independent).cholesky().solveTriangular(
      .eye(count, dtype: .float64), upper: false)
  }

  /// E[z | path] with the prior N(0, I), of the coefficients that the law names, in their order: n × as many, in double precision.
  /// - Throws: `Failure` when a path holds a value that is not finite.
  func coefficients(given paths: Tensor, progress: (Int) throws -> Void = { _ in }) throws -> Tensor
  {
    let (stretches, size) = (maps.shape[0], maps.shape[2] / 2)
    let named = Tensor(Set(products.map(\.coefficient)).sorted())
    return cat(
      try stride(from: 0, to: paths.shape[0], by: 256).map { start in
        let rows = paths[start..<min(start + 256, paths.shape[0])]
        let parts = (0..<stretches).map { Stretch(rows, $0, points: points) }
        // What coefficients and displacements are worth in independent errors of deviation 1: n × m × (2 · stretches).
        func whitened(_ values: Tensor) -> Tensor {
          matmul(whitening, values.reshaped([stretches, -1]))
            .reshaped([stretches, rows.shape[0], 2, -1]).permuted([1, 3, 0, 2])
            .reshaped([rows.shape[0], -1, 2 * stretches])
        }
        let design = whitened(matmul(stack(parts.map(\.waves)), maps))
        let seen = whitened(stack(parts.map(\.displacements)))
        let lower = try (matmul(design, design.T) + .eye(size, dtype: .float64)).cholesky()
        let half = lower.solveTriangular(matmul(design, seen.T), upper: false)
        try progress(start + rows.shape[0])
        return lower.T.solveTriangular(half, upper: true).squeezed(2).indexSelect(dim: 1, named)
      })
  }
}

/// A stretch of every path.
struct Stretch {
  /// The means along the path of cos 2πκ·x, then of sin 2πκ·x, by the trapezoidal rule: n × 48, float64.
  let waves: Tensor
  /// n × 2, float64.
  let displacements: Tensor

  /// κ up to sign, but for 0.
  static let wavenumbers = Ocean.wavenumbers.filter { $0 > (0, 0) }

  static func count(in paths: Tensor, points: Int) -> Int { (paths.shape[1] - 1) / points }

  init(_ paths: Tensor, _ index: Int, points: Int) {
    let part = paths.narrow(dim: 1, index * points..<(index + 1) * points + 1)
    let wavenumbers = Tensor(
      Self.wavenumbers.flatMap { [2 * .pi * Double($0.0), 2 * .pi * Double($0.1)] },
      shape: [Self.wavenumbers.count, 2]
    ).to(part.dtype)
    let half = 0.5 / Double(points)
    let rule = Tensor([half] + Array(repeating: 2 * half, count: points - 1) + [half]).unsqueezed(0)
      .to(part.dtype)
    // In blocks, which stay in the cache.
    let means = stride(from: 0, to: part.shape[0], by: 256).map { start in
      let phases = matmul(part[start..<min(start + 256, part.shape[0])], wavenumbers.T)
      return cat([matmul(rule, phases.cos()), matmul(rule, phases.sin())], dim: 2).squeezed(1)
    }
    waves = cat(means).to(.float64)
    displacements = (part.select(dim: 1, points) - part.select(dim: 1, 0)).to(.float64)
  }

  /// What the vectors a and b of products are multiplied by: n × (2 · products), in the precision of the coefficients (n × m).
  func design(_ products: [MotionProduct], _ coefficients: Tensor) -> Tensor {
    let number = coefficients.indexSelect(dim: 1, Tensor(products.map(\.coefficient)))
    let waves = waves.to(coefficients.dtype)
    func part(_ first: Int) -> Tensor {
      waves.indexSelect(dim: 1, Tensor(products.map { first + $0.wave })) * number
    }
    return cat([part(0), part(Self.wavenumbers.count)], dim: 1)
  }
}

/// Least squares of displacements (n × k) by a design (n × p).
struct MotionFit {
  /// p × k, float64.
  let weights: Tensor
  /// n × k, float64.
  let residuals: Tensor
  /// The inverse of the design's mean squares, p × p: the weights' covariance is this times the errors' variance over n.
  let inverse: Tensor

  /// - Parameter ridge: what is added to the diagonal of the mean squares, given them.
  /// - Throws: `Failure` when the mean squares are not finite.
  init(_ design: Tensor, _ displacements: Tensor, ridge: (Tensor) throws -> Double) throws {
    let count = Double(design.shape[0])
    let squares = matmul(design.T, design).to(.float64) / count
    let identity = Tensor.eye(squares.shape[0], dtype: .float64)
    inverse = try (squares + identity * ridge(squares)).solve(identity)
    let shared = matmul(design.T, displacements.to(design.dtype)).to(.float64) / count
    weights = matmul(inverse, shared)
    residuals = displacements - matmul(design, weights.to(design.dtype)).to(.float64)
  }
}
