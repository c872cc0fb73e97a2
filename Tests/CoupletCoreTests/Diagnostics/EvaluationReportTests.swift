import CoupletCore
import Foundation
import TestModels
import Testing

@Suite struct EvaluationReportTests {
  private static let (n, k) = (200, 6)
  private let loss = ConditionalLoss(.twoSided)
  private let images = normal([n, 3], Key(1))
  private let table = normal([k, 3], Key(2))
  private let labels = Tensor.integers(0..<k, shape: [n], key: Key(3), device: .test)

  private func coupling(_ u: any SampleEncoder, _ v: any SampleEncoder, marginal: Tensor? = nil)
    throws
    -> Coupling
  {
    Coupling(
      [Side(.u, encoder: u), Side(.v, encoder: v, marginal: marginal)], tilting: InnerProduct(),
      temperature: try Temperature(.fixed(1)))
  }

  @Test func theKeyOfARecallIsTheModalityThatIsRetrieved() throws {
    let u = Tensor([1.0, 0, 0, 1, 1, 1], shape: [3, 2])
    let v = Tensor([2.0, -1, -1, 2, 9, 9], shape: [3, 2])
    let report = try coupling(Identity(dimension: 2), Identity(dimension: 2))
      .evaluate(on: try PairedData(u: u, v: v), loss: loss, ks: [1, 2, 2])
    // Every u scores the last v highest, while every v scores its own u highest.
    let scores = Tensor([2.0, -1, 9, -1, 2, 9, 1, 1, 18], shape: [3, 3])
    #expect(report.recall["v"] == ["1": 1.0 / 3, "2": 1])
    #expect(report.recall["u"] == ["1": 1, "2": 1])
    #expect(report.medianRank == ["u": 1, "v": 2])
    #expect(report.meanReciprocalRank["v"] == (0.5 + 0.5 + 1) / 3)
    #expect(report.accuracy == nil)
    let direct = loss(ScoredBatch(pairs: ScoreFactors(x: scores, y: .eye(3, dtype: .float64))))
    #expect(abs((try #require(report.loss)) - direct.item()) < 1e-13)
  }

  @Test(arguments: [nil, [1.0, 2, 3, 1, 0, 0.5]])
  func accuracyIsThatOfTheZeroShotClassifier(_ weights: [Double]?) throws {
    let weights = weights.map { Tensor($0) }
    let coupling = try coupling(
      Identity(dimension: 3), Table(rows: table), marginal: weights)
    let report = try coupling.evaluate(on: try PairedData(u: images, v: labels), loss: loss)
    let classifier = ZeroShotClassifier(
      coupling, labels: .arange(EvaluationReportTests.k), weights: weights)
    let accuracy = classifier.accuracy(images, classes: labels.array(Int.self))
    #expect(report.accuracy == accuracy)
    #expect(report.recall["v"]?["1"] == accuracy)
    #expect(accuracy > 0.05 && accuracy < 0.95)
  }

  @Test func everyPairWithTheLabelIsACorrectPartner() throws {
    let coupling = try coupling(Identity(dimension: 3), Table(rows: table))
    let report = try coupling.evaluate(
      on: try PairedData(u: images, v: labels), loss: loss, ks: [1, 5])
    let (truth, scores) = (labels.array(Int.self), matmul(table, images.T))
    let ranks = (0..<EvaluationReportTests.k).map { label -> Int in
      let row = scores[label].array(Double.self)
      let best = zip(row, truth).filter { $1 == label }.map(\.0).max() ?? -.infinity
      return 1 + zip(row, truth).count { $0 >= best && $1 != label }
    }
    let expected = RetrievalMetrics(ranks: ranks)
    #expect(report.recall["u"] == ["1": expected.recall(at: 1), "5": expected.recall(at: 5)])
    #expect(report.medianRank["u"] == expected.medianRank)
  }

  @Test func labelsThatDoNotOccurAreNoQueries() throws {
    let coupling = try coupling(
      Identity(dimension: 3), Table(rows: table), marginal: .ones([EvaluationReportTests.k]))
    let two = try PairedData(u: table[0..<2] * 10, v: .arange(2))
    let report = try coupling.evaluate(on: two, loss: loss, ks: [2])
    #expect(report.recall["u"] == ["2": 1])
  }

  @Test func labelsMayBeOnEitherSide() throws {
    let forward = try coupling(Identity(dimension: 3), Table(rows: table))
      .evaluate(on: try PairedData(u: images, v: labels), loss: loss)
    let backward = try coupling(Table(rows: table), Identity(dimension: 3))
      .evaluate(on: try PairedData(u: labels, v: images), loss: loss)
    #expect(backward.recall["u"] == forward.recall["v"])
    #expect(backward.recall["v"] == forward.recall["u"])
    #expect(backward.accuracy == nil)
    #expect(abs((try #require(backward.loss)) - (try #require(forward.loss))) < 1e-12)
  }

  @Test func survivesJSON() throws {
    let coupling = try coupling(Identity(dimension: 3), Table(rows: table))
    let report = try coupling.evaluate(on: try PairedData(u: images, v: labels), loss: loss)
    let copy = try JSONDecoder().decode(
      EvaluationReport.self, from: try JSONEncoder().encode(report))
    #expect(copy == report)
  }
}
