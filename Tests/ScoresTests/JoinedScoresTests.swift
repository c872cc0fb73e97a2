import Files
import Foundation
import TestDevice
import Testing
import Torch

@testable import Scores

/// Scores to which a function of both rows is added, against the matrix written out.
@Suite struct JoinedScoresTests {
  private let x = normal([7, 3], Key(1))
  private let y = normal([5, 3], Key(2))
  private let l = normal([7, 2], Key(3))
  private let r = normal([5, 2], Key(4))
  private let bias = normal([7], Key(5))

  private var factors: ScoreFactors {
    ScoreFactors(x: x, y: y, rowBias: bias).adding(
      JoinedScores(left: l, right: r) { $0.square().sum(dim: 1) })
  }

  private var expected: Tensor {
    let (left, right) = (l.square().sum(dim: 1), r.square().sum(dim: 1))
    return matmul(x, y.T) + bias.unsqueezed(1) + left.unsqueezed(1) + right + matmul(l, r.T) * 2
  }

  @Test func everyPartIsThatOfTheMatrix() {
    let s = expected
    let places = Tensor([4, 0])
    for factors in [factors, factors.formed] {
      #expect(factors.isJoined)
      #expect(distance(factors.matrix, s) < 1e-14)
      #expect(distance(factors.transposed.matrix, s.T) < 1e-14)
      #expect(distance(factors.rows(2..<4).matrix, s[2..<4]) < 1e-14)
      #expect(distance(factors.columns(1..<4).matrix, s.narrow(dim: 1, 1..<4)) < 1e-14)
      #expect(distance(factors.columns(at: [4, 0]).matrix, s.T.indexSelect(places).T) < 1e-14)
      #expect(distance(factors.diagonal, s.narrow(dim: 0, 0..<5).diagonal()) < 1e-14)
      let part = factors.rows(2..<7)
      #expect(
        distance(part.diagonal, s.narrow(dim: 0, 2..<5).narrow(dim: 1, 2..<5).diagonal()) < 1e-14)
      let square = factors.rows(0..<5).pairs(at: [4, 0]).matrix
      #expect(distance(square, s.indexSelect(places).T.indexSelect(places).T) < 1e-14)
      #expect(distance(factors.to(.float32).matrix, s) < 1e-5)
    }
  }

  /// More pairs than are evaluated at once.
  @Test func manyPairsAreEvaluatedInParts() {
    let (l, r) = (normal([3, 2], Key(6)), normal([20_000, 2], Key(7)))
    let joined = JoinedScores(left: l, right: r) { $0.square().sum(dim: 1) }
    let direct = (l.unsqueezed(1) + r).square().sum(dim: 2)
    #expect(distance(joined.matrix, direct) < 1e-13)
    #expect(distance(joined.transposed.matrix, direct.T) < 1e-13)
  }

  /// A matrix of all pairs whose operations are recorded takes as much memory as all layers of all pairs.
  @Test func whatIsMadeWithoutGradientsRecordsNone() {
    let weight = normal([2], Key(8))
    weight.requiresGradient = true
    func made() -> JoinedScores {
      JoinedScores(left: l, right: r) { ($0 * weight).sum(dim: 1) }
    }
    let (recorded, quiet) = (made(), withoutGradients(made))
    #expect(recorded.matrix.requiresGradient && recorded.transposed.matrix.requiresGradient)
    for joined in [quiet, quiet.transposed, quiet.rows(1..<3), quiet.times(2)] {
      #expect(!joined.matrix.requiresGradient)
    }
  }

  @Test func sumsAreThoseOfTheMatrix() throws {
    let s = expected.narrow(dim: 0, 0..<5)
    var scores = factors.rows(0..<5).pairScores
    scores.isTotalOffDiagonal = true
    let floors = s.mean(dim: 1)
    let survey = scores.survey(rowFloors: floors, columnFloors: floors)
    #expect(distance(try #require(survey.sums.rows), s.logSumExp(dim: 1)) < 1e-13)
    #expect(distance(try #require(survey.sums.columns), s.logSumExp(dim: 0)) < 1e-13)
    let isOther = Tensor.eye(5, dtype: .bool, device: s.device)
    #expect(
      abs(
        try #require(survey.sums.total).item()
          - s.masked(isOther, with: -.infinity).logSumExp().item())
        < 1e-13)
    #expect(distance(try #require(survey.doubledColumns), (s * 2).logSumExp(dim: 0)) < 1e-13)
    #expect(
      survey.rowCounts.array(Int.self)
        == s.greaterOrEqual(floors.unsqueezed(1)).sum(dim: 1).array(Int.self))
  }

  /// The best columns and their moments, one of them ruled out.
  @Test func theBestAreFound() {
    let log = Tensor([0.1, -.infinity, -0.4, 0.3, 0])
    let finite = Tensor([0.1, 0, -0.4, 0.3, 0])
    let s = expected + log.to(deviceOf: x)
    let best = factors.adding(columnBias: log).pairScores.best(2, reference: finite.to(deviceOf: x))
    let top = s.topK(2).indices
    for row in 0..<7 {
      let found = zip(best.rows.array(Int.self), best.columns.array(Int.self)).filter {
        $0.0 == row
      }
      #expect(Set(found.map(\.1)) == Set(top[row].array(Int.self)))
      let values = s[row].array(Double.self), reference = finite.array(Double.self)
      let largest = values.max() ?? 0
      var wanted = [largest, 0.0, 0.0, 0.0, 0.0, -Double.infinity]
      for (value, log) in zip(values, reference) where value > -.infinity {
        let e: Double = exp(value - largest)
        wanted[1] += e
        wanted[2] += e * e
        wanted[3] += e * (value - largest)
        wanted[4] += e * log
        wanted[5] = max(wanted[5], value - log)
      }
      let moments = best.moments[row].array(Double.self)
      for (value, other) in zip(moments, wanted) { #expect(abs(value - other) < 1e-12) }
    }
  }
}

private func normal(_ shape: [Int], _ key: Key) -> Tensor {
  .normal(shape, key: key, dtype: .float64, device: .test)
}

private func distance(_ a: Tensor, _ b: Tensor) -> Double {
  #expect(a.shape == b.shape)
  return (a.to(.float64) - b.to(.float64)).abs().max().item()
}
