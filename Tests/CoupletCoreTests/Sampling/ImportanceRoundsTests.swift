import Encoders
import Files
import Foundation
import TestModels
import Testing

@testable import CoupletCore

/// Galleries that grow where the weights are, against conditionals in closed form.
@Suite struct ImportanceRoundsTests {
  /// Ten coordinates of correlation 0.97 with those of v: exact squared distance (Theorem 5.3), u | v ~ N(σ v, 1 − σ²).
  private static let sigma = 0.97, n = 10

  private func target(v: Tensor) throws -> ConditionalTarget {
    let odds = Self.sigma * Self.sigma / (1 - Self.sigma * Self.sigma)
    let eye = Tensor.eye(Self.n, dtype: .float64)
    let coupling = Coupling(
      u: LinearEncoder(eye * odds.squareRoot()),
      v: LinearEncoder(eye * (Self.sigma * (1 + odds) / odds.squareRoot())),
      tilting: SquaredDistance(), temperature: try Temperature(.fixed(1)))
    return ConditionalTarget(
      coupling, .u, given: v, reference: try ReferenceDensity("gaussian:0,1", dimension: Self.n),
      shape: [Self.n])
  }

  @Test func tenDimensionalMomentsWhereTheGalleryHasNone() throws {
    let v = normal([1, Self.n], Key(1))
    let gallery = normal([4000, Self.n], Key(2))
    let rounds = try target(v: v).importanceRounds(5, adding: 4000, from: gallery, key: Key(3))
    let sizes = rounds.effectiveSampleSizes
    #expect(sizes.count == 6 && sizes[0] < 5 && sizes[5] > 3000, "\(sizes)")
    let (mean, deviation) = (v[0] * Self.sigma, (1 - Self.sigma * Self.sigma).squareRoot())
    func errors(_ law: ConditionalDistribution) -> (mean: Double, covariance: Double) {
      let apart = law.covariance / (deviation * deviation) - .eye(Self.n, dtype: .float64)
      return ((law.mean - mean).abs().max().item() / deviation, apart.abs().max().item())
    }
    // Five Monte Carlo errors: of means 1/√n_eff, of variances √(2/n_eff).
    let found = errors(rounds.law)
    #expect(found.mean < 5 / sizes[5].squareRoot())
    #expect(found.covariance < 5 * (2 / sizes[5]).squareRoot())
    let plain = errors(
      try target(v: v).importanceRounds(0, adding: 1, from: gallery, key: Key(3)).law)
    #expect(plain.mean > 0.5 && plain.covariance > 0.5)
    // E exp s over the reference is p(mean) exp s(mean) over the conditional's density at its mean. Reference weights, at most
    // 6, add √6/√24,000 = 0.016 to the error of 1/√n_eff.
    let s = try target(v: v).scores(mean.unsqueezed(0)).item()
    let exact =
      s - 0.5 * mean.square().sum().item()
      + 0.5 * Double(Self.n) * log(1 - Self.sigma * Self.sigma)
    #expect(abs(rounds.law.logNormalizer - exact) < 5 * (0.016 + 1 / sizes[5].squareRoot()))
  }

  /// On [0, 1]² with s = ⟨u, a⟩ each coordinate has a density in proportion to exp(a u).
  @Test func onABox() throws {
    let coupling = Coupling(
      u: Identity(dimension: 2), v: Identity(dimension: 2), tilting: InnerProduct(),
      temperature: try Temperature(.fixed(1)))
    let target = ConditionalTarget(
      coupling, .u, given: Tensor([40.0, 0], shape: [1, 2]),
      reference: try ReferenceDensity("uniform:0,1", dimension: 2), shape: [2])
    let gallery = Tensor.uniform([500, 2], key: Key(4), dtype: .float64)
    let rounds = target.importanceRounds(3, adding: 1000, from: gallery, key: Key(5))
    #expect(rounds.law.candidates.min().item() >= 0 && rounds.law.candidates.max().item() <= 1)
    let size = rounds.law.effectiveSampleSize
    #expect(
      size > 300 && size > 3 * rounds.effectiveSampleSizes[0], "\(rounds.effectiveSampleSizes)")
    // 1 − u is exponential with the mean 1/40, but for e^−40.
    let mean = rounds.law.mean.array(Double.self)
    #expect(abs(mean[0] - (1 - 1.0 / 40)) < 5 / 40 / size.squareRoot())
    #expect(abs(mean[1] - 0.5) < 5 * (1.0 / 12).squareRoot() / size.squareRoot())
  }
}
