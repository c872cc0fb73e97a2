import CoupletCore
import Foundation
import TestModels
import Testing

@Suite struct ConditionalDistributionTests {
  private static let scores = [0.3, -1.2, 2.0, 0.9, -0.4]
  private static let reference = [1.0, 4, 0.5, 2, 2.5]
  private static var candidates: Tensor { normal([5, 2], Key(1)) }

  /// w_i ∝ m_i exp s_i.
  private static let weights: [Double] = {
    let terms = zip(reference, scores).map { $0 * exp($1) }
    return terms.map { $0 / terms.reduce(0, +) }
  }()

  private let law = ConditionalDistribution(
    scores: Tensor(scores), candidates: candidates, weights: Tensor(reference))

  private func uniform(_ scores: [Double]) -> ConditionalDistribution {
    ConditionalDistribution(scores: Tensor(scores), candidates: .arange(scores.count))
  }

  // MARK: Weights

  @Test func weightsAreReferenceTimesExponentialsNormalised() {
    #expect(distance(law.weights, Tensor(ConditionalDistributionTests.weights)) < 1e-15)
    let total = ConditionalDistributionTests.reference.reduce(0, +)
    let reference = Tensor(ConditionalDistributionTests.reference) / total
    #expect(distance(law.logReference.exp(), reference) < 1e-15)
  }

  @Test func unitsOfTheReferenceAndShiftsOfTheScoresDoNotMatter() {
    let other = ConditionalDistribution(
      scores: Tensor(ConditionalDistributionTests.scores) + 1e4,
      candidates: ConditionalDistributionTests.candidates,
      weights: Tensor(ConditionalDistributionTests.reference) * 1e6)
    // Scores of 1e4 have a precision of 2e-12.
    #expect(distance(other.weights, law.weights) < 1e-11)
  }

  @Test func scoresUpToTenThousandAndMinusInfinityAreWeighed() {
    let law = uniform([1e4, -1e4, 1e4 - log(3), -.infinity])
    #expect(distance(law.weights, Tensor([0.75, 0, 0.25, 0])) < 1e-11)
    #expect(law.entropy.isFinite && law.divergenceFromReference.isFinite)
    // Σ w log(4 w) for w = (3/4, 1/4).
    #expect(abs(law.divergenceFromReference - 0.75 * log(3)) < 1e-11)
    #expect(Set(law.sample(100, key: Key(1))) == [0, 2])
    #expect(Set(law.sampleWithoutReplacement(4, key: Key(1)).prefix(2)) == [0, 2])
  }

  // MARK: Mode

  @Test func theTopAreTheLargestWeightsInOrder() {
    let weights = ConditionalDistributionTests.weights
    let order = weights.indices.sorted { weights[$0] > weights[$1] }
    for k in 1...7 {
      let top = law.top(k)
      #expect(top.map(\.index) == Array(order.prefix(k)))
      for match in top { #expect(abs(match.weight - weights[match.index]) < 1e-15) }
    }
  }

  @Test func tiedCandidatesAreAllListedBeforeLesserOnes() {
    let top = uniform([1, 2, 2, 0, 2]).top(4)
    #expect(Set(top.prefix(3).map(\.index)) == [1, 2, 4])
    #expect(Set(top.prefix(3).map(\.weight)).count == 1)
    #expect(top[3].index == 0)
  }

  // MARK: Sampling

  /// Pearson's statistic of counts against the probabilities p.
  private func chiSquare(_ counts: [Int], _ probabilities: [Double]) -> Double {
    let total = Double(counts.reduce(0, +))
    return zip(counts, probabilities).map { count, p in
      let difference = Double(count) - total * p
      return difference * difference / (total * p)
    }.reduce(0, +)
  }

  /// The quantile of χ² with 4 degrees of freedom that is exceeded with probability 1e-5; draws are seeded.
  private static let bound = 28.5

  @Test func frequenciesOfDrawsAreTheWeights() {
    var counts = [Int](repeating: 0, count: 5)
    for index in law.sample(20_000, key: Key(2)) { counts[index] += 1 }
    let statistic = chiSquare(counts, ConditionalDistributionTests.weights)
    #expect(statistic < ConditionalDistributionTests.bound)
    // The test can tell: the reference weights are not it.
    let total = ConditionalDistributionTests.reference.reduce(0, +)
    let wrong = chiSquare(counts, ConditionalDistributionTests.reference.map { $0 / total })
    #expect(wrong > 100 * ConditionalDistributionTests.bound)
    #expect(law.sample(50, key: Key(2)) == law.sample(50, key: Key(2)))
    #expect(law.sample(50, key: Key(2)) != law.sample(50, key: Key(3)))
  }

  @Test func theFirstDrawWithoutReplacementHasTheWeightsAndTheSecondThoseOfTheRest() {
    let weights = ConditionalDistributionTests.weights
    var first = [Int](repeating: 0, count: 5)
    var second = [Int](repeating: 0, count: 5)
    for key in Key(4).split(4000) {
      let draw = law.sampleWithoutReplacement(2, key: key)
      first[draw[0]] += 1
      second[draw[1]] += 1
    }
    #expect(chiSquare(first, weights) < ConditionalDistributionTests.bound)
    // P(second = j) = Σ_{i ≠ j} w_i w_j / (1 − w_i).
    let rest = weights.indices.map { j in
      weights.indices.filter { $0 != j }.map { weights[$0] * weights[j] / (1 - weights[$0]) }
        .reduce(0, +)
    }
    #expect(chiSquare(second, rest) < ConditionalDistributionTests.bound)
  }

  @Test func drawsWithoutReplacementAreDifferentAndPossible() {
    for key in Key(5).split(50) {
      #expect(Set(law.sampleWithoutReplacement(5, key: key)) == [0, 1, 2, 3, 4])
      #expect(Set(law.sampleWithoutReplacement(3, key: key)).count == 3)
    }
    #expect(law.sampleWithoutReplacement(99, key: Key(6)).count == 5)
    // A candidate of weight 0 is never drawn, however many are asked for.
    let law = uniform([0, -.infinity, 0])
    #expect(Set(law.sampleWithoutReplacement(3, key: Key(7))) == [0, 2])
  }

  // MARK: Moments

  @Test func momentsAreWeightedSums() {
    let weights = ConditionalDistributionTests.weights
    let u = ConditionalDistributionTests.candidates.array(Double.self)
    let mean = (0..<2).map { axis in (0..<5).map { weights[$0] * u[2 * $0 + axis] }.reduce(0, +) }
    var covariance: [Double] = []
    for a in 0..<2 {
      for b in 0..<2 {
        let terms = (0..<5).map {
          weights[$0] * (u[2 * $0 + a] - mean[a]) * (u[2 * $0 + b] - mean[b])
        }
        covariance.append(terms.reduce(0, +))
      }
    }
    #expect(distance(law.mean, Tensor(mean)) < 1e-15)
    #expect(distance(law.covariance, Tensor(covariance, shape: [2, 2])) < 1e-15)
  }

  @Test func momentsOfFunctionsKeepTheirShape() {
    let values = normal([5, 2, 3], Key(8))
    let direct = (0..<5).map { values[$0] * ConditionalDistributionTests.weights[$0] }
    #expect(distance(law.expectation(of: values), direct.dropFirst().reduce(direct[0], +)) < 1e-15)
    #expect(law.covariance(of: values).shape == [6, 6])
    #expect(law.expectation(of: Tensor([1, 2, 3, 4, 5])).shape == [])
    // Integer candidates have a mean as well: labels 0, 1, 2 with equal weights.
    #expect(abs(uniform([0, 0, 0]).mean.item() - 1) < 1e-15)
  }

  @Test func aConstantHasNoCovarianceHoweverLarge() {
    let constant = Tensor.full([5, 1], 1e8, dtype: .float64)
    // The weights add up to 1 within ε, so the mean is off by 1e8 ε = 2e-8 and its square is 1e-15: centring
    // first loses nothing, where Σ w f² − f̄² would be off by 1e16 ε = 2.
    #expect(law.covariance(of: constant).item() < 1e-14)
  }

  // MARK: How far to trust it

  @Test func equalWeightsHaveTheSizeOfTheSet() {
    let law = uniform([Double](repeating: 0.7, count: 8))
    #expect(abs(law.effectiveSampleSize - 8) < 1e-13)
    #expect(abs(law.entropy - log(8)) < 1e-14)
    #expect(abs(law.divergenceFromReference) < 1e-14)
  }

  @Test func oneWeightHasTheSizeOne() {
    let law = uniform([0, 1e4, 0, 0])
    #expect(law.effectiveSampleSize == 1)
    #expect(law.entropy == 0)
    #expect(abs(law.divergenceFromReference - log(4)) < 1e-15)
  }

  @Test func divergenceAndEntropyAreTheirSums() {
    let weights = ConditionalDistributionTests.weights
    let total = ConditionalDistributionTests.reference.reduce(0, +)
    let reference = ConditionalDistributionTests.reference.map { $0 / total }
    let entropy = -weights.map { $0 * log($0) }.reduce(0, +)
    let divergence = zip(weights, reference).map { $0 * log($0 / $1) }.reduce(0, +)
    #expect(abs(law.entropy - entropy) < 1e-14)
    #expect(abs(law.divergenceFromReference - divergence) < 1e-14)
    let size = 1 / weights.map { $0 * $0 }.reduce(0, +)
    #expect(abs(law.effectiveSampleSize - size) < 1e-14)
  }

  @Test func aConstantScoreGivesBackTheReference() {
    let law = ConditionalDistribution(
      scores: .full([5], -3, dtype: .float64), candidates: ConditionalDistributionTests.candidates,
      weights: Tensor(ConditionalDistributionTests.reference))
    #expect(distance(law.logWeights, law.logReference) < 1e-15)
    #expect(abs(law.divergenceFromReference) < 1e-15)
  }

  // MARK: Conditions

  /// A row of `given` is a condition: one has one answer, and several have one each.
  @Test func severalConditionsAreNotTakenForOne() async throws {
    let coupling = Coupling(
      u: Identity(dimension: 2), v: Identity(dimension: 2), tilting: .innerProduct,
      temperature: try Temperature(.fixed(1)))
    let (given, candidates) = (normal([3, 2], Key(2)), normal([5, 2], Key(3)))
    let answers = coupling.conditionals(of: .u, given: given, among: candidates)
    #expect(answers.count == 3)
    for row in 0..<3 {
      let answer = coupling.conditional(.u, given: given[row..<row + 1], among: candidates)
      #expect(distance(answer.logWeights, answers[row].logWeights) < 1e-15)
    }
    // Exit tests came with Swift 6.2.
    #if compiler(>=6.2)
      let result = await #expect(
        processExitsWith: .failure, observing: [\.standardErrorContent]
      ) {
        let coupling = Coupling(
          u: Identity(dimension: 2), v: Identity(dimension: 2), tilting: .innerProduct,
          temperature: try Temperature(.fixed(1)))
        _ = coupling.conditional(.u, given: .ones([3, 2]), among: .ones([5, 2]))
      }
      let text = result.map { String(decoding: $0.standardErrorContent, as: UTF8.self) } ?? ""
      #expect(text.contains("one condition is needed, not [3, 2]; see conditionals(of:)"))
    #endif
  }
}
