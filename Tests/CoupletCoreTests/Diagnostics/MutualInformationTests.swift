import Foundation
import TestModels
import Testing

@testable import CoupletCore

@Suite struct MutualInformationTests {
  /// For the exact score, the information density s(u, v) has variance Σσ² and the normalisers have no first-order
  /// error (E exp s = 1 given either side), so the values have the standard error √(Σσ²/N) = 0.031 here. Four of them,
  /// plus a bias of order (1/(1 − σ²) − 1)/N < 0.002 a coordinate.
  @Test func exactScoreReachesTheTruth() throws {
    let pairs = GaussianPairs(2000, dimension: 3, sigma: 0.8, key: Key(1))
    let result = MutualInformation(pairs.exactScores, key: Key(2))
    let tolerance = 4 * (3 * 0.64 / 2000).squareRoot() + 0.006
    for estimate in [result.infoNCE] + result.oneSidedInfoNCE + [result.donskerVaradhan] + [
      try #require(result.nwj)
    ] {
      #expect(abs(estimate.value - pairs.information) < tolerance)
      #expect(estimate.contains(estimate.value))
      // 3.92 standard errors, which the jackknife knows to some 2 % for tails like these.
      let width = estimate.upper - estimate.lower
      #expect(abs(width / (3.92 * (3 * 0.64 / 2000).squareRoot()) - 1) < 0.2)
    }
    #expect(result.cautions.isEmpty)
  }

  @Test func valuesAreMinusTheLosses() {
    let pairs = GaussianPairs(37, dimension: 2, sigma: 0.7, key: Key(3))
    let scores = pairs.exactScores
    let result = MutualInformation(scores, key: Key(0))
    func value(_ loss: some Loss) -> Double { -loss(ScoredBatch(pairs: scores)).item() }
    // The same formula in double precision: rounding of sums of 37² terms.
    #expect(abs(result.infoNCE.value - value(ConditionalLoss(.twoSided))) < 1e-12)
    #expect(abs(result.oneSidedInfoNCE[0].value - value(ConditionalLoss(.uGivenV))) < 1e-12)
    #expect(abs(result.oneSidedInfoNCE[1].value - value(ConditionalLoss(.vGivenU))) < 1e-12)
    #expect(abs(result.donskerVaradhan.value - value(JointLoss(.offDiagonal))) < 1e-12)
  }

  /// Against each pair left out in truth, at scores of ordinary size and at scores of which one pair owns whole sums.
  @Test(arguments: [1.0, 300]) func leavingOutEqualsItsDefinition(scale: Double) throws {
    let n = 23
    let pairs = GaussianPairs(n, sigma: 0.9, key: Key(4))
    let scores = ScoreFactors(
      x: pairs.u * scale, y: pairs.v, rowBias: pairs.u.flattened(), columnBias: pairs.v.flattened())
    // Tiles that do not divide the number of pairs.
    let bounds = JackknifedBounds(scores, tile: 7)
    // Double precision of scores up to `scale` · 10; digits that are lost where a sum nearly vanishes.
    let tolerance = 1e-12 * 10 * scale
    for k in 0..<n {
      let rest = scores.pairs(at: (0..<n).filter { $0 != k }).to(.float64)
      func value(_ loss: some Loss) -> Double { -loss(ScoredBatch(pairs: rest)).item() }
      #expect(
        abs(bounds.oneSidedInfoNCE[0].leftOut[k] - value(ConditionalLoss(.uGivenV))) < tolerance)
      #expect(
        abs(bounds.oneSidedInfoNCE[1].leftOut[k] - value(ConditionalLoss(.vGivenU))) < tolerance)
      #expect(
        abs(bounds.donskerVaradhan.leftOut[k] - value(JointLoss(.offDiagonal))) < tolerance)
    }
    let halves = JackknifedBounds.halves(n)
    #expect(halves.joined().sorted() == Array(0..<n))
    func nwj(without k: Int?) -> Double {
      let parts = halves.map { scores.pairs(at: $0.filter { $0 != k }).to(.float64) }
      func mean(_ part: ScoreFactors) -> (own: Double, log: Double) {
        let own = part.diagonal.mean().item()
        return (own, JointLoss(.offDiagonal)(ScoredBatch(pairs: part)).item() + own)
      }
      let (a, b) = (mean(parts[0]), mean(parts[1]))
      return
        (a.own - exp(min(a.log - b.log, 300)) - b.log + 1
        + b.own - exp(min(b.log - a.log, 300)) - a.log + 1) / 2
    }
    let found = try #require(bounds.nwj)
    for (value, expected) in zip([found.value] + found.leftOut, [nil] + (0..<n).map { $0 })
      .map({ ($0, nwj(without: $1)) })
    {
      #expect(abs(value - expected) < 1e-9 * scale * max(1, abs(expected)))
    }
  }

  /// I = 9.3 nats from 256 pairs: log 256 = 5.5 binds, and every resample stays below it.
  @Test func ceilingBindsForStrongDependence() {
    let pairs = GaussianPairs(256, dimension: 3, sigma: 0.999, key: Key(6))
    let result = MutualInformation(pairs.exactScores, key: Key(7))
    #expect(abs(result.ceiling - log(256)) < 1e-15)
    #expect(result.infoNCE.value < result.ceiling && result.infoNCE.value > result.ceiling - 0.2)
    #expect(result.infoNCE.upper <= result.ceiling)
    #expect(result.infoNCE.contains(result.infoNCE.value))
    #expect(result.cautions.contains { $0.contains("ceiling log N = 5.55") })
  }

  /// Over 300 data sets, the 95 % interval holds the expectation of the value at that N in 94 % of cases (0.941 of 1,000 by
  /// the same formula in NumPy); the count has the standard deviation 4. NWJ is a bound in expectation, to its standard
  /// error.
  @Test func intervalsCover() throws {
    let results = (0..<300).map { seed in
      let pairs = GaussianPairs(100, sigma: 0.6, key: Key(8).folded(with: seed))
      return MutualInformation(pairs.exactScores, key: Key(9).folded(with: seed))
    }
    for estimate in [\MutualInformation.infoNCE, \.donskerVaradhan] {
      let expected = results.reduce(0) { $0 + $1[keyPath: estimate].value } / 300
      let covered = results.count { $0[keyPath: estimate].contains(expected) }
      #expect(covered >= 266 && covered <= 297, "\(covered) of 300")
    }
    let values = try results.map { try #require($0.nwj).value }
    let mean = values.reduce(0, +) / 300
    let spread = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 299).squareRoot()
    #expect(mean < -0.5 * log(1 - 0.36) + 3 * spread / 300.0.squareRoot())
  }

  /// What was trained for is what is said first; scores that know one side only are told.
  @Test func oneSidedModelsSayTheirOwnSide() {
    let pairs = GaussianPairs(400, dimension: 2, sigma: 0.9, key: Key(20))
    // A free function of v changes nothing of ν(u | v), and spoils the rest.
    let scores = pairs.exactScores.adding(columnBias: pairs.v.square().sum(dim: 1) * 5)
    let own = MutualInformation(scores, headline: .infoNCEOfU, key: Key(21))
    #expect(own.bound == own.oneSidedInfoNCE[0] && abs(own.bound.value - pairs.information) < 0.4)
    #expect(own.cautions.isEmpty)
    let plain = MutualInformation(scores, key: Key(21))
    #expect(plain.bound == plain.infoNCE && plain.bound.value < 0)
    #expect(plain.cautions.contains { $0.contains("InfoNCE of u given v alone") })
    #expect(ConditionalLoss(.uGivenV).informationBound == .infoNCEOfU)
    #expect(ConditionalMMDLoss(.vGivenU).informationBound == .infoNCEOfV)
    #expect(JointLoss().informationBound == .infoNCE)
  }

  /// Cauchy pairs under an inner product: no moments, and one pair that decides.
  @Test func heavyTailsAreCautioned() {
    let pairs = GaussianPairs(500, sigma: 0.5, key: Key(22))
    let divisor = Tensor.normal([500, 1], key: Key(23), dtype: .float64)
    let result = MutualInformation(
      ScoreFactors(x: pairs.u / divisor, y: pairs.v / divisor), key: Key(24))
    #expect(result.largestShare > 0.25)
    #expect(result.cautions.contains { $0.contains("ranks or asinh") })
    #expect(result.infoNCE.contains(result.infoNCE.value))
  }

  @Test func independenceIsZero() {
    let u = Tensor.normal([500, 2], key: Key(10), dtype: .float64)
    let v = Tensor.normal([500, 2], key: Key(11), dtype: .float64)
    let nothing = MutualInformation(ScoreFactors(x: u * 0, y: v), key: Key(12))
    // A constant score: log of sums of 500 ones, to rounding.
    for estimate in [nothing.infoNCE, nothing.donskerVaradhan] {
      #expect(abs(estimate.value) < 1e-12 && abs(estimate.upper) < 1e-12)
    }
    // A model that claims dependence where there is none stays below 0 by the divergence it invents.
    let wrong = GaussianPairs(2, sigma: 0.5, key: Key(0)).exactScores(u, v)
    let claimed = MutualInformation(wrong, key: Key(12))
    #expect(claimed.infoNCE.upper < 0)
    #expect(claimed.donskerVaradhan.upper < 0)
  }

  /// Scores that know the training pairs and nothing else.
  @Test func gapShowsMemory() {
    let heldOut = ScoreFactors(x: Tensor.zeros([50, 80]), y: Tensor.zeros([50, 80]))
    let known = ScoreFactors(x: Tensor.eye(80) * 20, y: Tensor.eye(80))
    let result = MutualInformation(heldOut, training: known, key: Key(13))
    // Of 80 training pairs, 50 are compared: InfoNCE log 50 to within 50 e⁻²⁰, Donsker–Varadhan 20.
    #expect(abs((result.trainingGap?.infoNCE ?? 0) - log(50)) < 1e-6)
    #expect(abs((result.trainingGap?.donskerVaradhan ?? 0) - 20) < 1e-6)
    #expect(result.cautions.contains { $0.contains("overfitted") })
  }
}

extension MutualInformation.Estimate {
  fileprivate func contains(_ truth: Double) -> Bool { lower <= truth && truth <= upper }
}
