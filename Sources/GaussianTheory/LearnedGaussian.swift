import Files
import Torch

/// The law ν that linear encoders G, H learn: the product of the marginals N(0, C_uu) ⊗ N(0, C_vv)
/// tilted by exp s(u, v), which is Gaussian (MATH.md §4.1, (40)–(41) and (47)–(48)).
///
/// Everything is computed as C plus a correction of rank r from r × r matrices, by Woodbury's identity:
/// C_uu is never inverted. With S_u = G C_uu Gᵀ and S_v = H C_vv Hᵀ:
///
/// | | inner product | squared distance |
/// |---|---|---|
/// | u given v, mean map | C_uu Gᵀ H | C_uu Gᵀ (I + S_u)⁻¹ H |
/// | u given v, covariance | C_uu | C_uu − C_uu Gᵀ (I + S_u)⁻¹ G C_uu |
/// | marginal of u | C_uu + C_uu Gᵀ Z S_v G C_uu | C_uu − C_uu Gᵀ Z G C_uu |
/// | cross-covariance | C_uu Gᵀ Z H C_vv | C_uu Gᵀ Z H C_vv |
/// | Z | (I − S_v S_u)⁻¹ | (I + S_u + S_v)⁻¹ |
public struct LearnedGaussian {
  /// One conditional law: the mean is linear, the covariance constant.
  public struct Conditional {
    /// M in E[u | v] = m_u + M (v − m_v); n_u × n_v for u given v.
    public let meanMap: Tensor
    /// The covariance, the same whatever is given; n_u × n_u for u given v.
    public let covariance: Tensor
    let mean: Tensor, givenMean: Tensor

    /// The conditional means (N × n) given the rows of `values`.
    public func mean(given values: Tensor) -> Tensor {
      matmul(values - givenMean, meanMap.T) + mean
    }
  }

  /// By which the product of the marginals is tilted.
  public let tilting: GaussianTilting
  let covariance: PairCovariance
  /// C_uu Gᵀ and C_vv Hᵀ.
  private let loadingsU: Tensor, loadingsV: Tensor
  /// G, H, S_u = G C_uu Gᵀ and S_v = H C_vv Hᵀ.
  private let g: Tensor, h: Tensor
  private let gramU: Tensor, gramV: Tensor

  /// ν for given encoders G (r × n_u) and H (r × n_v), not necessarily the best.
  public init(tilting: GaussianTilting, covariance: PairCovariance, g: Tensor, h: Tensor) {
    require(
      g.shape == [h.shape[0], covariance.uDimension] && h.shape[1] == covariance.vDimension,
      "LearnedGaussian: G \(g.shape), H \(h.shape) for dimensions "
        + "\(covariance.uDimension) and \(covariance.vDimension)")
    let (g, h) = (g.to(.float64), h.to(.float64))
    let (loadingsU, loadingsV) = (matmul(covariance.uu, g.T), matmul(covariance.vv, h.T))
    self.init(
      tilting: tilting, covariance: covariance, g: g, h: h, loadingsU: loadingsU,
      loadingsV: loadingsV, gramU: matmul(g, loadingsU), gramV: matmul(h, loadingsV))
  }

  init(
    tilting: GaussianTilting, covariance: PairCovariance, g: Tensor, h: Tensor, loadingsU: Tensor,
    loadingsV: Tensor, gramU: Tensor, gramV: Tensor
  ) {
    (self.tilting, self.covariance, self.g, self.h) = (tilting, covariance, g, h)
    (self.loadingsU, self.loadingsV, self.gramU, self.gramV) = (loadingsU, loadingsV, gramU, gramV)
  }

  /// ν(u | v).
  public var u: Conditional {
    let (map, spread) = conditional(covariance.uu, loadingsU, gramU, h)
    return Conditional(
      meanMap: map, covariance: spread, mean: covariance.meanU, givenMean: covariance.meanV)
  }

  /// ν(v | u).
  public var v: Conditional {
    let (map, spread) = conditional(covariance.vv, loadingsV, gramV, g)
    return Conditional(
      meanMap: map, covariance: spread, mean: covariance.meanV, givenMean: covariance.meanU)
  }

  /// The joint law ν(u, v); its blocks `uu` and `vv` are the marginal covariances.
  /// - Throws: `Failure` when the inner product's tilting cannot be normalised: S_u S_v then has an
  ///   eigenvalue of at least 1. The conditionals exist all the same.
  public func joint() throws -> PairCovariance {
    let one = Tensor.eye(gramU.shape[0], dtype: .float64)
    let z: Tensor
    let (uu, vv): (Tensor, Tensor)
    switch tilting {
    case .innerProduct:
      try requireNormalisable(gramU, gramV)
      z = try (one - matmul(gramV, gramU)).solve(one)
      uu = covariance.uu + matmul(matmul(loadingsU, matmul(z, gramV)), loadingsU.T)
      vv = covariance.vv + matmul(matmul(loadingsV, matmul(z.T, gramU)), loadingsV.T)
    case .squaredDistance:
      z = try (one + gramU + gramV).solve(one)
      uu = covariance.uu - matmul(matmul(loadingsU, z), loadingsU.T)
      vv = covariance.vv - matmul(matmul(loadingsV, z), loadingsV.T)
    }
    let uv = matmul(matmul(loadingsU, z), loadingsV.T)
    return PairCovariance(
      uu: uu, uv: uv, vv: vv, meanU: covariance.meanU, meanV: covariance.meanV)
  }

  /// The precision matrix of ν: [[C_uu⁻¹ + B, −A], [−Aᵀ, C_vv⁻¹ + D]], where B = Gᵀ G and D = Hᵀ H for
  /// the squared distance and zero for the inner product.
  /// - Throws: `Failure` when C_uu or C_vv is singular.
  public func precision() throws -> Tensor {
    var uu = try covariance.uu.solve(.eye(covariance.uDimension, dtype: .float64))
    var vv = try covariance.vv.solve(.eye(covariance.vDimension, dtype: .float64))
    if tilting == .squaredDistance {
      uu = uu + matmul(g.T, g)
      vv = vv + matmul(h.T, h)
    }
    let uv = -matmul(g.T, h)
    return cat([cat([uu, uv], dim: 1), cat([uv.T, vv], dim: 1)], dim: 0)
  }

  private func conditional(_ prior: Tensor, _ loadings: Tensor, _ gram: Tensor, _ other: Tensor)
    -> (Tensor, Tensor)
  {
    switch tilting {
    case .innerProduct: return (matmul(loadings, other), prior)
    case .squaredDistance:
      // I + S is positive definite, with eigenvalues of at least 1: the Cholesky factor exists.
      let one = Tensor.eye(gram.shape[0], dtype: .float64)
      guard let factor = try? (one + gram).cholesky() else {
        // A programmer's error: encoders of numbers have it.
        fatalError("LearnedGaussian: the encoders hold NaN or infinity")
      }
      let half = factor.solveTriangular(loadings.T, upper: false)
      let mean = matmul(half.T, factor.solveTriangular(other, upper: false))
      return (mean, prior - matmul(half.T, half))
    }
  }
}

/// Checks that exp⟨Gu, Hv⟩ is integrable over N(0, C_uu) ⊗ N(0, C_vv): every eigenvalue of S_u S_v is
/// below 1, S_u = G C_uu Gᵀ, S_v = H C_vv Hᵀ. They are those of the symmetric S_u^{1/2} S_v S_u^{1/2}.
func requireNormalisable(_ gramU: Tensor, _ gramV: Tensor) throws {
  let (values, vectors) = try gramU.eigh()
  let root = vectors * values.clamped(min: 0).sqrt().unsqueezed(0)
  let largest = try matmul(root.T, matmul(gramV, root)).eigenvalues().max().item()
  guard largest < 1 else {
    throw Failure(
      "the inner product's model has no joint law: exp⟨Gu, Hv⟩ is not integrable "
        + "(G C_uu Gᵀ H C_vv Hᵀ has the eigenvalue \(largest))",
      at: .input("encoders"), remedy: "use its conditionals, or scale the encoders down")
  }
}
