import Files
import Foundation
import GaussianTheory
import Testing
import Torch

@testable import Information

/// Information against closed forms.
@Suite struct InformationTests {
  /// One coordinate a side with a correlation: I = −½ log(1 − σ²).
  static func normals(_ count: Int, _ sigma: Double, _ key: Key) -> (u: Tensor, v: Tensor) {
    let (first, second) = key.split()
    let u = Tensor.normal([count, 1], key: first, dtype: .float64)
    let noise = Tensor.normal([count, 1], key: second, dtype: .float64)
    return (u, u * sigma + noise * (1 - sigma * sigma).squareRoot())
  }

  static let truth = -0.5 * log(1 - 0.75 * 0.75)

  // MARK: Normal scores

  @Test func scoresAreQuantilesOfRanks() {
    let scores = NormalScores.of(Tensor([5.0, -1, 1e9, -1, 7], shape: [5, 1]))
    // Ranks 3, 1½, 5, 1½, 4 of five: Φ⁻¹ at 0.5, 0.2, 0.9, 0.2, 0.7.
    let expected = [
      0, -0.8416212335729143, 1.2815515655446004, -0.8416212335729143, 0.5244005127080409,
    ]
    for (value, other) in zip(scores.array(Double.self), expected) {
      #expect(abs(value - other) < 1e-12)
    }
    let (u, _) = Self.normals(300, 0, Key(1))
    #expect((NormalScores.of(u) - NormalScores.of(u.pow(3))).abs().max().item() < 1e-15)
  }

  // MARK: Neighbours

  /// Within four of its own standard errors, which neighbours of 1,500 pairs make 0.1.
  @Test(arguments: [0.0, 0.75])
  func neighboursFindTheInformationOfNormals(_ sigma: Double) {
    let (u, v) = Self.normals(1500, sigma, Key(2))
    let found = NeighbourInformation(u: u, v: v, key: Key(30))
    let truth = -0.5 * log(1 - sigma * sigma)
    #expect(abs(found.value - truth) < 4 * found.standardError)
    // Values of 1,500 pairs vary by 0.027 from draw to draw, and this is estimated from sixteen quarters.
    #expect(found.standardError < 0.04)
  }

  /// u + uniform noise of 0.1 has edges, which neighbours of few pairs are too wide for: a bias of a seventh, and
  /// intervals that hold it. Standard errors are as the values vary.
  @Test func intervalsOfNeighboursHoldTheirBias() {
    let truth = log(5) + 0.1
    let draws = (0..<40).map { draw in
      let (first, second) = Key(31).folded(with: draw).split()
      let u = Tensor.uniform([200, 1], key: first, dtype: .float64)
      let v = u + (Tensor.uniform([200, 1], key: second, dtype: .float64) * 2 - 1) * 0.1
      return NeighbourInformation(
        u: NormalScores.of(u), v: NormalScores.of(v), key: Key(32).folded(with: draw))
    }
    #expect(draws.map(\.value).mean < truth - 0.15)
    #expect(abs(draws.map(\.extrapolated).mean - truth) < 0.1)
    // Of draws that each hold it in 0.95, fewer than 33 do in 0.0007 of the cases.
    #expect(draws.count { $0.estimate.lower <= truth && truth <= $0.estimate.upper } >= 33)
    for (values, errors) in [
      (draws.map(\.value), draws.map(\.standardError)),
      (draws.map(\.extrapolated), draws.map(\.standardErrorOfExtrapolated)),
    ] {
      // 39 degrees of freedom: a ratio of deviations is outside this in less than 0.001 of the cases.
      let ratio = errors.mean / values.variance.squareRoot()
      #expect(0.65 < ratio && ratio < 1.6)
    }
  }

  /// The formula of Kraskov et al., pair by pair.
  @Test func neighboursFollowTheirFormula() {
    let (u, v) = (
      Tensor.normal([40, 2], key: Key(3), dtype: .float64),
      Tensor.normal([40, 1], key: Key(4), dtype: .float64)
    )
    let (x, y) = (u.array(Double.self), v.array(Double.self))
    func psi(_ n: Int) -> Double {
      (1..<n).reduce(-0.5772156649015329) { $0 + 1 / Double($1) }
    }
    var sum = 0.0
    for i in 0..<40 {
      let du = (0..<40).map { max(abs(x[2 * i] - x[2 * $0]), abs(x[2 * i + 1] - x[2 * $0 + 1])) }
      let dv = (0..<40).map { abs(y[i] - y[$0]) }
      let reach = (0..<40).filter { $0 != i }.map { max(du[$0], dv[$0]) }.sorted()[2]
      let nu = (0..<40).count { $0 != i && du[$0] < reach }
      let nv = (0..<40).count { $0 != i && dv[$0] < reach }
      sum += psi(nu + 1) + psi(nv + 1)
    }
    let found = NeighbourInformation(u: u, v: v, neighbours: 3, key: Key(30))
    #expect(abs(found.value - (psi(3) + psi(40) - sum / 40)) < 1e-12)
  }

  // MARK: Permutations

  /// A circle: not correlated, and dependent. Independent pairs have p ≤ 0.1 in a tenth of the draws.
  @Test func relationsAreFoundAndOthersNot() {
    let angle = Tensor.uniform([300, 1], key: Key(5), dtype: .float64) * 6.283185307179586
    let (u, v) = (NormalScores.of(angle.cos()), NormalScores.of(angle.sin()))
    #expect(RelationTest(u: u, v: v, permutations: 99, key: Key(6)).p == 0.01)
    let rejected = (0..<40).count { draw in
      let (u, v) = Self.normals(60, 0, Key(7).folded(with: draw))
      return RelationTest(u: u, v: v, permutations: 39, key: Key(8).folded(with: draw)).p <= 0.1
    }
    // Binomial with 40 draws of 0.1: above 11 in 0.0006 of the cases.
    #expect(rejected <= 11)
  }

  // MARK: Learned scores

  static var small: CrossFittedInformation.Effort {
    var effort = CrossFittedInformation.Effort()
    (effort.folds, effort.steps, effort.batch) = (2, 80, 128)
    return effort
  }

  /// u is v or −v with noise, which no product of coordinates sees. Bounds are below the truth, log 2 less than that of the
  /// sign being known, within their intervals.
  @Test func learnedScoresFindWhatIsThere() throws {
    let (w, v) = Self.normals(900, 0.95, Key(9))
    let sign =
      Tensor.uniform([900, 1], key: Key(10), dtype: .float64).greater(than: 0.5).to(.float64) * 2
      - 1
    func fitted() throws -> [CrossFittedInformation] {
      try CrossFittedInformation.fitted(u: w * sign, v: v, effort: Self.small, key: Key(11))
    }
    let all = try fitted()
    #expect(all.map(\.score) == [.pair, .separable, .both])
    // Between the information of |u| and |v|, which the bounds come near, and that of pairs whose sign is known.
    let most = -0.5 * log(1 - 0.95 * 0.95)
    for found in all {
      #expect(found.infoNCE.value > 0.2)
      #expect(found.infoNCE.lower < most)
      #expect(abs(found.plugIn.value - found.infoNCE.value) < 0.3)
      #expect(found.ceiling == log(450))
    }
    // The plug-in of the mean of two scores is the mean of theirs.
    #expect(abs(all[2].plugIn.value - (all[0].plugIn.value + all[1].plugIn.value) / 2) < 1e-5)
    #expect(try fitted() == all)
  }

  // MARK: The answer

  static var quick: InformationEstimate.Effort {
    var effort = InformationEstimate.Effort()
    effort.learned = nil
    return effort
  }

  @Test func everyKindOfPairsHasItsMethod() throws {
    let (u, v) = Self.normals(1500, 0.75, Key(12))
    let gaussian = try InformationEstimate(u: u, v: v, effort: Self.quick, key: Key(13))
    #expect(gaussian.method == .gaussian)
    #expect(gaussian.interval[0] < Self.truth && Self.truth < gaussian.interval[1])
    // Monotone maps leave it as it is, and so do coordinates that tell nothing.
    let more = (0..<2).map { Tensor.normal([1500, 2], key: Key(UInt64(21 + $0)), dtype: .float64) }
    let mapped = try InformationEstimate(
      u: cat([u, more[0]], dim: 1).pow(3), v: cat([v, more[1]], dim: 1).exp(),
      effort: Self.quick, key: Key(13))
    #expect(mapped.method == .gaussianScores)
    #expect(mapped.interval[0] < Self.truth && Self.truth < mapped.interval[1])
    #expect((mapped.gaussianP ?? 1) < 0.01)
    // u + uniform noise of ¾: I = 1/3.
    let x = Tensor.uniform([1500, 1], key: Key(14), dtype: .float64)
    let y = x + (Tensor.uniform([1500, 1], key: Key(15), dtype: .float64) * 2 - 1) * 0.75
    let noise = try InformationEstimate(u: x, v: y, effort: Self.quick, key: Key(16))
    #expect(noise.method == .neighbours)
    #expect(noise.interval[0] < 1.0 / 3 && 1.0 / 3 < noise.interval[1])
    // Neither Gaussian nor related.
    let none = try InformationEstimate(
      u: x, v: Tensor.uniform([1500, 1], key: Key(17), dtype: .float64), effort: Self.quick,
      key: Key(18))
    #expect(none.method == .noRelation && none.value == 0 && none.interval[0] == 0)
    #expect(none.estimates.allSatisfy { $0.method != .noRelation })
  }

  /// Copies tell all of each other, and labels nothing that can be said without learning.
  @Test func whatCannotBeSaidIsNot() throws {
    let u = Tensor.normal([200, 2], key: Key(22), dtype: .float64)
    let copies = try InformationEstimate(u: u, v: u, effort: Self.quick, key: Key(23))
    #expect(copies.isBound && copies.needsLearning)
    #expect(copies.cautions.contains { $0.contains("neighbours are saturated") })
    let label = u.narrow(dim: 1, 0..<1).greater(than: 0).to(.float64)
    let labels = try InformationEstimate(
      u: u, v: cat([label, 1 - label], dim: 1), effort: Self.quick, key: Key(24))
    #expect(labels.method == .undetermined && labels.isBound && labels.needsLearning)
    #expect(labels.interval == [0, .infinity])
  }

  @Test func tooLittleIsRefused() {
    let (u, v) = Self.normals(59, 0.5, Key(19))
    #expect(throws: Failure.self) { try InformationEstimate(u: u, v: v, key: Key(0)) }
    let flat = Tensor.ones([100, 1], dtype: .float64)
    let (w, _) = Self.normals(100, 0.5, Key(20))
    let failure = #expect(throws: Failure.self) {
      try InformationEstimate(u: flat, v: w, key: Key(0))
    }
    #expect(failure?.what.contains("no coordinate of u varies") == true)
  }
}
