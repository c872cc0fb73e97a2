import CoupletCore
import Foundation
import TestModels
import Testing

@Suite struct RetrievalMetricsTests {
  @Test func recallIsTheFractionOfRanksUpToK() {
    let metrics = RetrievalMetrics(ranks: [1, 1, 2, 3, 7, 10, 11, 400])
    #expect([1, 2, 5, 10, 11, 1000].map(metrics.recall) == [0.25, 0.375, 0.5, 0.75, 0.875, 1])
  }

  @Test func theMedianIsTheMiddleRankOrTheMeanOfTheTwo() {
    #expect(RetrievalMetrics(ranks: [9, 1, 4]).medianRank == 4)
    #expect(RetrievalMetrics(ranks: [9, 1, 4, 7]).medianRank == 5.5)
    #expect(RetrievalMetrics(ranks: [3]).medianRank == 3)
  }

  @Test func theReciprocalRankIsAveraged() {
    #expect(RetrievalMetrics(ranks: [1, 2, 4, 4]).meanReciprocalRank == 0.5)
  }

  private struct Fixture: Decodable {
    let x, y: [[Double]]
    let queries, candidates: [Int]
    let meanAveragePrecision, ndcg10: Double
  }

  /// Against NumPy and scikit-learn (Fixtures/make_retrieval.py).
  @Test func severalPartnersAreJudgedAsElsewhere() throws {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../Fixtures/retrieval.json")
    let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: path))
    let scores = ScoreFactors(
      x: Tensor(fixture.x.flatMap { $0 }, shape: [fixture.x.count, 3]),
      y: Tensor(fixture.y.flatMap { $0 }, shape: [fixture.y.count, 3]))
    let partners = PartnerRanks.ofAllPartners(
      scores, queries: fixture.queries, candidates: fixture.candidates)
    let metrics = RetrievalMetrics(partners: partners, candidates: fixture.candidates.count)
    #expect(abs(metrics.meanAveragePrecision - fixture.meanAveragePrecision) < 1e-14)
    #expect(abs(metrics.ndcg(at: 10) - fixture.ndcg10) < 1e-14)
    #expect(
      metrics.ranks
        == PartnerRanks.ofGroups(scores, queries: fixture.queries, candidates: fixture.candidates))
  }

  @Test func gainsAndPrecisionsOfKnownRanks() {
    // (1/1 + 2/3)/2 and 1/2; (1 + 1/log₂ 4)/(1 + 1/log₂ 3) and 1/log₂ 3.
    let metrics = RetrievalMetrics(partners: [[1, 3], [2]], candidates: 5)
    #expect(abs(metrics.meanAveragePrecision - (5.0 / 6 + 0.5) / 2) < 1e-15)
    let first = (1 + 0.5) / (1 + 1 / log2(3.0))
    #expect(abs(metrics.ndcg(at: 10) - (first + 1 / log2(3.0)) / 2) < 1e-15)
    // Of one place only the first counts.
    #expect(metrics.ndcg(at: 1) == 0.5)
    // One partner each: the mean reciprocal rank. None: no gain, and a rank behind the last.
    let single = RetrievalMetrics(ranks: [1, 4, 20])
    #expect(single.meanAveragePrecision == single.meanReciprocalRank)
    #expect(abs(single.ndcg(at: 10) - (1 + 1 / log2(5.0)) / 3) < 1e-15)
    let none = RetrievalMetrics(partners: [[], [1]], candidates: 3)
    #expect(none.ranks == [4, 1] && none.meanAveragePrecision == 0.5 && none.ndcg(at: 10) == 0.5)
  }
}
