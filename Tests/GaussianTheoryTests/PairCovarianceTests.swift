import Files
import GaussianTheory
import Testing
import Torch

@Suite struct PairCovarianceTests {
  /// The failure of building and analysing a covariance.
  private func failure(_ rows: [[Double]], split: Int = 1, of width: Int? = nil) -> Failure? {
    let matrix = Tensor(rows.flatMap { $0 }, shape: [rows.count, width ?? rows.count])
    do {
      _ = try PairCovariance(matrix, uDimension: split).canonicalAnalysis()
      return nil
    } catch {
      return error as? Failure
    }
  }

  @Test func blocksAndMean() throws {
    let matrix = Tensor([2.0, 1, 0.5, 1, 3, 0.25, 0.5, 0.25, 4], shape: [3, 3])
    let pair = try PairCovariance(matrix, uDimension: 2, mean: Tensor([1.0, 2, 3]))
    #expect(pair.uu.array(Double.self) == [2, 1, 1, 3])
    #expect(pair.uv.array(Double.self) == [0.5, 0.25])
    #expect(pair.vv.array(Double.self) == [4])
    #expect(pair.meanU.array(Double.self) == [1, 2])
    #expect(pair.meanV.array(Double.self) == [3])
    #expect(pair.joint.array(Double.self) == matrix.array(Double.self))
  }

  @Test func roundingAsymmetryIsEvenedOut() throws {
    let matrix = Tensor([1.0, 0.5 + 1e-9, 0.5 - 1e-9, 1], shape: [2, 2])
    #expect(try PairCovariance(matrix, uDimension: 1).uv.item() == 0.5)
  }

  @Test func refusals() throws {
    #expect(failure([[1, 0.5], [0.5, 1]]) == nil)
    let shape = try #require(failure([[1, 2, 3], [4, 5, 6]], of: 3))
    #expect(shape.what.contains("[2, 3]"))
    for split in [0, 2, -1] {
      let refusal = try #require(failure([[1, 0.5], [0.5, 1]], split: split))
      #expect(refusal.place == .setting("u-dim"))
    }
    let nan = try #require(failure([[1, 0.5], [.nan, 1]]))
    #expect(nan.place == .input("covariance", index: [1, 0]))
    let infinite = try #require(failure([[1, .infinity], [.infinity, 1]]))
    #expect(infinite.place == .input("covariance", index: [0, 1]))
    let asymmetric = try #require(failure([[1, 0.5, 0], [0.5, 1, 0.2], [0, 0.1, 1]]))
    #expect(asymmetric.what.contains("[1, 2] and [2, 1] are 0.2 and 0.1"))
    let negative = try #require(failure([[1, 0.5], [0.5, -1]]))
    #expect(negative.place == .input("covariance", index: [1, 1]))
  }

  @Test func indefiniteMatricesNameTheirSmallestEigenvalue() throws {
    // Eigenvalues −0.5 and 2.5; the blocks alone are fine.
    let across = try #require(failure([[1, 1.5], [1.5, 1]]))
    #expect(across.what.contains("not positive semidefinite: its smallest eigenvalue is -0.5"))
    // C_uu itself is indefinite, with −1.
    let within = try #require(failure([[1, 2, 0], [2, 1, 0], [0, 0, 1]], split: 2))
    #expect(within.what.contains("smallest eigenvalue is -1"))
  }

  @Test func singularMatricesAreRefusedUnlessAskedFor() throws {
    // u = (x, x): C_uu has rank one.
    let rows = [1.0, 1, 0.5, 1, 1, 0.5, 0.5, 0.5, 1]
    let pair = try PairCovariance(Tensor(rows, shape: [3, 3]), uDimension: 2)
    let refusal = #expect(throws: Failure.self) { try pair.canonicalAnalysis() }
    #expect(refusal?.what.contains("C_uu is numerically singular (condition number") == true)

    let truncated = try pair.canonicalAnalysis(truncation: .below(1e-10))
    #expect(truncated.correlations.count == 1)
    // x and v are correlated by 0.5; exact up to a few roundings.
    #expect(abs(truncated.correlations[0] - 0.5) < 1e-15)
    // The direction reads x from both copies: x₁ = (u₁ + u₂)/2.
    #expect(truncated.directionsU.shape == [1, 2])
    #expect(distance(truncated.directionsU.abs(), .full([1, 2], 0.5, dtype: .float64)) < 1e-15)

    let shrunk = try pair.shrunk(by: 0.1).canonicalAnalysis()
    #expect(shrunk.correlations[0] < 0.5 && shrunk.correlations[0] > 0.4)

    // v = u: the blocks are fine, the pair is not.
    let copy = try #require(failure([[1, 1], [1, 1]]))
    #expect(copy.what.contains("canonical correlation is 1"))
    // A coordinate that does not vary.
    let constant = try #require(failure([[0, 0], [0, 1]]))
    #expect(constant.what.contains("coordinate 0 does not vary"))
    #expect(throws: Failure.self) { try pair.shrunk(by: 1.5) }
    #expect(throws: Failure.self) { try pair.canonicalAnalysis(truncation: .below(2)) }
  }
}
