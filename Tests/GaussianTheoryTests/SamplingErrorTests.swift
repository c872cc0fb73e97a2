import Foundation
import GaussianTheory
import Testing
import Torch

/// The leading-order errors of the two estimators, against draws of pairs.
@Suite struct SamplingErrorTests {
  /// The scatter of plug-in estimates about the truth.
  @Test func plugInErrorsAreThoseOfEstimates() throws {
    let truth = try pair([0.9, 0.5], 3, 2, seed: 61)
    let analysis = try truth.canonicalAnalysis()
    let predicted = analysis.plugInSamplingError
    let (count, repeats) = (2_000, 200)
    var sums = (u: 0.0, v: 0.0)
    for index in 0..<repeats {
      let (u, v) = try draws(truth, count, key: Key(62).folded(with: index))
      let fit = try PlugInEstimate(u: u, v: v).analysis
        .optimum(rank: 2, tilting: .innerProduct, loss: .twoSided)
      let model = LearnedGaussian(tilting: .innerProduct, covariance: truth, g: fit.g, h: fit.h)
      let errors = try model.meanSquaredErrors()
      sums.u += errors.u * Double(count) / Double(repeats)
      sums.v += errors.v * Double(count) / Double(repeats)
    }
    // A sum of a few squares scatters by about its own size: 200 repeats leave 7 %, and the next order in
    // 1/N is below 1 %. A quarter is more than three of those.
    #expect(abs(sums.u / predicted.u - 1) < 0.25)
    #expect(abs(sums.v / predicted.v - 1) < 0.25)
  }

  /// The variance of the influence by quadrature in the original coordinates, the normalisers' part by
  /// integration over the other variable as its definition reads.
  @Test(arguments: [SideWeights.twoSided, .uGivenV])
  func empiricalErrorsAreTheVarianceOfTheInfluence(weights: SideWeights) throws {
    let c = 1.5
    let covariance = try PairCovariance(Tensor([c, 1, 1, c], shape: [2, 2]), uDimension: 1)
    let predicted = try covariance.canonicalAnalysis().empiricalSamplingError(weights: weights)
    // With A = 1/C²: ψ = −u v + (one side) [A C v² + h(u)] + (other side) [A C u² + h(v)],
    // h(u) = E_v' [v' (u − A C v') exp(A u v' − A² C v'²/2)], v' ~ N(0, C).
    let a = 1 / (c * c)
    // Trapezoids over ±18, 15 deviations: for analytic integrands exact to rounding.
    let step = 0.12
    let nodes = (-150...150).map { Double($0) * step }
    let density = nodes.map { exp(-$0 * $0 / (2 * c)) / (2 * Double.pi * c).squareRoot() }
    let h = nodes.map { (u: Double) -> Double in
      var sum = 0.0
      for (v, weight) in zip(nodes, density) {
        let tilt: Double = a * u * v - a * a * c * v * v / 2
        sum += step * weight * v * (u - a * c * v) * exp(tilt)
      }
      return sum
    }
    let alpha = weights.uGivenV / (weights.uGivenV + weights.vGivenU)
    let determinant = c * c - 1
    var (mean, square) = (0.0, 0.0)
    for (i, u) in nodes.enumerated() {
      for (j, v) in nodes.enumerated() {
        let first: Double = a * c * v * v + h[i]
        let second: Double = a * c * u * u + h[j]
        let slope: Double = -u * v + alpha * first + (1 - alpha) * second
        let form: Double = c * u * u - 2 * u * v + c * v * v
        let mass = exp(-form / (2 * determinant)) / (2 * .pi * determinant.squareRoot())
        mean += mass * step * step * slope
        square += mass * step * step * slope * slope
      }
    }
    // The Hessian is C²: E|C δA v|² = C³ var(ψ) / C⁴.
    let expected = (square - mean * mean) / c
    #expect(abs(predicted.u / expected - 1) < 1e-10)
    #expect(abs(predicted.v / expected - 1) < 1e-10)
  }

  @Test func withoutCorrelationBothEstimatorsAreAlike() throws {
    // σ = 0: the normalisers are exact, and ψ_ij = −x_i y_j has the variance 1, for n_u n_v entries.
    let independent = try pair([], 3, 2, seed: 64).canonicalAnalysis()
    let (plugIn, empirical) = (
      independent.plugInSamplingError, independent.empiricalSamplingError()
    )
    let expected = 2 * independent.covariance.uu.diagonal().sum().item()
    #expect(abs(plugIn.u / expected - 1) < 1e-12)
    #expect(abs(empirical.u / expected - 1) < 1e-12)
  }

  @Test func strongCorrelationMakesTheEmpiricalLossCostly() throws {
    func ratio(_ sigma: Double) throws -> Double {
      let analysis = try pair([sigma], 1, 1, seed: 65).canonicalAnalysis()
      return analysis.empiricalSamplingError().u / analysis.plugInSamplingError.u
    }
    let ratios = try [0.1, 0.5, 0.9, 0.967, 0.99].map(ratio)
    #expect(zip(ratios, ratios.dropFirst()).allSatisfy(<))
    #expect(ratios[0] < 1.01 && ratios[4] > 10)
  }
}
