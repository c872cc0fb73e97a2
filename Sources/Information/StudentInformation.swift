import CoupletCore
import Files
import Foundation
import GaussianTheory
import Torch

/// The information of pairs with heavy tails: that of Student's copula with ν degrees of freedom and correlations R, which
/// Gaussian pairs are the limit of. Partners share a scale as well as correlations, so that pairs without any correlation
/// are still related:
///
///     I = −½ log (det R / det R_u det R_v) + f(ν) + f(ν + n_u + n_v) − f(ν + n_u) − f(ν + n_v),
///     f(x) = log Γ(x/2) − (x/2) ψ(x/2)
///
/// (Arellano-Valle, Contreras-Reyes and Genton 2013). Only ranks are used, so that any monotone map of a coordinate
/// leaves it as it is. For a ν the coordinates become Student's quantiles x of their ranks, and R solves the likelihood's
/// fixed point R = mean (ν + d) xxᵀ / (ν + xᵀR⁻¹x) with a unit diagonal; ν maximises the copula's likelihood. The
/// correlations' own bias, n_u n_v / 2N times (ν + d + 2)/(ν + d), is taken away.
///
/// Whether the pairs can be of that kind is tested: with lengths mapped to those of normal vectors, `StudentRadius`, the
/// whitened x are Gaussian (`Gaussianity`).
///
/// Arithmetic about 300 N d², in twenty-one fits.
///
/// ```swift
/// let found = StudentInformation(u: NormalScores.of(u), v: NormalScores.of(v))
/// found?.value     // 0.108, where pairs of 2 + 2 coordinates with ν = 3 have 0.111 and their correlations tell nothing
/// found?.freedom   // 3.04
/// ```
public struct StudentInformation: Codable, Equatable, Sendable {
  /// Nats; below 0 by chance where there is none.
  public let value: Double
  /// Of the value, by the jackknife of twenty groups of pairs.
  public let standardError: Double
  /// ν.
  public let freedom: Double
  /// The tests of the fit; nil where the samples cannot be whitened.
  public let fit: Gaussianity?

  /// Whether the tests leave the pairs to be of that kind.
  public var isCredible: Bool { (fit?.p ?? 0) >= GaussianInformation.doubt }

  /// ν is sought between these.
  static let (leastFreedom, mostFreedom) = (0.4, 100.0)
  private static let groups = 20

  /// nil where there are too few pairs for their coordinates, or one is a function of the others.
  ///
  /// - Parameter u, v: normal scores, N × n_u and N × n_v.
  public init?(u: Tensor, v: Tensor) {
    let (count, split) = (u.shape[0], u.shape[1])
    let all = cat([u, v], dim: 1).to(.float64)
    guard count >= 10 * all.shape[1], count >= 3 * Self.groups,
      let whole = withoutGradients({ StudentCopula(all) })
    else { return nil }
    let value = whole.information(split: split)
    var others: [Double] = []
    for group in 0..<Self.groups {
      // Pairs come in any order, so that every twentieth of them is a group.
      let rest = (0..<count).filter { $0 % Self.groups != group }
      guard
        let part = withoutGradients({
          StudentCopula(NormalScores.of(all.indexSelect(Tensor(rest))), near: whole)
        })
      else { return nil }
      others.append(part.information(split: split))
    }
    self.value = value
    standardError = (others.variance / Double(Self.groups)).squareRoot() * Double(Self.groups - 1)
    freedom = whole.freedom
    fit = withoutGradients { whole.normalized(all).flatMap(Gaussianity.init(of:)) }
  }
}

/// Student's copula with ν and R fitted to normal scores by the likelihood.
struct StudentCopula {
  let freedom: Double
  /// R, d × d.
  let correlation: Tensor
  private let count: Int

  /// - Parameters:
  ///   - scores: N × d.
  ///   - near: a fit to nearly the same samples, about which ν is sought.
  init?(_ scores: Tensor, near: StudentCopula? = nil) {
    count = scores.shape[0]
    let start = matmul(scores.T, scores)
    let scale = start.diagonal().sqrt()
    var last = near?.correlation ?? start / (scale.unsqueezed(0) * scale.unsqueezed(1))
    var isSingular = false
    /// The likelihood at log ν.
    func likelihood(_ logFreedom: Double) -> Double {
      guard !isSingular, let (r, value) = Self.fit(scores, exp(logFreedom), from: last) else {
        isSingular = true
        return -.infinity
      }
      last = r
      return value
    }
    let (least, most) = (
      log(StudentInformation.leastFreedom), log(StudentInformation.mostFreedom)
    )
    let centre = near.map { log($0.freedom) }
    let range = (max(least, (centre ?? least) - 0.7), min(most, (centre ?? most) + 0.7))
    let best = Self.maximum(of: likelihood, in: range, tolerance: 0.01)
    guard !isSingular, let (r, _) = Self.fit(scores, exp(best), from: last) else { return nil }
    (freedom, correlation) = (exp(best), r)
  }

  /// By golden section, of a function with one peak.
  private static func maximum(
    of function: (Double) -> Double, in range: (Double, Double), tolerance: Double
  ) -> Double {
    let golden = (5.0.squareRoot() - 1) / 2
    var (low, high) = range
    var (a, b) = (high - golden * (high - low), low + golden * (high - low))
    var (atA, atB) = (function(a), function(b))
    while high - low > tolerance {
      if atA > atB {
        (high, b, atB) = (b, a, atA)
        a = high - golden * (high - low)
        atA = function(a)
      } else {
        (low, a, atA) = (a, b, atB)
        b = low + golden * (high - low)
        atB = function(b)
      }
    }
    return (low + high) / 2
  }

  /// Student's quantiles of the scores.
  private static func quantiles(_ scores: Tensor, _ freedom: Double) -> Tensor {
    let values = scores.array(Double.self)
    let reach = values.reduce(0) { max($0, abs($1)) }
    let map = StudentRadius(coordinates: 1, freedom: freedom, reach: reach)
    return Tensor(
      values.map { $0 < 0 ? -map.student(ofNormal: -$0) : map.student(ofNormal: $0) },
      shape: scores.shape)
  }

  /// R and the copula's log likelihood for a ν; nil where R becomes singular.
  private static func fit(_ scores: Tensor, _ freedom: Double, from start: Tensor) -> (
    Tensor, Double
  )? {
    let x = quantiles(scores, freedom)
    let (n, d) = (Double(x.shape[0]), Double(x.shape[1]))
    var r = start
    for _ in 0..<50 {
      guard let squares = squaredLengths(x, r) else { return nil }
      let weights = (freedom + d) / (squares + freedom)
      let scatter = matmul((x * weights.unsqueezed(1)).T, x) / n
      let scale = scatter.diagonal().sqrt()
      let next = scatter / (scale.unsqueezed(0) * scale.unsqueezed(1))
      let change = (next - r).abs().max().item()
      r = next
      if change < 1e-6 { break }
    }
    guard let factor = try? r.cholesky(), let squares = squaredLengths(x, r) else { return nil }
    func constant(_ k: Double) -> Double {
      lgamma((freedom + k) / 2) - lgamma(freedom / 2) - k / 2 * log(freedom * .pi)
    }
    func kernel(_ squares: Tensor, _ k: Double) -> Double {
      -(freedom + k) / 2 * (squares / freedom).log1p().sum().item()
    }
    let joint =
      n * (constant(d) - factor.diagonal().log().sum().item()) + kernel(squares, d)
    return (r, joint - n * d * constant(1) - kernel(x.square(), 1))
  }

  /// xᵀR⁻¹x of each row.
  private static func squaredLengths(_ x: Tensor, _ r: Tensor) -> Tensor? {
    guard let factor = try? r.cholesky() else { return nil }
    return factor.solveTriangular(x.T, upper: false).square().sum(dim: 0)
  }

  /// I of the first `split` coordinates and the others, less the bias of the correlations.
  func information(split: Int) -> Double {
    let all = correlation.shape[0]
    let (nu, nv, d) = (Double(split), Double(all - split), Double(all))
    func determinant(_ range: Range<Int>) -> Double {
      correlation.narrow(dim: 0, range).narrow(dim: 1, range).logDeterminant().logAbsolute.item()
    }
    func f(_ x: Double) -> Double { lgamma(x / 2) - x / 2 * digamma(x / 2) }
    let linear =
      -0.5 * (determinant(0..<all) - determinant(0..<split) - determinant(split..<all))
    let bias = nu * nv / (2 * Double(count)) * (freedom + d + 2) / (freedom + d)
    return linear - bias + f(freedom) + f(freedom + d) - f(freedom + nu) - f(freedom + nv)
  }

  /// The samples that are Gaussian if the copula is right: whitened, with the lengths of normal vectors.
  func normalized(_ scores: Tensor) -> Tensor? {
    let x = Self.quantiles(scores, freedom)
    guard let factor = try? correlation.cholesky() else { return nil }
    let white = factor.solveTriangular(x.T, upper: false).T
    let lengths = white.square().sum(dim: 1).sqrt().array(Double.self)
    let d = white.shape[1]
    // Beyond this a normal vector is with probability 1e-12.
    let map = StudentRadius(
      coordinates: d, freedom: freedom, reach: Double(d).squareRoot() + 7.5)
    let factors = lengths.map { $0 > 0 ? map.normal(ofStudent: $0) / $0 : 1 }
    return white * Tensor(factors).unsqueezed(1)
  }
}
