import CoupletCore
import Foundation
import GaussianTheory
import Torch

/// The information of pairs in few dimensions by their neighbours (Kraskov, Stögbauer and Grassberger 2004, eq. 8),
///
///     I = ψ(k) + ψ(N) − mean_i [ψ(n_u(i) + 1) + ψ(n_v(i) + 1)],
///
/// where n_u(i) counts the u that are nearer to uⁱ than the k-th nearest pair is to pair i, in the largest difference of a
/// coordinate, and n_v likewise. Consistent, with little bias where u and v have few coordinates and I is a few nats; it
/// takes no training. Values that repeat make it wrong.
///
/// Its bias falls slowly, about as 1/√N where densities have edges, so that the value of N pairs is a good way from that
/// of halves of them: then by 1/(√2 − 1) of this difference from the truth. The interval is that much wider on both
/// sides.
///
/// Arithmetic 2 N² (n_u + n_v) operations, memory 256 N.
///
/// ```swift
/// NeighbourInformation(u: u, v: v).value   // 0.51, for a correlation of 0.8
/// ```
public struct NeighbourInformation: Codable, Equatable, Sendable {
  /// Nats; below 0 by chance where there is none.
  public let value: Double
  /// Of the mean of N terms.
  public let standardError: Double
  /// How far the bias may reach, from values of halves of the pairs; nats, at least 0.
  public let reachOfBias: Double
  /// k.
  public let neighbours: Int
  /// ψ(N) − ψ(k), nats: no value exceeds it.
  public let ceiling: Double

  /// The value with its interval of 95 %.
  public var estimate: MutualInformation.Estimate {
    let reach = 1.96 * standardError + reachOfBias
    return .init(value: value, lower: value - reach, upper: value + reach)
  }

  /// - Parameters:
  ///   - u, v: N × n_u and N × n_v, more than k of them.
  ///   - neighbours: k; more of them for less variance and more bias.
  public init(u: Tensor, v: Tensor, neighbours k: Int = 4) {
    let n = u.shape[0]
    require(
      u.rank == 2 && v.rank == 2 && v.shape[0] == n && n > k && k >= 1,
      "NeighbourInformation: \(k) neighbours of pairs \(u.shape) and \(v.shape)")
    // ψ(0) is not used.
    let psi = [0] + (1...n).map { digamma(Double($0)) }
    let (x, y) = (u.to(.float64), v.to(.float64))
    let terms = withoutGradients { Self.terms(x, y, k, psi) }
    let mean = terms.reduce(0, +) / Double(n)
    let squares = terms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let value = psi[k] + psi[n] - mean
    // Two ways of halving them, for less noise.
    let halves =
      [Array(0..<n / 2), Array(n / 2..<n)] + [0, 1].map { Array(stride(from: $0, to: n, by: 2)) }
    let differences = halves.filter { $0.count > k }.map { rows in
      let rows = Tensor(rows)
      let terms = withoutGradients {
        Self.terms(x.indexSelect(rows), y.indexSelect(rows), k, psi)
      }
      let count = terms.count
      return value - (psi[k] + psi[count] - terms.reduce(0, +) / Double(count))
    }
    let difference = differences.reduce(0, +) / Double(max(1, differences.count))
    self.value = value
    standardError = (squares / Double(n - 1) / Double(n)).squareRoot()
    reachOfBias = abs(difference) / (2.0.squareRoot() - 1)
    neighbours = k
    ceiling = psi[n] - psi[k]
  }

  /// ψ(n_u(i) + 1) + ψ(n_v(i) + 1) of each pair.
  private static func terms(_ u: Tensor, _ v: Tensor, _ k: Int, _ psi: [Double]) -> [Double] {
    let n = u.shape[0]
    return stride(from: 0, to: n, by: 256).flatMap { first in
      let rows = first..<min(first + 256, n)
      let (du, dv) = (distances(u[rows], u), distances(v[rows], v))
      // The nearest is the pair itself.
      let reach = du.maximum(dv).topK(k + 1, largest: false).values.max(dim: 1, keepDim: true)
      let (nu, nv) = (du.less(than: reach).sum(dim: 1), dv.less(than: reach).sum(dim: 1))
      // Both count the pair itself, which stands for the + 1.
      return zip(nu.array(Int.self), nv.array(Int.self)).map {
        psi[max($0, 1)] + psi[max($1, 1)]
      }
    }
  }

  /// The largest difference of a coordinate, of each row of `x` and each of `all`.
  private static func distances(_ x: Tensor, _ all: Tensor) -> Tensor {
    var largest = (x.narrow(dim: 1, 0..<1) - all.narrow(dim: 1, 0..<1).T).abs()
    for column in 1..<max(1, x.shape[1]) {
      let range = column..<column + 1
      largest = largest.maximum((x.narrow(dim: 1, range) - all.narrow(dim: 1, range).T).abs())
    }
    return largest
  }
}
