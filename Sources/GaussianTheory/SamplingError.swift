import Torch

/// What N pairs leave unknown of A when the inner product is fitted at full rank, to leading order in 1/N:
/// the errors of the plug-in estimator, and those of minimising the empirical conditional loss over all N
/// pairs as one batch.
///
/// Both estimators of the whitened A (in canonical modes diag(σ)) are normal about it with variances
/// V_ij / N, the entries uncorrelated. Those of the plug-in estimator are
///
///     V_ij = 1 − σ_i² − σ_j² + 2 σ_i² σ_j²   (i ≠ j),      V_ii = 1 − 3 σ_i² + 4 σ_i⁴.
///
/// The empirical loss is a mean over pairs and a mean over the reference inside a logarithm. Its Hessian at
/// the optimum is the identity, so V_ij is the variance of the influence of one pair on the slope,
///
///     ψ_ij = −x_i y_j + α [σ_i y_i y_j + c(x) (κ_ij x_i x_j − δ_ij κ_i)]
///                     + β [σ_j x_i x_j + c(y) (κ_ji y_i y_j − δ_ij κ_i)],
///     c(x) = Π_k (1 + σ_k²)^{−1/2} exp(γ_k x_k² / 2),   γ_k = σ_k² / (1 + σ_k²),
///     κ_ij = σ_j / ((1 + σ_i²)(1 + σ_j²)),   κ_i = σ_i / (1 + σ_i²),
///
/// with α = λ_u/(λ_u + λ_v), β = 1 − α. c(x) is what one pair does to the normalisers as a member of the
/// reference. Its second moment contains Π_k √((1 + σ_k²)/(1 − σ_k²)): finite, but heavy-tailed when a
/// canonical correlation is near 1, and this is what the plug-in estimator, which knows the reference to be
/// Gaussian, does not pay.
public struct SamplingError: Equatable, Sendable {
  /// N · E |E_ν[u|v] − E_μ[u|v]|² and the same for v given u.
  public let u: Double, v: Double
}

extension CanonicalAnalysis {
  /// The leading-order error of the plug-in estimator's conditional means, times N.
  public var plugInSamplingError: SamplingError {
    samplingError { sigmas, i, j in
      let (a, b) = (sigmas[i] * sigmas[i], sigmas[j] * sigmas[j])
      return i == j ? 1 - 3 * a + 4 * a * a : 1 - a - b + 2 * a * b
    }
  }

  /// The leading-order error of the minimiser of the empirical conditional loss, times N.
  public func empiricalSamplingError(weights: SideWeights = .twoSided) -> SamplingError {
    samplingError { sigmas, i, j in Influence(sigmas, weights, i, j).variance }
  }

  /// Adds V_ij |loading|² up. Directions of one modality that are uncorrelated with the other are modes
  /// with σ = 0.
  private func samplingError(_ variance: ([Double], Int, Int) -> Double) -> SamplingError {
    let modes = correlations.count
    func sizes(_ loadings: Tensor, _ total: Tensor) -> (each: [Double], rest: Double) {
      let each = loadings.square().sum(dim: 0).array(Double.self)
      return (each, Swift.max(total.diagonal().sum().item() - each.reduce(0, +), 0))
    }
    let u = sizes(loadingsU, covariance.uu)
    let v = sizes(loadingsV, covariance.vv)
    let sigmas = correlations + [0]
    let extra = (
      u: Double(covariance.uDimension - modes), v: Double(covariance.vDimension - modes)
    )
    var result = (u: 0.0, v: 0.0)
    for i in 0...modes {
      for j in 0...modes where i < modes || j < modes {
        // The last row and column stand for all directions without correlation.
        let ways = (u: i < modes ? 1 : extra.u, v: j < modes ? 1 : extra.v)
        guard ways.u > 0, ways.v > 0 else { continue }
        let value = variance(sigmas, i, j)
        result.u += value * (i < modes ? u.each[i] : u.rest) * ways.v
        result.v += value * (j < modes ? v.each[j] : v.rest) * ways.u
      }
    }
    return SamplingError(u: result.u, v: result.v)
  }
}

/// A factor of ψ that belongs to one mode: Σ coefficient · exp(p x²/2 + q y²/2) x^a y^b.
private struct ModeFactor {
  var p = 0.0, q = 0.0
  var terms: [(coefficient: Double, a: Int, b: Int)]

  static let one = ModeFactor(terms: [(1, 0, 0)])
}

/// ψ_ij as a sum of products of factors of single modes.
private struct Influence {
  private let sigmas: [Double]
  /// For every term of ψ, its factor in mode i, in mode j (none when i = j), and in another mode.
  private let terms: [(i: ModeFactor, j: ModeFactor?, other: (Double) -> ModeFactor)]
  private let i: Int, j: Int

  init(_ sigmas: [Double], _ weights: SideWeights, _ i: Int, _ j: Int) {
    (self.sigmas, self.i, self.j) = (sigmas, i, j)
    let (a, b) = (sigmas[i], sigmas[j])
    let alpha = weights.uGivenV / (weights.uGivenV + weights.vGivenU)
    let beta = 1 - alpha
    let (gammaI, gammaJ) = (a * a / (1 + a * a), b * b / (1 + b * b))
    func scale(_ sigma: Double) -> Double { 1 / (1 + sigma * sigma).squareRoot() }
    func ofX(_ sigma: Double) -> ModeFactor {
      ModeFactor(p: sigma * sigma / (1 + sigma * sigma), terms: [(scale(sigma), 0, 0)])
    }
    func ofY(_ sigma: Double) -> ModeFactor {
      ModeFactor(q: sigma * sigma / (1 + sigma * sigma), terms: [(scale(sigma), 0, 0)])
    }
    func one(_: Double) -> ModeFactor { .one }
    let kappa = 1 / ((1 + a * a) * (1 + b * b))
    if i == j {
      let (square, c) = (a * kappa, a / (1 + a * a))
      terms = [
        (ModeFactor(terms: [(-1, 1, 1), (alpha * a, 0, 2), (beta * a, 2, 0)]), nil, one),
        (
          ModeFactor(
            p: gammaI, terms: [(alpha * scale(a) * square, 2, 0), (-alpha * scale(a) * c, 0, 0)]),
          nil, ofX
        ),
        (
          ModeFactor(
            q: gammaI, terms: [(beta * scale(a) * square, 0, 2), (-beta * scale(a) * c, 0, 0)]),
          nil, ofY
        ),
      ]
    } else {
      let x = [(coefficient: 1.0, a: 1, b: 0)]
      let y = [(coefficient: 1.0, a: 0, b: 1)]
      func times(_ factor: Double, _ part: [(coefficient: Double, a: Int, b: Int)])
        -> [(coefficient: Double, a: Int, b: Int)]
      { part.map { (factor * $0.coefficient, $0.a, $0.b) } }
      terms = [
        (ModeFactor(terms: times(-1, x)), ModeFactor(terms: y), one),
        (ModeFactor(terms: times(alpha * a, y)), ModeFactor(terms: y), one),
        (ModeFactor(terms: times(beta * b, x)), ModeFactor(terms: x), one),
        (
          ModeFactor(p: gammaI, terms: times(alpha * b * kappa * scale(a), x)),
          ModeFactor(p: gammaJ, terms: times(scale(b), x)), ofX
        ),
        (
          ModeFactor(q: gammaI, terms: times(beta * a * kappa * scale(a), y)),
          ModeFactor(q: gammaJ, terms: times(scale(b), y)), ofY
        ),
      ]
    }
  }

  /// var ψ_ij.
  var variance: Double {
    var (square, mean) = (0.0, 0.0)
    for s in terms {
      mean += expectation(s, (i: .one, j: .one, other: { _ in .one }))
      for t in terms { square += expectation(s, t) }
    }
    return square - mean * mean
  }

  private typealias Term = (i: ModeFactor, j: ModeFactor?, other: (Double) -> ModeFactor)

  /// E of the product of two terms: modes are independent.
  private func expectation(_ s: Term, _ t: Term) -> Double {
    var product = Moments(sigmas[i]).expectation(s.i, t.i)
    if i != j { product *= Moments(sigmas[j]).expectation(s.j ?? .one, t.j ?? .one) }
    for k in sigmas.indices where k != i && k != j && sigmas[k] > 0 {
      product *= Moments(sigmas[k]).expectation(s.other(sigmas[k]), t.other(sigmas[k]))
    }
    return product
  }
}

/// Moments of a pair of standard normals with correlation σ under exponential weights.
private struct Moments {
  let sigma: Double

  init(_ sigma: Double) { self.sigma = sigma }

  func expectation(_ s: ModeFactor, _ t: ModeFactor) -> Double {
    // exp(p x²/2 + q y²/2) turns the precision Λ into Λ − diag(p, q), whose determinant must stay positive.
    let (p, q) = (s.p + t.p, s.q + t.q)
    let rest = 1 - sigma * sigma
    let (xx, yy, xy) = (1 / rest - p, 1 / rest - q, -sigma / rest)
    let determinant = xx * yy - xy * xy
    let covariance = (xx: yy / determinant, xy: -xy / determinant, yy: xx / determinant)
    let weight = 1 / (rest * determinant).squareRoot()
    var sum = 0.0
    for a in s.terms {
      for b in t.terms {
        sum +=
          a.coefficient * b.coefficient * Self.moment(a.a + b.a, a.b + b.b, covariance)
      }
    }
    return weight * sum
  }

  /// E[x^a y^b] of a centred normal pair, by Isserlis' recursion.
  private static func moment(_ a: Int, _ b: Int, _ c: (xx: Double, xy: Double, yy: Double))
    -> Double
  {
    if (a + b) % 2 == 1 { return 0 }
    if a == 0 { return b == 0 ? 1 : Double(b - 1) * c.yy * moment(0, b - 2, c) }
    var sum = 0.0
    if a > 1 { sum += Double(a - 1) * c.xx * moment(a - 2, b, c) }
    if b > 0 { sum += Double(b) * c.xy * moment(a - 1, b - 1, c) }
    return sum
  }
}
