import Foundation
import TestModels
import Testing

@testable import CoupletCore

@Suite struct MutualInformationTests {
  /// For the exact score, the information density s(u, v) has variance Σσ² and the normalisers have no first-order
  /// error (E exp s = 1 given either side), so the values have the standard error √(Σσ²/N) = 0.031 here. Four of them,
  /// plus a bias of order (1/(1 − σ²) − 1)/N < 0.002 a coordinate.
  @Test func exactScoreReachesTheTruth() {
    let pairs = GaussianPairs(2000, dimension: 3, sigma: 0.8, key: Key(1))
    let result = MutualInformation(pairs.exactScores, key: Key(2))
    let tolerance = 4 * (3 * 0.64 / 2000).squareRoot() + 0.006
    for estimate in [result.infoNCE] + result.oneSidedInfoNCE + [result.donskerVaradhan] {
      #expect(abs(estimate.value - pairs.information) < tolerance)
      #expect(estimate.contains(estimate.value))
      // Percentiles 2.5 % and 97.5 % span about 3.9 standard errors; 200 resamples know each to 10 %.
      let width = estimate.upper - estimate.lower
      #expect(abs(width / (3.92 * (3 * 0.64 / 2000).squareRoot()) - 1) < 0.35)
    }
    #expect(result.cautions.isEmpty)
  }

  @Test func valuesAreMinusTheLosses() {
    let pairs = GaussianPairs(37, dimension: 2, sigma: 0.7, key: Key(3))
    let scores = pairs.exactScores
    let result = MutualInformation(scores, replicates: 2, key: Key(0))
    func value(_ loss: some Loss) -> Double { -loss(ScoredBatch(pairs: scores)).item() }
    // The same formula in double precision: rounding of sums of 37² terms.
    #expect(abs(result.infoNCE.value - value(ConditionalLoss(.twoSided))) < 1e-12)
    #expect(abs(result.oneSidedInfoNCE[0].value - value(ConditionalLoss(.uGivenV))) < 1e-12)
    #expect(abs(result.oneSidedInfoNCE[1].value - value(ConditionalLoss(.vGivenU))) < 1e-12)
    #expect(abs(result.donskerVaradhan.value - value(JointLoss(.offDiagonal))) < 1e-12)
  }

  /// Against loops over the resample written out, copies of one pair left out as partners.
  @Test(arguments: [1.0, 300]) func replicatesEqualTheirDefinition(scale: Double) {
    let n = 23
    let pairs = GaussianPairs(n, sigma: 0.9, key: Key(4))
    let scores = ScoreFactors(
      x: pairs.u * scale, y: pairs.v, rowBias: pairs.u.flattened(), columnBias: pairs.v.flattened())
    let weights = ResampledBounds.weights(pairs: n, replicates: 5, key: Key(5))
    // Tiles that do not divide the number of pairs.
    let bounds = ResampledBounds(scores, weights: weights, tile: 7)
    let s = scores.matrix.array(Double.self)
    let w = weights.array(Double.self)
    #expect(weights.sum(dim: 0).array(Double.self) == Array(repeating: Double(n), count: 6))
    for b in 0..<6 {
      let drawn = (0..<n).flatMap { Array(repeating: $0, count: Int(w[$0 * 6 + b])) }
      var (u, v, own) = (0.0, 0.0, 0.0)
      var independent: [Double] = []
      for j in drawn {
        let others = drawn.filter { $0 != j }
        let shrink = Double(n - 1) / Double(n) / Double(others.count)
        let diagonal = s[j * n + j]
        own += diagonal / Double(n)
        func logMean(_ negatives: [Double]) -> Double {
          let top = max(diagonal, negatives.max() ?? diagonal)
          let sum = negatives.reduce(0) { $0 + exp($1 - top) }
          return top + log(exp(diagonal - top) / Double(n) + shrink * sum)
        }
        u += (diagonal - logMean(others.map { s[$0 * n + j] })) / Double(n)
        v += (diagonal - logMean(others.map { s[j * n + $0] })) / Double(n)
        independent += others.map { s[$0 * n + j] }
      }
      let top = independent.max() ?? 0
      let mean = independent.reduce(0) { $0 + exp($1 - top) } / Double(independent.count)
      // Double precision of scores up to `scale` · 10.
      let tolerance = 1e-13 * 10 * scale
      #expect(abs(bounds.oneSidedInfoNCE[0][b] - u) < tolerance)
      #expect(abs(bounds.oneSidedInfoNCE[1][b] - v) < tolerance)
      #expect(abs(bounds.donskerVaradhan[b] - (own - top - log(mean))) < tolerance)
    }
  }

  /// I = 9.3 nats from 256 pairs: log 256 = 5.5 binds, and every resample stays below it.
  @Test func ceilingBindsForStrongDependence() {
    let pairs = GaussianPairs(256, dimension: 3, sigma: 0.999, key: Key(6))
    let result = MutualInformation(pairs.exactScores, key: Key(7))
    #expect(abs(result.ceiling - log(256)) < 1e-15)
    #expect(result.infoNCE.value < result.ceiling && result.infoNCE.value > result.ceiling - 0.2)
    #expect(result.infoNCE.upper <= result.ceiling)
    // Copies of a pair among its own negatives would put the interval far below the value.
    #expect(result.infoNCE.contains(result.infoNCE.value))
    #expect(result.cautions.contains { $0.contains("ceiling log N = 5.55") })
  }

  /// Over 200 data sets, the 90 % interval holds the expectation of the value at that N in 90 % of cases, less the
  /// few per cent that percentile intervals of 60 pairs miss; the count has the standard deviation 4.
  @Test func intervalsCover() {
    func result(_ seed: Int) -> MutualInformation {
      MutualInformation(
        GaussianPairs(60, sigma: 0.6, key: Key(8).folded(with: seed)).exactScores,
        replicates: 99, confidence: 0.9, key: Key(9).folded(with: seed))
    }
    let results = (0..<200).map(result)
    for estimate in [\MutualInformation.infoNCE, \.donskerVaradhan] {
      let expected = results.reduce(0) { $0 + $1[keyPath: estimate].value } / 200
      let covered = results.count { $0[keyPath: estimate].contains(expected) }
      #expect(covered >= 160 && covered <= 195, "\(covered) of 200")
    }
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
