import Files
import Testing
import Torch

@Suite struct LinearAlgebraTests {
  /// A 6 × 4 matrix of order 1; products of such have errors of a few times 6 ε.
  let a = Tensor.normal([6, 4], key: Key(1), dtype: .float64)
  let tolerance = 1e-13
  var definite: Tensor { a.T.matmul(a) + Tensor.eye(4, dtype: .float64) }
  var one: Tensor { .eye(4, dtype: .float64) }

  @Test func product() {
    let x = Tensor([1.0, 2, 3, 4], shape: [2, 2])
    #expect(matmul(x, x).values == [7, 10, 15, 22])
    #expect(matmul(x, Tensor([1.0, 1])).values == [3, 7])
    let batch = Tensor.normal([3, 2, 4], key: Key(2), dtype: .float64)
    let products = matmul(batch, batch.T)
    for i in 0..<3 {
      #expect(discrepancy(products[i], batch[i].matmul(batch[i].T)) <= tolerance)
    }
    expectGradients(of: [a, definite]) { matmul($0[0], $0[1]) }
  }

  @Test func eigenvalues() throws {
    let (values, vectors) = try definite.eigh()
    #expect(values.values == values.values.sorted())
    #expect(discrepancy(definite.matmul(vectors), vectors * values) <= 10 * tolerance)
    #expect(discrepancy(vectors.T.matmul(vectors), one) <= tolerance)
    #expect(discrepancy(try definite.eigenvalues(), values) <= tolerance)
    // Only the lower triangle is read.
    let half = definite.lowerTriangle()
    #expect(discrepancy(try half.eigenvalues(), values) <= tolerance)
  }

  @Test func singularValues() throws {
    let (u, s, vh) = try a.svd()
    #expect(u.shape == [6, 4] && s.shape == [4] && vh.shape == [4, 4])
    #expect(s.values == s.values.sorted(by: >))
    #expect(discrepancy((u * s).matmul(vh), a) <= tolerance)
    #expect(discrepancy(u.T.matmul(u), one) <= tolerance)
    #expect(discrepancy(vh.matmul(vh.T), one) <= tolerance)
    #expect(try a.svd(fullMatrices: true).u.shape == [6, 6])
    // σ² are the eigenvalues of AᵀA.
    let squares = try a.T.matmul(a).eigenvalues().flipped(dim: 0)
    #expect(discrepancy(s.square(), squares) <= tolerance)
  }

  @Test func factors() throws {
    let l = try definite.cholesky()
    #expect(discrepancy(l.matmul(l.T), definite) <= tolerance)
    #expect(l.upperTriangle(diagonal: 1).abs().max().item() == 0)
    let (q, r) = a.qr()
    #expect(discrepancy(q.matmul(r), a) <= tolerance)
    #expect(discrepancy(q.T.matmul(q), one) <= tolerance)
    #expect(r.lowerTriangle(diagonal: -1).abs().max().item() == 0)
  }

  @Test func solutions() throws {
    let right = Tensor.normal([4, 2], key: Key(3), dtype: .float64)
    // The condition number of the matrix is below 100.
    #expect(discrepancy(definite.matmul(try definite.solve(right)), right) <= 100 * tolerance)
    let l = try definite.cholesky()
    #expect(discrepancy(l.matmul(l.solveTriangular(right, upper: false)), right) <= tolerance)
    #expect(discrepancy(l.T.matmul(l.T.solveTriangular(right, upper: true)), right) <= tolerance)
    let x = l.solveTriangular(right.T, upper: false, onLeft: false)
    #expect(discrepancy(x.matmul(l), right.T) <= tolerance)
  }

  @Test func logDeterminant() throws {
    let (sign, logAbsolute) = Tensor([0.0, 2, 3, 0], shape: [2, 2]).logDeterminant()
    #expect(sign.item() == -1)
    #expect(discrepancy(logAbsolute.exp(), Tensor([6.0], shape: [])) <= 1e-14)
    let twice = try definite.cholesky().diagonal().log().sum() * 2
    #expect(discrepancy(definite.logDeterminant().logAbsolute, twice) <= tolerance)
  }

  @Test func gradients() throws {
    func symmetric(_ x: Tensor) -> Tensor { (x + x.T) * 0.5 }
    expectGradients(of: [definite]) {
      // The matrices stay definite under the changes of 10⁻⁵.
      (try? symmetric($0[0]).cholesky()) ?? .zeros([])
    }
    expectGradients(of: [definite]) { (try? symmetric($0[0]).eigenvalues()) ?? .zeros([]) }
    expectGradients(of: [definite, a[0..<4]]) { (try? $0[0].solve($0[1])) ?? .zeros([]) }
    expectGradients(of: [definite]) { $0[0].logDeterminant().logAbsolute }
    expectGradients(of: [a]) { (try? $0[0].svd().s) ?? .zeros([]) }
  }

  // MARK: Failures

  @Test func indefinite() {
    let failure = #expect(throws: Failure.self) {
      try Tensor([1.0, 2, 2, 1], shape: [2, 2]).cholesky()
    }
    #expect(
      failure?.what
        == "the matrix is not positive definite (its leading minor of order 2 is not positive)")
    #expect(throws: Failure.self) { try Tensor.full([3, 3], .nan, dtype: .float64).cholesky() }
  }

  @Test func singular() {
    let failure = #expect(throws: Failure.self) {
      try Tensor.ones([3, 3]).solve(.ones([3, 1]))
    }
    #expect(failure?.what.hasPrefix("solve of a matrix of shape [3, 3] failed: ") == true)
  }

  /// The routines that LAPACK chooses differ with the size; none lets NaN or infinity through.
  @Test(arguments: [1, 2, 3, 8, 33, 40, 100], [Double.nan, .infinity])
  func notFinite(size: Int, value: Double) {
    let all = Tensor.full([size, size], value, dtype: .float64)
    let corner = Tensor.eye(size, dtype: .float64)
    corner[size - 1][0].fill(value)
    for matrix in [all, corner] {
      #expect(throws: Failure.self) { try matrix.eigh() }
      #expect(throws: Failure.self) { try matrix.eigenvalues() }
      #expect(throws: Failure.self) { try matrix.svd() }
    }
    // Infinity has the inverse 0 where it stands alone.
    if value.isNaN {
      #expect(throws: Failure.self) { try all.solve(.ones([size, 1], dtype: .float64)) }
    }
  }
}
