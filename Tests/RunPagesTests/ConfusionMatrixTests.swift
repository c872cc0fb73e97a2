import Couplet
import RunPages
import Testing

/// Numbers of a page's tables against those counted by hand.
@Suite struct ConfusionMatrixTests {
  @Test func `a confusion matrix counts, and its rates are those of its rows and columns`() {
    let matrix = ConfusionMatrix(
      labels: ["a", "b", "c"], truth: [0, 0, 0, 1, 1], predicted: [0, 0, 1, 1, 0])
    #expect(matrix.counts == [[2, 1, 0], [1, 1, 0], [0, 0, 0]])
    #expect(matrix.recall(0) == 2.0 / 3 && matrix.precision(0) == 2.0 / 3)
    #expect(matrix.recall(1) == 0.5 && matrix.precision(1) == 0.5)
    #expect(matrix.recall(2) == nil && matrix.precision(2) == nil)
  }
}
