import Foundation
import Torch

/// The Gaussian-field problem of the paper (§5.2 of MATH.md; (57)), in closed form.
///
///     w(x) = Σ_{j=1}^{J} √λ_j ξ_j ψ_j(x),   ψ_j(x) = √2 cos(jπx),   λ_j = (j²π² + τ²)^{−α},
///     u = (w(x_1), …, w(x_n)) + s η,   v = (ξ_1, …, ξ_m),   ξ, η standard normal.
///
/// Its covariance is C_uu = Σ_j λ_j ψ_j(x_a) ψ_j(x_b) + s² I, C_uv = √λ_j ψ_j(x_a), C_vv = I.
///
/// ```swift
/// try GaussianField().covariance.canonicalAnalysis().correlations  // 0.967, 0.830, 0.589, 0.392, 0.266
/// ```
public struct GaussianField: Equatable, Sendable {
  /// Number J of terms of the series.
  public let termCount: Int
  /// Number n of observation points, uniformly spaced on [0, 1] with the ends included.
  public let pointCount: Int
  /// Number m of coefficients in v.
  public let coefficientCount: Int
  /// The standard deviation s of the observation noise.
  public let noise: Double
  /// τ and α of the spectrum.
  public let tau: Double, alpha: Double

  public init(
    termCount: Int = 1000, pointCount: Int = 12, coefficientCount: Int = 5, noise: Double = 0.05,
    tau: Double = 3, alpha: Double = 2
  ) {
    precondition(
      pointCount > 1 && coefficientCount > 0 && coefficientCount <= termCount,
      "GaussianField: \(pointCount) points, \(coefficientCount) of \(termCount) coefficients")
    (self.termCount, self.pointCount, self.coefficientCount) = (
      termCount, pointCount, coefficientCount
    )
    (self.noise, self.tau, self.alpha) = (noise, tau, alpha)
  }

  /// λ_1 … λ_J, float64.
  public var spectrum: Tensor {
    Tensor(
      (1...termCount).map { pow(Double($0 * $0) * .pi * .pi + tau * tau, -alpha) })
  }

  /// √λ_j ψ_j(x) for every point x (rows) and j = 1 … J (columns): w = basis · ξ.
  public func basis(at points: [Double]) -> Tensor {
    let frequencies = Tensor((1...termCount).map { Double($0) * .pi })
    let waves = (Tensor(points).unsqueezed(1) * frequencies.unsqueezed(0)).cos() * 2.0.squareRoot()
    return waves * spectrum.sqrt().unsqueezed(0)
  }

  /// The observation points x_1 … x_n.
  public var points: [Double] {
    (0..<pointCount).map { Double($0) / Double(pointCount - 1) }
  }

  /// The covariance of (u, v); its mean is zero.
  public var covariance: PairCovariance {
    let b = basis(at: points)
    return PairCovariance(
      uu: matmul(b, b.T) + Tensor.eye(pointCount, dtype: .float64) * (noise * noise),
      uv: b.narrow(dim: 1, 0..<coefficientCount).contiguous(),
      vv: .eye(coefficientCount, dtype: .float64),
      meanU: .zeros([pointCount], dtype: .float64),
      meanV: .zeros([coefficientCount], dtype: .float64))
  }
}
