import Files
import Foundation
import TestModels
import Testing

@testable import CoupletCore

@Suite struct ConformalSetsTests {
  @Test func theThresholdIsTheQuantileOfTheTheory() throws {
    let weights = (1...99).map { log(Double($0) / 100) }.shuffled()
    // ⌊100 · 0.1⌋ = 10.
    #expect(try ConformalSets(coverage: 0.9, logWeights: weights).threshold == log(0.1))
    #expect(try ConformalSets(coverage: 0.99, logWeights: weights).threshold == log(0.01))
    #expect(
      try ConformalSets(coverage: 0.9, logWeights: [-3, -1, -2] + weights.prefix(6)).pairs == 9)
    for (coverage, needed) in [(0.995, 199), (0.999, 999)] {
      #expect(throws: Failure.self) { try ConformalSets(coverage: coverage, logWeights: weights) }
      let enough = (0..<needed).map { -Double($0) }
      #expect(try ConformalSets(coverage: coverage, logWeights: enough).threshold == enough.last)
      #expect(throws: Failure.self) {
        try ConformalSets(coverage: coverage, logWeights: Array(enough.dropLast()))
      }
    }
  }

  @Test func membersReachTheThreshold() throws {
    let law = ConditionalDistribution(
      scores: Tensor([4.0, 1, 3, 2]).log(), candidates: .arange(4))
    func members(_ threshold: Double) throws -> [Int] {
      try ConformalSets(coverage: 0.5, logWeights: [threshold]).matches(in: law).map(\.index)
    }
    #expect(try members(log(0.25)) == [0, 2])
    #expect(try members(log(0.05)) == [0, 2, 3, 1])
    #expect(try members(log(0.5)) == [])
  }

  /// Even for a model that is wrong: scores of half the right size. Over 400 draws of 60 pairs and a new one, the mean
  /// coverage lies between c and c + 1 / (n + 1), to its own error.
  @Test func setsHoldThePartner() throws {
    let (n, m, coverage) = (60, 40, 0.8)
    var held = 0
    for draw in 0..<400 {
      let pairs = GaussianPairs(n + m, sigma: 0.5, key: Key(UInt64(draw)))
      let scores = pairs.exactScores.matrix * 0.5
      // Each query among the same candidates, m of them new, and its own.
      func law(_ i: Int) -> ConditionalDistribution {
        let columns = Tensor(Array(n..<(n + m)) + (i < n ? [i] : []))
        let row = scores[i].indexSelect(columns)
        return ConditionalDistribution(scores: row, candidates: .arange(row.shape[0]))
      }
      let sets = try ConformalSets(
        coverage: coverage, logWeights: (0..<n).map { law($0).logWeights[m].item() })
      held += sets.matches(in: law(n)).contains { $0.index == 0 } ? 1 : 0
    }
    let fraction = Double(held) / 400
    let error = (0.8 * 0.2 / 400.0).squareRoot()
    #expect(fraction > coverage - 3 * error && fraction < coverage + 1.0 / 61 + 3 * error)
  }
}
