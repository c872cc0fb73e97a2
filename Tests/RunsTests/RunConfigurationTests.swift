import CoupletCore
import Files
import Foundation
import SampleReaders
import Samples
import Simulators
import Testing

@testable import Runs

@Suite struct RunConfigurationTests {
  private let settings = RunConfiguration(u: .real(shape: [3]), v: .labels(count: 4))

  @Test func surviveJSON() throws {
    var changed = settings
    changed[.v].reference = .labels
    changed[.u].reference = .queue(7)
    changed.loss = try LossSettings("two-sided:weights=1,0.5")
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
    counted[.v].labelFrequencies = [0.1, 0.2, 0.3, 0.4]
    #expect(counted[.v].marginal?.to(.float64).array(Double.self) == [0.1, 0.2, 0.3, 0.4])
    counted[.v].reference = .labels
    #expect(counted[.v].marginal?.to(.float64).array(Double.self) == [1, 1, 1, 1])
  }

  @Test func newPairsEveryEpochAreRepeatableAndSeenOnce() throws {
    let data = try GaussianField.Simulation(training: 200, test: 10, seed: 3).dataset()
    var settings = RunConfiguration(for: data)
    let same = try settings.pairSource(training: data.training, of: data).pairs(
      epoch: 4, key: Key(0)
    ).u
    #expect(same.equal(to: try data.training.u).allTrue())
    settings.online = true
    let source = try settings.pairSource(training: data.training, of: data)
    let again = try settings.pairSource(training: data.training, of: data)
    #expect(source.pairsPerEpoch == 200)
    let epochs = try (0..<3).map { try source.pairs(epoch: $0, key: Key(0)) }
    let second = try again.pairs(epoch: 2, key: Key(0)).v
    #expect(second.equal(to: try epochs[2].v).allTrue())
    // Real numbers that are drawn anew are never the same ones.
    let all = epochs + [data.training]
    let seen = cat(try all.map { try $0.v.select(dim: 1, 0) }).array(Float.self)
    #expect(Set(seen).count == 800)
    settings.seed = 1
    let other = try settings.pairSource(training: data.training, of: data).pairs(
      epoch: 0, key: Key(0)
    ).u
    #expect(!other.equal(to: try epochs[0].u).allTrue())
  }

  @Test func aReferenceOfLabelsNeedsLabels() throws {
    var wrong = settings
    wrong[.u].reference = .labels
    #expect(throws: Failure.self) { try wrong.coupling() }
    #expect(throws: Failure.self) { try ReferenceSettings("queue:0") }
    #expect(try ReferenceSettings("queue:12") == .queue(12))
  }

  /// Every negative of every pair keeps what its layers need: a million pairs with as many negatives are refused before
  /// anything is made.
  @Test func aPairScoreNeedsRoomForItsNegatives() throws {
    var large = settings
    large.tilting = try TiltingSettings("pair:negatives=999999")
    (large.batch, large.learnTemperature) = (1_000_000, false)
    let failure = #expect(throws: Failure.self) { try large.requireRoom(pairs: 1_000_000) }
    #expect(failure?.place == .setting("tilting"))
    (large.tilting, large.batch) = (try TiltingSettings("pair:negatives=7:width=16"), 1000)
    try large.requireRoom(pairs: 1_000_000)
  }
}
