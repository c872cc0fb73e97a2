import Foundation
import GaussianTheory
import Testing
import Torch

@testable import Information

/// Student's copula against closed forms.
@Suite struct StudentInformationTests {
  /// Student vectors with ν degrees of freedom in `width` coordinates that are not correlated.
  static func draws(_ count: Int, _ width: Int, _ freedom: Int, _ key: Key) -> Tensor {
    let (first, second) = key.split()
    let squares = Tensor.normal([count, freedom], key: second, dtype: .float64).square()
      .sum(dim: 1, keepDim: true)
    return Tensor.normal([count, width], key: first, dtype: .float64)
      / (squares / Double(freedom)).sqrt()
  }

  // MARK: Lengths

  /// Quantiles of one coordinate in closed form: ν = 1, tan π(p − ½), and ν = 2, (2p − 1) / √(2p(1 − p)).
  @Test(arguments: [0.0, 0.3, 1, 2, 3, 4.5])
  func quantilesAreThoseOfClosedForms(_ z: Double) {
    let upper = 0.5 * erfc(z / 2.0.squareRoot())
    let expected = [
      1: tan(.pi * (0.5 - upper)), 2: (1 - 2 * upper) / (2 * upper * (1 - upper)).squareRoot(),
    ]
    for (freedom, value) in expected {
      let map = StudentRadius(coordinates: 1, freedom: Double(freedom), reach: 5)
      let found = map.student(ofNormal: z)
      #expect(abs(found - value) <= 1e-6 * max(1, value), "ν = \(freedom)")
      #expect(abs(map.normal(ofStudent: value) - z) < 1e-5)
    }
  }

  /// Two coordinates: P(|z| > r) = e^{−r²/2} and P(|x| > ρ) = (1 + ρ²/ν)^{−ν/2}.
  @Test(arguments: [0.5, 3, 40])
  func lengthsOfTwoCoordinatesAreThoseOfTheClosedForm(_ freedom: Double) {
    let map = StudentRadius(coordinates: 2, freedom: freedom, reach: 5)
    for r in [0.02, 0.5, 1, 2, 3, 4] {
      let expected = (freedom * expm1(r * r / freedom)).squareRoot()
      #expect(abs(map.student(ofNormal: r) / expected - 1) < 1e-4, "r = \(r)")
      #expect(abs(map.normal(ofStudent: expected) - r) < 1e-4)
    }
  }

  /// In many coordinates the start is far from where lengths are: the mean of |z|² comes back as d.
  @Test func lengthsOfManyCoordinatesAreThoseOfNormalVectors() {
    let x = Self.draws(4000, 30, 5, Key(31))
    let map = StudentRadius(coordinates: 30, freedom: 5, reach: 13)
    let squares = x.square().sum(dim: 1).sqrt().array(Double.self)
      .map { pow(map.normal(ofStudent: $0), 2) }
    let mean = squares.reduce(0, +) / 4000
    // |z|² has the variance 2d.
    #expect(abs(mean - 30) < 4 * (60.0 / 4000).squareRoot())
    let variance = squares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 3999
    #expect(abs(variance / 60 - 1) < 0.15)
  }

  // MARK: The fit

  /// Neither ν nor R nor I depends on monotone maps of coordinates; all come back within four standard errors.
  @Test func studentPairsComeBack() throws {
    let all = Self.draws(1000, 4, 3, Key(32))
    // v₁ shares the correlation 0.6 with u₁, which adds −½ log(1 − 0.36).
    let u = all.narrow(dim: 1, 0..<2)
    let v = cat(
      [
        u.narrow(dim: 1, 0..<1) * 0.6 + all.narrow(dim: 1, 2..<3) * 0.8,
        all.narrow(dim: 1, 3..<4),
      ], dim: 1)
    let found = try #require(
      StudentInformation(u: NormalScores.of(u), v: NormalScores.of(v.pow(3))))
    let truth = 0.11082562 - 0.5 * log(1 - 0.36)
    #expect(abs(found.value - truth) < 4 * found.standardError)
    #expect(found.standardError < 0.04)
    #expect(abs(found.freedom - 3) < 1)
    #expect(found.isCredible)
  }

  /// Gaussian pairs are the limit ν → ∞: the value is −½ log(1 − σ²), of pairs that are none of these the fit is refused.
  @Test func otherPairsAreToldApart() throws {
    let (u, v) = InformationTests.normals(1000, 0.75, Key(33))
    let found = try #require(
      StudentInformation(u: NormalScores.of(u), v: NormalScores.of(v)))
    #expect(found.freedom > 15)
    #expect(abs(found.value - InformationTests.truth) < 4 * found.standardError)
    let bent = try #require(
      StudentInformation(u: NormalScores.of(u), v: NormalScores.of(v.square() + u)))
    #expect(!bent.isCredible)
    #expect(StudentInformation(u: u, v: u) == nil)
  }

  /// Student pairs are answered by it, and by the Gaussian value nowhere.
  @Test func heavyTailsAreAnswered() throws {
    let all = Self.draws(800, 4, 2, Key(34))
    let found = try InformationEstimate(
      u: all.narrow(dim: 1, 0..<2), v: all.narrow(dim: 1, 2..<4), effort: InformationTests.quick,
      key: Key(35))
    #expect(found.method == .student && !found.isBound && !found.needsLearning)
    func f(_ x: Double) -> Double { lgamma(x / 2) - x / 2 * digamma(x / 2) }
    let truth = f(2) + f(6) - 2 * f(4)
    #expect(found.interval[0] < truth && truth < found.interval[1])
  }
}
