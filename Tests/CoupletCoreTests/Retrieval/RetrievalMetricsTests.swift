import CoupletCore
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
}
