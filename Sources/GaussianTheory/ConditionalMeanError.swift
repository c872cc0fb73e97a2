import Torch

extension LearnedGaussian {
  /// E |E_ν[u | v] − E_μ[u | v]|² over v ~ μ_v, and the same for v given u: how far the learned
  /// conditional means are from the true ones (the mean squared error of Figures 8–10).
  ///
  /// With M the learned and M* = C_uv C_vv⁻¹ the true mean map it is tr[(M − M*) C_vv (M − M*)ᵀ].
  /// - Throws: `Failure` when C_uu or C_vv is singular.
  public func meanSquaredErrors() throws -> (u: Double, v: Double) {
    func error(_ map: Tensor, _ cross: Tensor, _ given: Tensor) throws -> Double {
      // C = L Lᵀ: the error is |M L − C_uv L⁻ᵀ|².
      let factor = try given.cholesky()
      let exact = factor.solveTriangular(cross.T, upper: false).T
      return (matmul(map, factor) - exact).square().sum().item()
    }
    return (
      try error(u.meanMap, covariance.uv, covariance.vv),
      try error(v.meanMap, covariance.uv.T, covariance.uu)
    )
  }
}
