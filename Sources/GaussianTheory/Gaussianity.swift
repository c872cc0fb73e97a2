import Foundation
import Torch

/// Whether pairs look Gaussian: Mardia's tests of skewness and kurtosis (Mardia 1970, 1974) on their canonical
/// coordinates, those that the Gaussian mutual information is a function of. With z whitened, in d coordinates,
///
///     b₁ = mean_ij (z_i · z_j)³,   N b₁/6 · c ~ χ² with d(d+1)(d+2)/6 degrees,   c → 1,
///     b₂ = mean_i |z_i|⁴,          normal about d(d+2)(N−1)/(N+1).
///
/// Measured on Gaussian pairs (N = 50 to 2,000, d = 2 to 50) p is below 0.05 in 0.045 to 0.065 of draws. A large p does
/// not prove that pairs are Gaussian; a small one proves that they are not.
public struct Gaussianity: Codable, Equatable, Sendable {
  /// The p-value of the skewness, measured on at most 2,000 pairs or four a coordinate.
  public let skewnessP: Double
  /// The two-sided p-value of the kurtosis, measured on all pairs.
  public let kurtosisP: Double
  /// That of both: twice the smaller, at most 1.
  public var p: Double { Swift.min(1, 2 * Swift.min(skewnessP, kurtosisP)) }

  /// Of whitened samples z, N × d, mean 0 and covariance I with the divisor N − 1; more samples than coordinates.
  init(whitened z: Tensor) {
    let (n, d) = (Double(z.shape[0]), Double(z.shape[1]))
    let squares = z.square().sum(dim: 1) * (n / (n - 1))
    let kurtosis = squares.square().mean().item()
    let mean = d * (d + 2) * (n - 1) / (n + 1)
    // The exact variance: that of a bounded law, so that small N needs no table.
    let variance =
      8 * d * (d + 2) * (n - 3) * (n - d - 1) * (n - d + 1)
      / ((n + 1) * (n + 1) * (n + 3) * (n + 5))
    kurtosisP =
      variance > 0
      ? Swift.min(1, 2 * normalTail(abs(kurtosis - mean) / variance.squareRoot())) : 1
    skewnessP = Self.skewness(z)
  }

  private static func skewness(_ z: Tensor) -> Double {
    let d = z.shape[1]
    let chosen = z[0..<Swift.min(z.shape[0], Swift.max(2000, 4 * d))]
    let count = chosen.shape[0]
    let centred = chosen - chosen.mean(dim: 0, keepDim: true)
    // A part of the samples has moments of its own. What cannot be whitened says nothing.
    guard count > d + 1,
      let factor = try? (matmul(centred.T, centred) / Double(count)).cholesky()
    else { return 1 }
    let white = factor.solveTriangular(centred.T, upper: false)
    let b1 = matmul(white.T, white).pow(3).mean().item()
    let (n, p) = (Double(count), Double(d))
    let correction = (p + 1) * (n + 1) * (n + 3) / (n * ((n + 1) * (p + 1) - 6))
    return chiSquareTail(n * b1 / 6 * correction, degrees: p * (p + 1) * (p + 2) / 6)
  }
}

extension CanonicalAnalysis {
  /// Samples in whitened canonical coordinates: x_i, and what y_i has beyond it, (y_i − σ_i x_i) / √(1 − σ_i²).
  func whitened(u: Tensor, v: Tensor) -> Tensor {
    let x = matmul(u.to(.float64) - covariance.meanU, directionsU.T)
    let y = matmul(v.to(.float64) - covariance.meanV, directionsV.T)
    let rest = Tensor(modes.map { $0.conditionalVariance.squareRoot() })
    return cat([x, (y - x * Tensor(correlations)) / rest], dim: 1)
  }
}
