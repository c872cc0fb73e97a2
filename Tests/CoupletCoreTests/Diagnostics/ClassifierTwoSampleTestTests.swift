import Files
import Foundation
import TestModels
import Testing

@testable import CoupletCore

@Suite struct ClassifierTwoSampleTestTests {
  private func normal(_ count: Int, _ dimension: Int, _ seed: UInt64) -> Tensor {
    .normal([count, dimension], key: Key(seed), dtype: .float64)
  }

  /// 2,000 answers, of which each is right with the probability ½: four standard errors of the mean.
  @Test func cannotTellOneLawFromItself() {
    let test = ClassifierTwoSampleTest(normal(1_000, 2, 1), normal(1_000, 2, 2), key: Key(3))
    #expect(test.count == 2_000 && test.folds.count == 5)
    #expect(abs(test.accuracy - 0.5) < 4 * test.standardError)
  }

  /// N(0, I) and N(δ e, I) with |e| = 1: the best classifier is right with the probability Φ(δ/2), at most four standard
  /// errors away from which a trained one is found; that it was not the best costs less than an error.
  @Test(arguments: [1.0, 2.0]) func reachesTheBestClassifierOfShiftedNormals(_ shift: Double) {
    let moved = normal(1_000, 2, 5) + shift / 2.0.squareRoot()
    let test = ClassifierTwoSampleTest(normal(1_000, 2, 4), moved, key: Key(6))
    let best = 0.5 * (1 + erf(shift / 2 / 2.0.squareRoot()))
    #expect(abs(test.accuracy - best) < 4 * test.standardError)
  }

  /// Units go (powers of two round nothing), a coordinate that does not vary stays as it is, and the same key gives the same
  /// answer.
  @Test func standardisesByTheFirstSample() {
    let (x, y) = (normal(200, 2, 7), normal(200, 2, 8) * 2)
    let plain = ClassifierTwoSampleTest(x, y, mostEpochs: 5, key: Key(9))
    let scale = Tensor([1024.0, 0.25])
    let moved = ClassifierTwoSampleTest(
      x * scale, y * scale, mostEpochs: 5, key: Key(9))
    #expect(plain == moved)
    let still = Tensor.zeros([200, 1], dtype: .float64)
    let flat = ClassifierTwoSampleTest(
      cat([x, still], dim: 1), cat([y, still + 4], dim: 1), mostEpochs: 200, key: Key(9))
    #expect(flat.accuracy > 0.99)
  }

  /// Against scikit-learn 1.9.1's `MLPClassifier` on the same points (`make_two_samples.py`), whose weights and batches are drawn
  /// otherwise: two answers from 600 points each differ by less than three errors of one.
  @Test(arguments: ["moved", "wider", "mixed"]) func agreesWithScikitLearn(_ name: String) throws {
    let folder = #filePath.replacing(
      "Diagnostics/ClassifierTwoSampleTestTests.swift", with: "Fixtures/")
    let fixture = try JSONDecoder().decode(
      [String: Case].self, from: Data(contentsOf: URL(filePath: folder + "two_samples.json")))
    let one = try #require(fixture[name])
    func tensor(_ rows: [[Double]]) -> Tensor {
      Tensor(rows.flatMap { $0 }, shape: [rows.count, rows[0].count])
    }
    let test = ClassifierTwoSampleTest(tensor(one.first), tensor(one.second), key: Key(10))
    #expect(abs(test.accuracy - one.accuracy) < 3 * test.standardError)
  }

  private struct Case: Decodable {
    let first, second: [[Double]]
    let accuracy: Double
  }
}
