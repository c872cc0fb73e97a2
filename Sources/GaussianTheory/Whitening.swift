import Torch

/// A whitening of one block: C = F Fᵀ with F = L (I + N), L a Cholesky factor in double precision and
/// N the small lower triangular correction that makes the factorisation exact to about twice that.
///
/// Any factor F serves canonical analysis in place of the symmetric square root: F = C^{1/2} O with O
/// orthogonal, so that F_u⁻¹ C_uv F_v⁻ᵀ = O_uᵀ K O_v has the singular values of K, and its singular
/// vectors give the same directions Pᵀ C_uu^{−1/2} = (O_uᵀ P)ᵀ F_u⁻¹. The Cholesky factor is the
/// cheapest and the most accurate: n³/3 operations against about 9n³ for the eigenvectors behind a
/// square root, and graded rows keep their relative accuracy.
struct Whitening {
  private let factor: Tensor
  private let correction: Tensor?

  /// - Parameter refined: whether to compute N; else it counts as zero.
  init(_ covariance: Tensor, refined: Bool) throws {
    factor = try covariance.cholesky()
    correction = refined ? Self.correction(covariance, factor) : nil
  }

  /// F⁻¹ B for columns B (k × m).
  func whitened(_ columns: Tensor) -> Tensor {
    let first = factor.solveTriangular(columns, upper: false)
    return onePlusCorrection.map { $0.solveTriangular(first, upper: false) } ?? first
  }

  /// X F⁻¹ for functionals X of whitened coordinates (rows, m × k).
  func functionals(_ rows: Tensor) -> Tensor {
    let first = onePlusCorrection.map { $0.solveTriangular(rows, upper: false, onLeft: false) }
    return factor.solveTriangular(first ?? rows, upper: false, onLeft: false)
  }

  /// X F: functionals of the block's coordinates (rows, m × k) as functionals of whitened ones.
  func overWhitened(_ rows: Tensor) -> Tensor {
    let first = matmul(rows, factor)
    return onePlusCorrection.map { matmul(first, $0) } ?? first
  }

  /// F X for vectors X in whitened coordinates (columns, k × m).
  func unwhitened(_ vectors: Tensor) -> Tensor {
    matmul(factor, onePlusCorrection.map { matmul($0, vectors) } ?? vectors)
  }

  /// K = F_u⁻¹ C_uv F_v⁻ᵀ as high + low; low is zero without refinement.
  ///
  /// Refinement: L_u Y = C_uv and X L_vᵀ = Y are solved in double precision and corrected by their
  /// residuals in extended precision, twice; then the corrections N enter through
  /// K = (I + N_u)⁻¹ X (I + N_v)⁻ᵀ = X + (terms that are small, so double precision is enough).
  static func correlation(_ cross: Tensor, _ u: Whitening, _ v: Whitening) -> (
    high: Tensor, low: Tensor
  ) {
    guard let nu = u.correction, let nv = v.correction else {
      let k = v.whitened(u.whitened(cross).T).T.contiguous()
      return (k, k.zerosLike())
    }
    let zero = cross.zerosLike()
    let y = refinedSolve(u.factor, cross, zero)
    let transposed = refinedSolve(v.factor, y.high.T.contiguous(), y.low.T.contiguous())
    let (x, xLow) = (transposed.high.T.contiguous(), transposed.low.T)
    let left = -(u.onePlusCorrectionSolve(matmul(nu, x)))
    let right = -(v.onePlusCorrectionSolve(matmul(nv, (x + left).T)).T)
    return exactSum(x, xLow + left + right)
  }

  private var onePlusCorrection: Tensor? {
    correction.map { $0 + Tensor.eye($0.shape[0], dtype: .float64) }
  }

  private func onePlusCorrectionSolve(_ columns: Tensor) -> Tensor {
    onePlusCorrection.map { $0.solveTriangular(columns, upper: false) } ?? columns
  }

  /// X with L X = B, as high + low, for B = high + low.
  private static func refinedSolve(_ factor: Tensor, _ high: Tensor, _ low: Tensor) -> (
    high: Tensor, low: Tensor
  ) {
    var x = factor.solveTriangular(high, upper: false)
    var xLow = x.zerosLike()
    for _ in 0..<2 {
      let residual = extendedResidual(high, factor, x) + low - matmul(factor, xLow)
      (x, xLow) = exactSum(x, xLow + factor.solveTriangular(residual, upper: false))
    }
    return (x, xLow)
  }

  /// N with (I + N)(I + N)ᵀ = I + E, E = L⁻¹ (C − L Lᵀ) L⁻ᵀ, by the fixed point N ← Φ(E − N Nᵀ),
  /// where Φ takes the lower triangle and half the diagonal. E is about (condition number) × 1e-16,
  /// and each step gains that factor: six steps end below rounding even when it is 1e-3.
  private static func correction(_ covariance: Tensor, _ factor: Tensor) -> Tensor {
    let defect = extendedResidual(covariance, factor, factor.T.contiguous())
    let half = factor.solveTriangular(defect, upper: false)
    let e = factor.solveTriangular(half.T.contiguous(), upper: false)
    var n = e.zerosLike()
    for _ in 0..<6 {
      let rest = e - matmul(n, n.T)
      n = rest.lowerTriangle() - (rest.diagonal() * 0.5).diagonalMatrix()
    }
    return n
  }
}
