import Foundation
import Torch

/// Whether v is a linear function of u with Gaussian noise that does not depend on u,
///
///     v = a + B u + r,   r ~ N(0, C):
///
/// then the log density ratio of pairs is −½ |C^{−1/2}(v − a − B u)|² up to a function of v, whatever the law of u, and the
/// Gaussian closed form of the squared distance (MATH §4.2) is the maximum-likelihood estimate of it.
///
/// Two tests of the least-squares residuals, whitened: Mardia's tests of their normality, and correlations of each residual and
/// of its square with the squares and products of the coordinates of u (with the coordinates themselves residuals have none),
/// the largest against a normal law, times their number (Bonferroni). A large p proves nothing; a small one proves that v is not
/// of this kind.
///
/// ```swift
/// GaussianRegression(of: v, on: u)?.p   // 0.4 for v = u + noise, 1e-12 for v = u² + noise
/// ```
public struct GaussianRegression: Codable, Equatable, Sendable {
  /// Mardia's tests of the residuals.
  public let gaussianity: Gaussianity
  /// The p-value of the residuals' correlations with functions of u.
  public let independenceP: Double
  /// That of both: twice the smaller, at most 1.
  public var p: Double { min(1, 2 * min(gaussianity.p, independenceP)) }

  /// At most so many squares and products are looked at.
  private static let mostFeatures = 500

  /// - Parameters:
  ///   - v: N × m.
  ///   - u: N × n.
  /// - Returns: nil where there are fewer than 10 (n + m) pairs, or coordinates depend on one another.
  public init?(of v: Tensor, on u: Tensor) {
    let (count, n, m) = (u.shape[0], u.shape[1], v.shape[1])
    guard count >= 10 * (n + m), n >= 1, m >= 1 else { return nil }
    guard let x = u.to(.float64).whitenedSamples(divisor: Double(count - 1)) else { return nil }
    let y = Self.standardised(v.to(.float64))
    let slope = matmul(x.T, y) / Double(count - 1)
    let residuals = y - matmul(x, slope)
    // What is left of a function of u is rounding.
    guard residuals.square().mean(dim: 0).min().item() > 1e-12,
      let rest = residuals.whitenedSamples(divisor: Double(count - 1))
    else { return nil }
    gaussianity = Gaussianity(whitened: rest)
    let features = Self.standardised(Self.squaresAndProducts(x))
    let seen = cat([rest, Self.standardised(rest.square() - 1)], dim: 1)
    let correlations = matmul(seen.T, features) / Double(count)
    let largest = correlations.abs().max().item() * Double(count).squareRoot()
    independenceP = min(1, Double(correlations.count) * 2 * normalTail(largest))
  }

  private static func squaresAndProducts(_ x: Tensor) -> Tensor {
    let n = x.shape[1]
    let columns = (0..<n).map { x.select(dim: 1, $0) }
    let squares = columns.map { $0.square() }
    let products = (0..<n).flatMap { i in (0..<i).map { (i, $0) } }
      .prefix(max(0, mostFeatures - n)).map { columns[$0.0] * columns[$0.1] }
    return stack(squares + products, dim: 1)
  }

  private static func standardised(_ x: Tensor) -> Tensor {
    let centred = x - x.mean(dim: 0)
    return centred / (centred.square().mean(dim: 0).sqrt() + 1e-300)
  }
}
