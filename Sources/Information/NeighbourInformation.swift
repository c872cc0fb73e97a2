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
/// Of up to three coordinates its bias falls as a power of N between 1/√N, where densities have edges, and 1/N; of more it
/// may fall more slowly. If it falls as 1/√N, Richardson's extrapolation from N/2 pairs to N and on,
///
///     I_∞ = I_N + (I_N − I_{N/2}) / (√2 − 1),
///
/// has none; the interval of 95 % holds those of both values. I_{N/2} is the mean over halves of the pairs, and the standard
/// errors are those of a quarter's values, over four ways of dealing the pairs into quarters, divided by 2.
///
/// Arithmetic 9 N² (n_u + n_v) operations, memory a few megabytes.
///
/// ```swift
/// NeighbourInformation(u: u, v: v, key: Key(0)).value   // 0.51, for a correlation of 0.8
/// ```
public struct NeighbourInformation: Codable, Equatable, Sendable {
  /// Nats; below 0 by chance where there is none.
  public let value: Double
  /// Of the value, as it varies from draw to draw of the pairs.
  public let standardError: Double
  /// I_∞, nats; less biased than the value where the bias is large, and twice as variable.
  public let extrapolated: Double
  /// Of I_∞.
  public let standardErrorOfExtrapolated: Double
  /// k.
  public let neighbours: Int
  /// ψ(N) − ψ(k), nats: no value exceeds it.
  public let ceiling: Double

  /// The value with its interval of 95 %.
  public var estimate: MutualInformation.Estimate {
    let reaches = [(value, standardError), (extrapolated, standardErrorOfExtrapolated)]
      .map { (lower: $0 - 1.96 * $1, upper: $0 + 1.96 * $1) }
    return .init(
      value: value, lower: min(reaches[0].lower, reaches[1].lower),
      upper: max(reaches[0].upper, reaches[1].upper))
  }

  /// - Parameters:
  ///   - u, v: N × n_u and N × n_v, at least 8 (k + 1) of them.
  ///   - neighbours: k; more of them for less variance and more bias.
  ///   - key: of how the pairs are dealt into quarters.
  public init(u: Tensor, v: Tensor, neighbours k: Int = 4, key: Key) {
    let n = u.shape[0]
    require(
      u.rank == 2 && v.rank == 2 && v.shape[0] == n && n >= 8 * (k + 1) && k >= 1,
      "NeighbourInformation: \(k) neighbours of pairs \(u.shape) and \(v.shape)")
    // ψ(0) is not used.
    let psi = [0] + (1...n).map { digamma(Double($0)) }
    let (x, y) = (u.to(.float64), v.to(.float64))
    func information(_ rows: [Int]) -> Double {
      let rows = Tensor(rows)
      return withoutGradients {
        Self.value(x.indexSelect(rows), y.indexSelect(rows), k, psi)
      }
    }
    func ofHalves(_ rows: [Int]) -> Double {
      [0, 1].map { information(Self.part($0, of: 2, rows)) }.mean
    }
    let deals = (0..<4).map {
      Tensor.permutation(n, key: key.folded(with: $0)).array(Int.self)
    }
    let quarters = deals.map { deal in (0..<4).map { Self.part($0, of: 4, deal) } }
    let values = quarters.map { $0.map(information) }
    let extrapolations = zip(quarters, values).map { quarters, values in
      zip(quarters, values).map { Self.extrapolated($1, ofHalves($0)) }
    }
    value = withoutGradients { Self.value(x, y, k, psi) }
    extrapolated = Self.extrapolated(value, deals.map(ofHalves).mean)
    standardError = Self.standardError(values)
    standardErrorOfExtrapolated = Self.standardError(extrapolations)
    neighbours = k
    ceiling = psi[n] - psi[k]
  }

  /// Every `count`-th of the rows, from the `place`-th on.
  private static func part(_ place: Int, of count: Int, _ rows: [Int]) -> [Int] {
    stride(from: place, to: rows.count, by: count).map { rows[$0] }
  }

  /// Of N pairs to ever more of them, where the bias falls as 1/√N.
  private static func extrapolated(_ value: Double, _ ofHalves: Double) -> Double {
    value + (value - ofHalves) / (2.0.squareRoot() - 1)
  }

  /// Of the value of all pairs, from those of quarters of them: a quarter's variance is four times that of all.
  private static func standardError(_ quarters: [[Double]]) -> Double {
    (quarters.map(\.variance).mean / 4).squareRoot()
  }

  /// I, whose mean is over all pairs.
  private static func value(_ u: Tensor, _ v: Tensor, _ k: Int, _ psi: [Double]) -> Double {
    psi[k] + psi[u.shape[0]] - terms(u, v, k, psi).mean
  }

  /// ψ(n_u(i) + 1) + ψ(n_v(i) + 1) of each pair.
  private static func terms(_ u: Tensor, _ v: Tensor, _ k: Int, _ psi: [Double]) -> [Double] {
    let n = u.shape[0]
    // So many at a time that their distances stay in a processor's cache.
    let count = max(1, (1 << 17) / n)
    return stride(from: 0, to: n, by: count).flatMap { first in
      let rows = first..<min(first + count, n)
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
