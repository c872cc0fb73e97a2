import CoupletCore
import Files
import Foundation
import TestModels
import Testing

/// Blocks of pairs that lie near one another.
@Suite struct NearPairsTests {
  private let batches = [0..<100, 100..<200, 200..<260]

  private func blocks(of pair: PairTilting) -> [Range<Int>] {
    batches.flatMap { batch in
      pair.batches(of: batch.count).map {
        $0.lowerBound + batch.lowerBound..<$0.upperBound + batch.lowerBound
      }
    }
  }

  @Test func anOrderTakesEveryRowOnce() {
    let u = normal([260, 3], Key(1))
    for near in [0, 0.5, 1] {
      let pair = PairTilting(negatives: 15, near: near)
      let order = pair.order(near: u, batches: batches, key: Key(2))
      #expect(order.sorted() == Array(0..<260))
      #expect(order == pair.order(near: u, batches: batches, key: Key(2)))
      #expect(order != pair.order(near: u, batches: batches, key: Key(3)))
    }
  }

  /// Sixteen blocks of a uniform square: each of the near ones has about a sixteenth of its area, and of its variance; half of
  /// all blocks, drawn anew, are near where half is asked for.
  @Test func nearBlocksAreNarrow() {
    let u = Tensor.uniform([260, 2], key: Key(4))
    func variances(_ near: Double) -> [Double] {
      let pair = PairTilting(negatives: 15, near: near)
      let order = pair.order(near: u, batches: batches, key: Key(5))
      return blocks(of: pair).map {
        u.indexSelect(Tensor(Array(order[$0]))).variance(dim: 0).mean().item()
      }
    }
    let whole = u.variance(dim: 0).mean().item()
    // Half the variance of the whole tells the two kinds apart: random blocks of 16 have it within a third.
    func narrow(_ near: Double) -> Int { variances(near).count { $0 < whole / 2 } }
    #expect(narrow(1) == 15 && narrow(0) == 0)
    #expect((7...8).contains(narrow(0.5)))
  }

  /// With the exact score of v = u + noise, near blocks calibrate as random ones: over many blocks the mean of
  /// h(u_i, v_i) − Σ_k w_k h(u_k, v_i) is 0 for every h. A score of twice the width does not pass. Blocks of 16 of 6,400 points
  /// are 0.01 wide, and so is the noise.
  @Test func theExactScoreIsCalibratedInNearBlocks() {
    let (count, noise) = (6_400, 0.004)
    let u = Tensor.uniform([count, 1], low: -2, high: 2, key: Key(6), dtype: .float64)
    let v = u + normal([count, 1], Key(7)) * noise
    let pair = PairTilting(negatives: 15, near: 1)
    let order = pair.order(near: u, batches: [0..<count], key: Key(8))
    func statistic(width: Double) -> (mean: Double, error: Double) {
      var values: [Double] = []
      for block in pair.batches(of: count) {
        let rows = Tensor(Array(order[block]))
        // In units of the noise: u_k in the rows, v_i in the columns.
        let h = ((u.indexSelect(rows) - v.indexSelect(rows).T) / noise).square()
        let weights = (h * (-0.5 / (width * width))).softmax(dim: 0)
        values += (h.diagonal() - (weights * h).sum(dim: 0)).array(Double.self)
      }
      let mean = values.reduce(0, +) / Double(values.count)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (mean, squares.squareRoot() / Double(values.count))
    }
    let (right, wrong) = (statistic(width: 1), statistic(width: 2))
    #expect(abs(right.mean) < 4 * right.error)
    #expect(abs(wrong.mean) > 8 * wrong.error)
  }

  @Test func theTextNamesThePart() throws {
    let settings = try TiltingSettings("pair:near=0.5")
    #expect(settings.value.pair?.near == 0.5 && "\(settings)" == "pair:near=0.5")
    #expect(throws: Failure.self) { try TiltingSettings("pair:near=1.5") }
  }
}
