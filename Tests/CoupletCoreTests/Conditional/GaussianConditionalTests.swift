import CoupletCore
import Foundation
import TestModels
import Testing

/// Conditional moments of a coupling whose law is known: Gaussian u and v, the inner-product tilting with
/// linear encoders, A = GᵀH. The learned conditional is then N(C_uu A v, C_uu) (eq. 40), in one dimension
/// N(m, σ²) with m = σ² a, a = A v.
///
/// Moments from the weights of a gallery of n independent draws are self-normalised importance sampling: by the
/// delta method their error is normal with the variance E[w² (f − f̄)²] / n, where w = exp(a u − a²σ²/2). Under
/// w² the law of u is N(2 a σ², σ²) with the mass exp(a²σ²), so with d = aσ
///
///     mean (f = u):              e^{d²} σ² (1 + d²) / n
///     variance (f = (u − m)²):   e^{d²} σ⁴ (d⁴ + 4 d² + 2) / n.
@Suite struct GaussianConditionalTests {
  private static let (variance, slope, v) = (1.5, 1 / 2.25, 1.3)
  private static let repeats = 400
  private static let sizes = [250, 1000, 4000]
  private static var d: Double { slope * v * variance.squareRoot() }

  private func coupling() throws -> Coupling {
    Coupling(
      u: LinearEncoder(Tensor([GaussianConditionalTests.slope], shape: [1, 1])),
      v: Identity(dimension: 1), tilting: InnerProduct(), temperature: try Temperature(.fixed(1)))
  }

  /// The mean squared errors over galleries of n, times n over the variance above: 1 when the error is that
  /// of the delta method, at every n when the rate is 1/√n.
  private func ratios(
    _ predicted: Double, truth: Double, of estimate: (ConditionalDistribution) -> Double
  ) throws -> [Double] {
    typealias Setting = GaussianConditionalTests
    let coupling = try coupling()
    let given = Tensor([Setting.v], shape: [1, 1])
    return Setting.sizes.map { n in
      let squares = Key(UInt64(n)).split(Setting.repeats).map { key in
        let gallery = normal([n, 1], key) * Setting.variance.squareRoot()
        let law = coupling.conditional(.u, given: given, among: gallery)
        return pow(estimate(law) - truth, 2)
      }
      return squares.reduce(0, +) / Double(Setting.repeats) * Double(n) / predicted
    }
  }

  // The mean of 400 squares of normal numbers has the standard deviation √(2/400) = 0.07. Five of them, 0.35,
  // and 0.15 for terms of order 1/n at n = 250, where w² has tails heavier than the normal law's.
  private static let tolerance = 0.5

  @Test func theMeanConvergesToTheClosedFormAtTheMonteCarloRate() throws {
    typealias Setting = GaussianConditionalTests
    let d = Setting.d
    let predicted = exp(d * d) * Setting.variance * (1 + d * d)
    let truth = Setting.variance * Setting.slope * Setting.v
    for ratio in try ratios(predicted, truth: truth, of: { $0.mean.item() }) {
      #expect(abs(ratio - 1) < Setting.tolerance)
    }
  }

  @Test func theCovarianceConvergesToTheClosedFormAtTheMonteCarloRate() throws {
    typealias Setting = GaussianConditionalTests
    let d = Setting.d
    let predicted =
      exp(d * d) * Setting.variance * Setting.variance * (pow(d, 4) + 4 * d * d + 2)
    for ratio in try ratios(predicted, truth: Setting.variance, of: { $0.covariance.item() }) {
      #expect(abs(ratio - 1) < Setting.tolerance)
    }
  }

  /// In several dimensions: mean C_uu A v and covariance C_uu, and the effective sample size n e^{−|a|²_{C_uu}}.
  @Test func severalDimensionsAgreeWithTheClosedForm() throws {
    let n = 200_000
    let root = Tensor([1.0, 0, 0.5, 0.8], shape: [2, 2], device: .test)  // C_uu = root rootᵀ
    let covariance = matmul(root, root.T)
    let (g, h) = (
      Tensor([0.4, -0.2, 0.1, 0.5], shape: [2, 2], device: .test), normal([2, 3], Key(1)) * 0.3
    )
    let v = Tensor([1.0, -0.5, 0.7], shape: [1, 3], device: .test)
    let coupling = Coupling(
      u: LinearEncoder(g), v: LinearEncoder(h), tilting: InnerProduct(),
      temperature: try Temperature(.fixed(1)))
    let gallery = matmul(normal([n, 2], Key(2)), root.T)
    let law = coupling.conditional(.u, given: v, among: gallery)
    let tilt = matmul(g.T, matmul(h, v.T))  // A v
    let energy = matmul(tilt.T, matmul(covariance, tilt)).item()  // d²
    // Five standard deviations e^{d²/2} √(d⁴ + 4d² + 2) / √n, larger than those of the mean, for
    // coordinates with variances of at most 1.
    let deviation = exp(energy / 2) * (energy * energy + 4 * energy + 2).squareRoot()
    let tolerance = 5 * deviation / Double(n).squareRoot()
    #expect(distance(law.mean.unsqueezed(1), matmul(covariance, tilt)) < tolerance)
    #expect(distance(law.covariance, covariance) < tolerance)
    #expect(matmul(covariance, tilt).norm().item() > 5 * tolerance)
    // E w² = e^{d²}; the relative error is a few n^{−1/2} e^{…}, below 0.05 for the small d here.
    #expect(abs(law.effectiveSampleSize / (Double(n) * exp(-energy)) - 1) < 0.05)
  }
}
