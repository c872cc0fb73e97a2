import Couplet
import Datasets
import Files
import Foundation
import Testing

@testable import Runs

@Suite struct RunConfigurationTests {
  private let settings = RunConfiguration(u: .real(shape: [3]), v: .labels(classes: 4))

  @Test func surviveJSON() throws {
    var changed = settings
    changed.referenceV = .labels
    changed.referenceU = .queue(7)
    changed.weights = [1, 0.5]
    for value in [settings, changed] {
      let text = try JSONEncoder().encode(value)
      #expect(try JSONDecoder().decode(RunConfiguration.self, from: text) == value)
    }
  }

  @Test func theSameSeedGivesTheSameCoupling() throws {
    var same = settings
    same.dimension = 4
    let first = try same.coupling().parameters.tensors
    let second = try same.coupling().parameters.tensors
    #expect(zip(first, second).allSatisfy { $0.equal(to: $1).allTrue() })
    same.seed = 1
    let other = try same.coupling().parameters.tensors
    #expect(!zip(first, other).allSatisfy { $0.equal(to: $1).allTrue() })
  }

  @Test func labelsAreWeightedByTheirFrequenciesUnlessTheyAreTheReference() throws {
    var counted = settings
    counted.labelFrequencies = [0.1, 0.2, 0.3, 0.4]
    #expect(counted.labelWeights?.to(.float64).array(Double.self) == [0.1, 0.2, 0.3, 0.4])
    counted.referenceV = .labels
    #expect(counted.labelWeights?.to(.float64).array(Double.self) == [1, 1, 1, 1])
  }

  @Test func newPairsEveryEpochAreRepeatableAndSeenOnce() throws {
    let data = try GaussianField.Simulation(training: 200, test: 10, seed: 3).dataset()
    var settings = RunConfiguration(for: data)
    #expect(
      try settings.pairSource(training: data.training, of: data).pairs(epoch: 4).u.equal(
        to: data.training.u
      ).allTrue())
    settings.online = true
    let source = try settings.pairSource(training: data.training, of: data)
    let again = try settings.pairSource(training: data.training, of: data)
    #expect(source.count == 200)
    let epochs = try (0..<3).map { try source.pairs(epoch: $0) }
    #expect(try again.pairs(epoch: 2).v.equal(to: epochs[2].v).allTrue())
    // Real numbers that are drawn anew are never the same ones.
    let seen = cat((epochs + [data.training]).map { $0.v.select(dim: 1, 0) }).array(Float.self)
    #expect(Set(seen).count == 800)
    settings.seed = 1
    let other = try settings.pairSource(training: data.training, of: data).pairs(epoch: 0)
    #expect(!other.u.equal(to: epochs[0].u).allTrue())
  }

  @Test func aReferenceOfLabelsNeedsLabels() throws {
    var wrong = settings
    wrong.referenceU = .labels
    #expect(throws: Failure.self) { try wrong.trainer() }
    #expect(throws: Failure.self) { try ReferenceSettings("queue:0") }
    #expect(try ReferenceSettings("queue:12") == .queue(12))
  }
}
