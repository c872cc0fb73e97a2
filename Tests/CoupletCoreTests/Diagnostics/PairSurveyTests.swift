import Foundation
import TestModels
import Testing

@testable import CoupletCore

/// What one walk finds, against the stored matrix.
@Suite struct PairSurveyTests {
  private func factors(_ n: Int, scale: Double = 1) -> ScoreFactors {
    ScoreFactors(
      x: normal([n, 4], Key(1)) * scale, y: normal([n, 4], Key(2)), rowBias: normal([n], Key(3)),
      columnBias: normal([n], Key(4)))
  }

  /// For numbers of pairs whose halves differ, and scores whose exponentials span all of double precision.
  @Test(arguments: [(4, 1.0), (5, 1), (97, 1), (450, 1), (97, 300)])
  func everythingIsThatOfTheMatrix(_ n: Int, _ scale: Double) throws {
    let factors = factors(n, scale: scale)
    let s = factors.matrix
    let survey = PairSurvey(factors, doubled: true, halves: true)
    func compare(_ found: Tensor?, _ expected: Tensor) {
      let difference = found.map { (($0 - expected).abs() / (expected.abs() + 1)).max().item() }
      #expect(difference ?? .infinity < 1e-12)
    }
    compare(survey.sums.rows, s.logSumExp(dim: 1))
    compare(survey.sums.columns, s.logSumExp(dim: 0))
    compare(survey.sums.diagonal, s.diagonal())
    compare(survey.sums.total, s.masked(factors.isPair, with: -.infinity).logSumExp())
    compare(survey.doubled?.rows, (s * 2).logSumExp(dim: 1))
    compare(survey.doubled?.columns, (s * 2).logSumExp(dim: 0))
    let own = s.diagonal()
    #expect(
      survey.ranks.inRows
        == s.greaterOrEqual(own.unsqueezed(1)).sum(dim: 1).array(Int.self))
    #expect(survey.ranks.inColumns == s.greaterOrEqual(own).sum(dim: 0).array(Int.self))
    for (half, rows) in zip(survey.halves, JackknifedBounds.halves(n)) {
      let part = factors.pairs(at: rows)
      let total = part.matrix.masked(part.isPair, with: -.infinity).logSumExp().item()
      let logMean = total - log(Double(rows.count * (rows.count - 1)))
      #expect(abs(half.logMean - logMean) < 1e-12 * max(1, abs(logMean)))
      #expect(abs(half.own - part.diagonal.mean().item()) < 1e-12 * scale)
    }
  }

  @Test func whatIsNotAskedForIsLeftOut() {
    let survey = PairSurvey(factors(9))
    #expect(survey.doubled == nil && survey.halves.isEmpty)
    let whole = PairSurvey(factors(9), doubled: true, halves: true)
    #expect(survey.ranks.inRows == whole.ranks.inRows)
  }

  /// The loss that is handed its sums, and the one that takes them itself.
  @Test(arguments: [
    "two-sided", "two-sided:weights=0.5,2", "u-given-v", "v-given-u", "joint", "joint:all-pairs",
    "sigmoid", "anchored",
  ])
  func lossesOfAnEvaluationAreTheirOwn(_ name: String) throws {
    let loss = try LossSettings(name).value
    let pairs = try PairedData(u: normal([60, 3], Key(5)), v: normal([60, 3], Key(6)))
    let coupling = Coupling(
      u: Identity(dimension: 3), v: Identity(dimension: 3), tilting: Cosine(),
      temperature: try Temperature(.fixed(0.2)))
    let report = try coupling.evaluate(on: pairs, loss: loss)
    let direct = loss(ScoredBatch(pairs: try coupling.factors(of: pairs))).item()
    // Two ways to add 3,600 numbers in double precision.
    #expect(abs(try #require(report.loss) - direct) < 1e-12)
    let ranks = PartnerRanks.ofPairs(try coupling.factors(of: pairs))
    #expect(report.medianRank["u"] == RetrievalMetrics(ranks: ranks.inColumns).medianRank)
    #expect(report.medianRank["v"] == RetrievalMetrics(ranks: ranks.inRows).medianRank)
  }
}
