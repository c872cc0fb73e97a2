import Files
import Foundation
import TestModels
import Testing

@testable import CoupletCore

@Suite struct TrustTests {
  /// The pairs' own scores, from s = 10 at partners and 0 elsewhere.
  private var matched: ScoreFactors {
    ScoreFactors(x: Tensor.eye(100, dtype: .float64) * 10, y: Tensor.eye(100, dtype: .float64))
  }

  @Test func profileOfGaussianPairs() throws {
    let pairs = GaussianPairs(3000, sigma: 0.8, key: Key(1))
    let scores = pairs.exactScores
    let profile = ScoreProfile(scores)
    let s = scores.matrix
    let own = s.diagonal()
    // The stored matrix gives the same numbers to rounding.
    let median = { (values: Tensor) in values.array(Double.self).sorted().quantile(0.5) }
    let logN = log(3000.0)
    #expect(abs(profile.scores.values[6] - median(own)) < 1e-12)
    let ofU = median(own - s.logSumExp(dim: 0) + logN)
    let ofV = median(own - s.logSumExp(dim: 1) + logN)
    #expect(abs(try #require(profile.logDensities["u"]).values[6] - ofU) < 1e-10)
    #expect(abs(try #require(profile.logDensities["v"]).values[6] - ofV) < 1e-10)
    // The mean log-density is the mutual information, and the exact score is its own log-density.
    #expect(abs(ofU - profile.scores.values[6]) < 0.05)
  }

  @Test func levelsInterpolateQuantiles() {
    let quantiles = ScoreProfile.Quantiles(of: (0...1000).map(Double.init))
    #expect(quantiles.values.first == 0 && quantiles.values.last == 1000)
    // Quantiles of 0…1000 are 1000 p, so levels are value/1000, to rounding.
    for value in [0.5, 5, 40, 250, 333, 999.5] {
      #expect(abs(quantiles.level(of: value) - value / 1000) < 1e-12)
    }
    #expect(quantiles.level(of: -1) == 0 && quantiles.level(of: 1001) == 1)
    // An atom: all of it is at or above its place.
    #expect(ScoreProfile.Quantiles(of: [3, 3, 3]).level(of: 3) == 0)
    #expect(ScoreProfile.Quantiles(of: [3, 3, 3]).level(of: 3.1) == 1)
  }

  @Test func profileLivesInMetadata() throws {
    let profile = ScoreProfile(GaussianPairs(50, sigma: 0.5, key: Key(2)).exactScores)
    let metadata = try profile.metadata()
    #expect(try ScoreProfile(metadata: metadata, at: "model") == profile)
    #expect(try ScoreProfile(metadata: ["other": "1"], at: "model") == nil)
    #expect(throws: Failure.self) {
      try ScoreProfile(metadata: [ScoreProfile.metadataKey: "{}"], at: "model")
    }
    let cut = metadata.mapValues { $0.replacing("\"values\":[", with: "\"values\":[1e9,") }
    #expect(throws: Failure.self) { try ScoreProfile(metadata: cut, at: "model") }
    let notFinite = ScoreProfile(
      ScoreFactors(x: Tensor.full([3, 1], .nan), y: Tensor.ones([3, 1])))
    #expect(throws: Failure.self) { try notFinite.metadata() }
  }

  private func conditional(_ scores: [Double], weights: [Double]? = nil) -> ConditionalDistribution
  {
    ConditionalDistribution(
      scores: Tensor(scores), candidates: .arange(scores.count), weights: weights.map { Tensor($0) }
    )
  }

  /// The numbers in closed form: weights ½, ¼, ¼ from scores log 4, log 2, log 2 and equal reference weights, so that
  /// the normaliser is log(8/3).
  @Test func numbersOfATrust() {
    let trust = conditional([log(4), log(2), log(2)]).trust(of: .u)
    #expect(trust.candidates == 3 && trust.scoreLevel == nil && trust.densityLevel == nil)
    #expect(abs(trust.effectiveSampleSize - 1 / 0.375) < 1e-14)
    #expect(abs(trust.entropy - 1.5 * log(2)) < 1e-14)
    #expect(abs(trust.divergenceFromReference - (log(3) - 1.5 * log(2))) < 1e-14)
    #expect(abs(trust.bestScore - log(4)) < 1e-14)
    #expect(abs(trust.bestLogDensity - log(1.5)) < 1e-14)
    #expect(trust.warnings.isEmpty)
    // A candidate of weight 0 is not there, whatever its score.
    let weighted = conditional([log(4), 50, log(2)], weights: [1, 0, 1]).trust(of: .u)
    #expect(abs(weighted.bestScore - log(4)) < 1e-14)
  }

  @Test func warnsOfOneCandidate() {
    let trust = conditional([0, 5, 0, 0]).trust(of: .v)
    #expect(trust.warnings.count == 1 && trust.warnings[0].contains("one candidate carries 98 %"))
    // A gallery of one has nothing to be concentrated among.
    #expect(conditional([3]).trust(of: .v).warnings.isEmpty)
  }

  /// Partners scored 10 in training, with log-density 10 − log((e¹⁰ + 99)/100).
  @Test func warnsWhenNothingFits() {
    let profile = ScoreProfile(matched)
    let good = conditional([10.001] + Array(repeating: 0, count: 99)).trust(
      of: .u, against: profile)
    #expect(good.scoreLevel == 1 && good.densityLevel == 1)
    // One candidate decides, as it did in training; nothing else is to be said.
    #expect(good.warnings.count == 1)
    // Weights are the same when all scores fall by the same amount: only the score shows it.
    let low = conditional([4] + Array(repeating: -6.001, count: 99)).trust(of: .u, against: profile)
    #expect(low.scoreLevel == 0 && low.densityLevel == 1)
    #expect(low.warnings.count == 2 && low.warnings[1].contains("may hold no partner"))
    // A query that every candidate fits equally well says nothing.
    let flat = conditional(Array(repeating: 11, count: 100)).trust(of: .u, against: profile)
    #expect(flat.scoreLevel == 1 && flat.densityLevel == 0)
    #expect(flat.warnings.count == 1 && flat.warnings[0].contains("only 1 times as probable"))
  }
}
