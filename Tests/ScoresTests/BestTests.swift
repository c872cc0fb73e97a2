import TestDevice
import Testing
import Torch

@testable import Scores

/// The best columns of each row, ranks and effective sizes against the stored matrix in double precision.
@Suite(.serialized) struct BestTests {
  private func normal(_ shape: [Int], _ key: UInt64) -> Tensor {
    .normal(shape, key: Key(key), dtype: .float64)
  }

  private func matrix(_ scores: PairScores) -> Tensor {
    let factors: (Tensor) -> Tensor = { rows in
      scores.form == .cosine ? rows / rows.norm(dim: 1, keepDim: true) : rows
    }
    var s = matmul(factors(scores.x), factors(scores.y).T)
    if scores.form == .squaredDistance {
      s = (scores.x.unsqueezed(1) - scores.y).square().sum(dim: 2) * -0.5
    }
    if let scale = scores.scale { s = s * scale }
    if let a = scores.rowBias { s = s + a.unsqueezed(1) }
    if let b = scores.columnBias { s = s + b }
    return s
  }

  /// One row, few rows (which take dot products), tiles and more; few columns, and more than a lane is worth.
  static let shapes = [(1, 1, 1), (1, 3000, 17), (5, 700, 64), (6, 700, 64), (200, 2500, 33)]

  @Test(arguments: shapes, [FusedForm.innerProduct, .cosine, .squaredDistance])
  func bestAreThoseOfTheStoredMatrix(_ shape: (n: Int, m: Int, d: Int), _ form: FusedForm) {
    let (n, m, d) = shape
    let reference = normal([m], 5)
    let exact = PairScores(
      normal([n, d], 1), normal([m, d], 2), form: form, scale: Tensor(3, dtype: .float64),
      rowBias: normal([n], 3), columnBias: normal([m], 4) + reference)
    let s = matrix(exact)
    let k = min(7, m)
    let wanted = s.topK(k).indices.array(Int.self)
    for dtype in [DType.float64, .float32] {
      var scores = exact
      (scores.x, scores.y) = (exact.x.to(dtype), exact.y.to(dtype))
      (scores.rowBias, scores.columnBias) = (
        exact.rowBias?.to(dtype), exact.columnBias?.to(dtype)
      )
      let best = scores.best(k, reference: reference.to(dtype))
      var found = [Set<Int>](repeating: [], count: n)
      for (row, column) in zip(best.rows.array(Int.self), best.columns.array(Int.self)) {
        found[row].insert(column)
      }
      for row in 0..<n {
        #expect(found[row].isSuperset(of: wanted[(row * k)..<(row * k + k)]))
        // And hardly more: those within the rounding of the last.
        #expect(found[row].count <= k + (dtype == .float64 ? 0 : m / 100 + 1))
      }
      // Rounding of scores of size 30 in float32, which weights have relatively.
      let tolerance = dtype == .float64 ? 1e-11 : 2e-4
      let top = s.max(dim: 1, keepDim: true)
      let e = (s - top).exp()
      let moments = best.moments
      func compare(_ column: Int, _ expected: Tensor) {
        let difference = (moments.select(dim: 1, column) - expected).abs()
        #expect((difference / (expected.abs() + 1)).max().item() < tolerance, "moment \(column)")
      }
      compare(0, top.squeezed(1))
      compare(1, e.sum(dim: 1))
      compare(2, e.square().sum(dim: 1))
      compare(3, (e * (s - top)).sum(dim: 1))
      compare(4, (e * reference).sum(dim: 1))
      compare(5, (s - reference).max(dim: 1))
    }
  }

  /// Equal candidates are all kept, so that the order can be decided elsewhere; a floor takes out what lies below it;
  /// a column of weight 0 is no candidate.
  @Test func tiesFloorsAndImpossibleColumns() {
    let x = Tensor([1.0, 2], shape: [2, 1], dtype: .float32)
    let y = Tensor.ones([500, 1])
    #expect(PairScores(x, y).best(3).columns.count == 1000)
    #expect(
      PairScores(x, y).best(3, floor: Tensor([1.5, 1.5], dtype: .float32)).rows.array(Int.self)
        == Array(repeating: 1, count: 500))
    var bias = [Double](repeating: -.infinity, count: 500)
    bias[77] = 0
    let one = PairScores(x, y, columnBias: Tensor(bias, dtype: .float32)).best(3)
    #expect(one.columns.array(Int.self) == [77, 77])
    #expect(one.moments.select(dim: 1, 1).array(Double.self) == [1, 1])
    let none = PairScores(x, y, columnBias: .full([500], -.infinity)).best(3)
    #expect(none.columns.count == 0 && none.moments[0][0].item() == -.infinity)
  }

  @Test(arguments: [true, false], [1.0, 40, 2000])
  func surveysAreThoseOfTheStoredMatrix(_ usesKernels: Bool, _ scale: Double) {
    PairScores.$usesKernels.withValue(usesKernels) {
      // Rows repeat, so that scores tie with floors.
      let x = normal([300, 5], 1), y = cat([normal([150, 5], 2), normal([130, 5], 2)])
      let scores = PairScores(
        x * scale, y, rowBias: normal([300], 3), columnBias: normal([280], 4),
        isTotalOffDiagonal: true)
      let s = matrix(scores)
      let (rowFloors, columnFloors) = (s.select(dim: 1, 7) - 1e-9, s[11] - 1e-9)
      let survey = scores.survey(rowFloors: rowFloors, columnFloors: columnFloors)
      func compare(_ a: Tensor?, _ b: Tensor) {
        let difference = a.map { (($0 - b).abs() / (b.abs() + 1)).max().item() } ?? .infinity
        #expect(difference < 1e-12)
      }
      compare(survey.sums.rows, s.logSumExp(dim: 1))
      compare(survey.sums.columns, s.logSumExp(dim: 0))
      compare(survey.doubledRows, (s * 2).logSumExp(dim: 1))
      compare(survey.doubledColumns, (s * 2).logSumExp(dim: 0))
      compare(survey.sums.diagonal, s.diagonal())
      let rows = s.less(than: rowFloors.unsqueezed(1)).not().sum(dim: 1).array(Int.self)
      let columns = s.less(than: columnFloors).not().sum(dim: 0).array(Int.self)
      #expect(survey.rowCounts.array(Int.self) == rows)
      #expect(survey.columnCounts.array(Int.self) == columns)
      let counts = scores.counts(rowFloors: rowFloors, columnFloors: columnFloors)
      #expect(counts.rows.array(Int.self) == rows && counts.columns.array(Int.self) == columns)
      let fewer = scores.survey(rowFloors: rowFloors, columnFloors: columnFloors, doubled: false)
      compare(fewer.sums.rows, s.logSumExp(dim: 1))
      #expect(fewer.doubledRows == nil && fewer.doubledColumns == nil)
      #expect(fewer.columnCounts.array(Int.self) == columns)
    }
  }
}
