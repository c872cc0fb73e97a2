import Scores
import TestDevice
import Testing
import Torch

private func normal(_ shape: [Int], _ key: Key) -> Tensor {
  .normal(shape, key: key, dtype: .float64, device: .test)
}

/// The largest difference; infinite when anything is not a number, or the shapes differ.
private func distance(_ a: Tensor, _ b: Tensor) -> Double {
  guard a.shape == b.shape else { return .infinity }
  let largest =
    a.count == 0 ? 0 : (a.to(.float64) - b.to(.float64).to(deviceOf: a)).abs().max().item()
  return largest.isNaN ? .infinity : largest
}

@Suite struct ScoreFactorsTests {
  private let factors = ScoreFactors(
    x: normal([6, 3], Key(1)), y: normal([6, 3], Key(2)), rowBias: normal([6], Key(3)),
    columnBias: normal([6], Key(4)))

  @Test func theMatrixIsProductsPlusBiases() {
    let (x, y) = (factors.x.array(Double.self), factors.y.array(Double.self))
    let a = factors.rowBias?.array(Double.self) ?? []
    let b = factors.columnBias?.array(Double.self) ?? []
    var direct: [Double] = []
    for i in 0..<6 {
      for j in 0..<6 {
        let products = (0..<3).map { x[3 * i + $0] * y[3 * j + $0] }
        direct.append(products.reduce(a[i] + b[j], +))
      }
    }
    #expect(distance(factors.matrix, Tensor(direct, shape: [6, 6])) < 1e-14)
  }

  @Test func partsAreThoseOfTheMatrix() {
    let s = factors.matrix
    #expect(distance(factors.diagonal, s.diagonal()) < 1e-14)
    #expect(distance(factors.transposed.matrix, s.T) < 1e-14)
    #expect(distance(factors.rows(1..<4).matrix, s[1..<4]) < 1e-14)
    #expect(distance(factors.columns(2..<5).matrix, s.narrow(dim: 1, 2..<5)) < 1e-14)
    #expect(distance(factors.to(.float32).matrix, s) < 1e-5)
    #expect(factors.to(.float32).matrix.dtype == .float32)
  }

  @Test func partnersAreFollowedIntoParts() {
    let s = factors.matrix
    let part = factors.rows(1..<5).columns(2..<6)
    #expect(part.offset == -1 && part.pairedRows == 1..<4 && part.pairedColumns == 0..<3)
    #expect(distance(part.diagonal, s.diagonal()[2..<5]) < 1e-14)
    #expect(part.transposed.pairedRows == 0..<3)
    #expect(distance(part.transposed.diagonal, part.diagonal) < 1e-14)
    #expect(part.isPair.to(.float64).sum().item() == 3)
    let apart = factors.rows(0..<2).columns(3..<6)
    #expect(apart.pairedRows.isEmpty && apart.pairedColumns.isEmpty && apart.diagonal.count == 0)
  }

  @Test func biasesAddToThoseThatAreThere() {
    let (a, b) = (normal([6], Key(5)), normal([6], Key(6)))
    let added = factors.adding(rowBias: a, columnBias: b).matrix
    #expect(distance(added, factors.matrix + a.unsqueezed(1) + b) < 1e-14)
    let bare = ScoreFactors(x: factors.x, y: factors.y).adding(columnBias: b)
    #expect(bare.rowBias == nil)
    #expect(distance(bare.matrix, matmul(factors.x, factors.y.T) + b) < 1e-14)
  }
}
