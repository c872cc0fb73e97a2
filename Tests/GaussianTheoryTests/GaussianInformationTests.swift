import Foundation
import Testing
import Torch

@testable import GaussianTheory

@Suite struct GaussianInformationTests {
  @Test func digammaAtKnownPlaces() {
    // ψ(1) = −γ, ψ(½) = −γ − 2 log 2, ψ(x + 1) = ψ(x) + 1/x (Abramowitz and Stegun 6.3).
    let euler = 0.577_215_664_901_532_9
    #expect(abs(digamma(1) + euler) < 1e-14)
    #expect(abs(digamma(0.5) + euler + 2 * log(2)) < 1e-14)
    #expect(abs(digamma(100.5) - digamma(99.5) - 1 / 99.5) < 1e-14)
  }

  /// log det of Wishart matrices drawn as samples: the mean of the plug-in less its bias is I, for any truth.
  @Test func biasIsExact() throws {
    let truth = try pair([0.8, 0.4], 6, 4, seed: 71)
    let exact = try truth.canonicalAnalysis().mutualInformation
    let values = try (0..<400).map { index in
      let (u, v) = try draws(truth, 30, key: Key(72).folded(with: index))
      return try PlugInEstimate(u: u, v: v).analysis.mutualInformation
    }
    let interval = InformationInterval([0.5], pairs: 30, larger: 6, smaller: 4, key: Key(0))
    let mean = values.reduce(0, +) / 400
    let spread = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 399).squareRoot()
    // Four standard errors of the mean, a tenth of the bias: the leading order n_u n_v / 2N is 0.4.
    #expect(abs(mean - interval.bias - exact) < 4 * spread / 20)
    #expect(interval.bias > 0.45)
  }

  /// Bartlett's draws have the law of the plug-in on drawn pairs: mean and deviation.
  @Test func replicatesHaveTheLawOfTheEstimate() throws {
    let sigmas = [0.9, 0.5, 0.2]
    let truth = try pair(sigmas, 5, 3, seed: 73)
    let values = try (0..<400).map { index in
      let (u, v) = try draws(truth, 40, key: Key(74).folded(with: index))
      return try PlugInEstimate(u: u, v: v).analysis.mutualInformation
    }
    let replicates = InformationReplicates(pairs: 40, larger: 5, smaller: 3, key: Key(75))
      .values(sigmas.map { CanonicalMode(sigma: $0).information })
    func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (mean, (squares / Double(values.count - 1)).squareRoot())
    }
    let (drawn, made) = (moments(values), moments(replicates))
    // Two means of 400: 4 √(2/400) deviations; deviations are known to 1/√800 each: 20 % is four times that.
    #expect(abs(drawn.mean - made.mean) < 4 * drawn.deviation * (2.0 / 400).squareRoot())
    #expect(abs(drawn.deviation / made.deviation - 1) < 0.2)
  }

  /// 95 % intervals over few draws; 2,000 of each are in results/truth. Below 0.86 of 60 by chance: 3 in 1,000.
  @Test(arguments: [([0.0], 1, 50), ([0.3], 1, 50), ([0.9, 0, 0], 3, 200), ([0], 25, 200)])
  func intervalsCover(_ sigmas: [Double], _ dimension: Int, _ pairs: Int) throws {
    let truth = try pair(sigmas, dimension, dimension, seed: 76)
    let exact = sigmas.reduce(0) { $0 + CanonicalMode(sigma: $1).information }
    let covered = try (0..<60).count { index in
      let (u, v) = try draws(truth, pairs, key: Key(77).folded(with: index))
      let found = try #require(
        GaussianInformation(
          PlugInEstimate(u: u, v: v), u: u, v: v, key: Key(78).folded(with: index)))
      #expect(found.lower <= found.value && found.value <= found.upper && found.lower >= 0)
      return found.lower <= exact + 1e-12 && exact <= found.upper
    }
    #expect(covered >= 52, "\(covered) of 60")
  }

  @Test func otherPairsAreToldFromGaussianOnes() throws {
    func p(_ u: Tensor, _ v: Tensor) throws -> Double {
      try #require(GaussianInformation(PlugInEstimate(u: u, v: v), u: u, v: v, key: Key(0)))
        .gaussianity.p
    }
    let u = Tensor.normal([500, 2], key: Key(81), dtype: .float64)
    let noise = Tensor.normal([500, 2], key: Key(82), dtype: .float64)
    #expect(try p(u, u + noise) > 0.01)
    // A relation that bends, tails that are heavy, values on a grid of two.
    #expect(try p(u, u.square() + noise) < 1e-6)
    #expect(try p(u / noise, u) < 1e-6)
    #expect(try p(u.sign() + noise * 0.1, noise) < 1e-6)
  }

  /// Of 200 Gaussian samples at most 1 % is doubted, 2 on the average: more than 9 with probability 5e-5. Each test alone
  /// likewise.
  @Test func gaussianPairsAreSeldomDoubted() {
    let doubted = (0..<200).count { index in
      let z = Tensor.normal([300, 4], key: Key(83).folded(with: index), dtype: .float64)
      let centred = z - z.mean(dim: 0, keepDim: true)
      guard let factor = try? (matmul(centred.T, centred) / 299).cholesky() else { return true }
      return Gaussianity(whitened: factor.solveTriangular(centred.T, upper: false).T).p < 0.01
    }
    #expect(doubted <= 9)
  }

  /// Sides that are Gaussian, joined by turns that grow with length: third moments are 0 and fourth ones nearly as they
  /// should be.
  @Test func curvedRelationsOfGaussianSidesAreSeen() throws {
    let u = Tensor.normal([400, 2], key: Key(86), dtype: .float64)
    let angle = u.square().sum(dim: 1) * 0.8
    let (x, y) = (u.select(dim: 1, 0), u.select(dim: 1, 1))
    let noise = Tensor.normal([400, 2], key: Key(87), dtype: .float64) * 0.6
    let turned =
      stack([angle.cos() * x - angle.sin() * y, angle.sin() * x + angle.cos() * y], dim: 1) * 0.8
    let found = try #require(Gaussianity(of: cat([u, turned + noise], dim: 1)))
    #expect((found.shapeP ?? 1) < 1e-4 && found.p < 1e-3)
    #expect(try #require(Gaussianity(of: turned + noise)).p > 0.01)
    #expect(Gaussianity(of: cat([u, u], dim: 1)) == nil)
  }

  @Test func nothingIsSaidWhereTheLawIsUnknown() throws {
    let (u, v) = try draws(try pair([0.5], 2, 2, seed: 84), 20, key: Key(85))
    let shrunk = try PlugInEstimate(u: u, v: v, shrinkage: .intensity(0.1))
    #expect(GaussianInformation(shrunk, u: u, v: v, key: Key(0)) == nil)
    // A redundant column that is truncated changes nothing.
    let narrow = cat([u, u.narrow(dim: 1, 0..<1)], dim: 1)
    let truncated = try PlugInEstimate(u: narrow, v: v, truncation: .below(1e-9))
    let plain = try PlugInEstimate(u: u, v: v)
    let found = GaussianInformation(truncated, u: narrow, v: v, key: Key(1))
    let expected = GaussianInformation(plain, u: u, v: v, key: Key(1))
    #expect(abs((found?.value ?? .nan) - (expected?.value ?? 0)) < 1e-9)
  }
}
