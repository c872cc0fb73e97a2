import Couplet
import Testing

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

  @Test func biasesAddToThoseThatAreThere() {
    let (a, b) = (normal([6], Key(5)), normal([6], Key(6)))
    let added = factors.adding(rowBias: a, columnBias: b).matrix
    #expect(distance(added, factors.matrix + a.unsqueezed(1) + b) < 1e-14)
    let bare = ScoreFactors(x: factors.x, y: factors.y).adding(columnBias: b)
    #expect(bare.rowBias == nil)
    #expect(distance(bare.matrix, matmul(factors.x, factors.y.T) + b) < 1e-14)
  }
}
