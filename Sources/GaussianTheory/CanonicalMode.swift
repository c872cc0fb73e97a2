import Foundation
import Torch

/// One pair of canonical coordinates: two standard normal variables with correlation σ.
///
/// 1 − σ is kept beside σ: it holds digits that σ near 1 cannot.
public struct CanonicalMode: Equatable, Sendable {
  /// σ, in [0, 1).
  public let sigma: Double
  /// 1 − σ, in (0, 1].
  public let complement: Double

  /// A mode of the given correlation.
  public init(sigma: Double) { self.init(sigma: sigma, complement: 1 - sigma) }

  init(sigma: Double, complement: Double) {
    self.sigma = sigma
    self.complement = complement
  }

  /// 1 − σ² = (1 − σ)(1 + σ), the conditional variance of either coordinate given the other.
  public var conditionalVariance: Double { complement * (1 + sigma) }

  /// The mode's mutual information, −½ log(1 − σ²), in nats.
  public var information: Double {
    // log1p keeps small σ, the stored complement keeps σ near 1.
    -0.5 * (sigma < 0.5 ? log1p(-sigma * sigma) : log(conditionalVariance))
  }

  /// The modes of a singular value decomposition K ≈ P diag(s) Qᵀ, K = high + low.
  ///
  /// Refined, σ_i is the Rayleigh quotient p_iᵀ K q_i / (|p_i| |q_i|), whose error is of second order in
  /// those of p_i and q_i. It is taken as s_i plus a small correction, so that no digit of 1 − σ_i is
  /// lost: σ_i − s_i = s_i (|p_i|² − |q_i|²) / 2 + p_iᵀ (K q_i − s_i p_i), up to terms of 1e-32.
  static func modes(
    _ s: [Double], p: Tensor, q: Tensor, k: Tensor, low: Tensor, refined: Bool
  ) -> [CanonicalMode] {
    guard refined else { return s.map(CanonicalMode.init(sigma:)) }
    let scaled = p * Tensor(s).unsqueezed(0)
    let residual = (matmul(low, q) - extendedResidual(scaled, k, q)).array(Double.self)
    let (pEntries, qEntries) = (p.array(Double.self), q.array(Double.self))
    let scaledEntries = scaled.array(Double.self)
    let count = s.count
    var corrections = [Double](repeating: 0, count: count)
    var excess = [(p: Double, q: Double)](repeating: (0, 0), count: count)
    for row in 0..<p.shape[0] {
      for i in 0..<count {
        let entry = row * count + i
        // What rounding took from p s: exact by fused multiplication.
        let lost = (-scaledEntries[entry]).addingProduct(pEntries[entry], s[i])
        corrections[i] += pEntries[entry] * (residual[entry] - lost)
      }
    }
    for i in 0..<count {
      excess[i] = (
        normExcess(pEntries, column: i, of: count), normExcess(qEntries, column: i, of: count)
      )
    }
    return (0..<count).map { i in
      let correction = corrections[i] + s[i] * (excess[i].p - excess[i].q) / 2
      return CanonicalMode(
        sigma: Swift.max(s[i] + correction, 0), complement: (1 - s[i]) - correction)
    }
  }

  /// |x|² − 1 for a column of a row-major matrix, with the rounding of squares and sums kept.
  private static func normExcess(_ entries: [Double], column: Int, of count: Int) -> Double {
    var (sum, error) = (-1.0, 0.0)
    for index in stride(from: column, to: entries.count, by: count) {
      let x = entries[index]
      let square = x * x
      let next = sum + square
      let part = next - sum
      error += (sum - (next - part)) + (square - part) + (-square).addingProduct(x, x)
      sum = next
    }
    return sum + error
  }
}
