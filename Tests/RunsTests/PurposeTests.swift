import CoupletCore
import Encoders
import Files
import Foundation
import Samples
import Testing
import Training

@testable import Runs

/// What a purpose stands for.
@Suite struct PurposeTests {
  private func dataset(_ u: Tensor, _ v: Tensor) throws -> Dataset {
    try Dataset(name: "pairs", training: PairedData(u: u, v: v))
  }

  private func pairs(_ count: Int, _ map: (Tensor, Tensor) -> Tensor) throws -> Dataset {
    let u = Tensor.normal([count, 2], key: Key(1), dtype: .float64)
    return try dataset(u, map(u, .normal([count, 2], key: Key(2), dtype: .float64)))
  }

  @Test func whatIsGivenStays() throws {
    let data = try pairs(300) { $0.square() + $1 }
    var settings = try RunConfiguration(for: data).with(["learning-rate": "0.1"])
    let decided = try settings.take(.posterior, given: ["learning-rate", "clip"])
    #expect(settings.learningRate == 0.1 && settings.clip == nil)
    #expect(settings.tilting.description == "pair:near=0.5")
    #expect(decided.contains("tilting") && !decided.contains("learning-rate"))
  }

  /// Every purpose makes a coupling and a trainer of samples that it suits.
  @Test(arguments: Purpose.allCases) func everyPurposeCanBeTrained(_ purpose: Purpose) throws {
    let data =
      purpose == .classification
      ? try dataset(.normal([60, 3], key: Key(3)), .integers(0..<3, shape: [60], key: Key(4)))
      : try pairs(300) { $0 + $1 }
    var settings = try RunConfiguration(for: data, purpose: purpose)
    settings.setLength(for: try settings.parts(of: data), given: [], purpose: purpose)
    _ = try settings.trainer()
    let coupling = try settings.coupling(training: data.training)
    #expect(try coupling.factors(of: data.training.sample(8)).rows == 8)
  }

  /// Labels and texts have no distances, nor has a loss of both sides a side whose distances count.
  @Test func pairsNearOneAnotherAreForSamplesWithDistances() throws {
    let labels = try dataset(
      .integers(0..<3, shape: [60], key: Key(4)), .normal([60, 3], key: Key(3)))
    #expect(
      try RunConfiguration(for: labels, purpose: .posterior).tilting.description == "pair")
    let vectors = try pairs(300) { $0.square() + $1 }
    var settings = RunConfiguration(for: vectors)
    let decided = try settings.take(.posterior, given: ["loss"])
    settings = try settings.with(["loss": "two-sided"])
    #expect(try settings.reconcile(decided: decided).contains("encoder-v"))
    #expect(settings.tilting.description == "pair")
    // Embeddings of one length are learned on both sides.
    var embedded = RunConfiguration(for: vectors)
    let others = try embedded.take(.posterior, given: ["tilting"])
    embedded = try embedded.with(["tilting": "cosine"])
    #expect(try !embedded.reconcile(decided: others).contains("encoder-v"))
    #expect(embedded[.v].encoder == embedded[.u].encoder)
  }

  @Test func classificationTakesLabels() throws {
    let data = try pairs(300) { $0 + $1 }
    #expect(throws: Failure.self) { try RunConfiguration(for: data, purpose: .classification) }
  }

  /// The scores of v = u + noise of variance ¼ are known, −2|v − u|² up to a function of v; the closed form finds them whatever
  /// the law of u: on 2,000 pairs a slope is known to √(1/4/2,000) = 0.011 of its unit.
  @Test func aLinearLikelihoodHasItsClosedForm() throws {
    let u = Tensor.uniform([2_500, 2], low: -1, high: 1, key: Key(5), dtype: .float64)
    let data = try dataset(u, u + .normal([2_500, 2], key: Key(6), dtype: .float64) * 0.5)
    var settings = try RunConfiguration(for: data, purpose: .posterior)
    let parts = try settings.parts(of: data)
    #expect(try settings.takeLinearLikelihood(parts, given: []) != nil)
    #expect(settings.tilting.description == "squared-distance" && settings.start == .theory)
    let coupling = try settings.coupling(training: parts.training)
    let corners = Tensor([-1.0, -1, 1, -1, -1, 1, 1, 1], shape: [4, 2])
    let seen = Tensor([0.5, -0.25], shape: [1, 2])
    let scores = coupling.scores(u: corners, v: seen).flattened().to(.float64)
    let truth = (corners - seen).square().sum(dim: 1) * -2
    // Differences of scores of up to 8, with slopes of ±4 and curvatures of 4 known to a few percent.
    let error = (scores - scores.mean()) - (truth - truth.mean())
    #expect(error.abs().max().item() < 0.6)
  }

  @Test func otherLikelihoodsKeepTheNetwork() throws {
    let data = try pairs(1_000) { $0.square() + $1 * 0.2 }
    var settings = try RunConfiguration(for: data, purpose: .posterior)
    let before = settings
    let parts = try settings.parts(of: data)
    #expect(try settings.takeLinearLikelihood(parts, given: []) == nil && settings == before)
    let linear = try pairs(1_000) { $0 + $1 }
    var given = try RunConfiguration(for: linear, purpose: .posterior)
    #expect(
      try given.takeLinearLikelihood(try given.parts(of: linear), given: ["tilting"]) == nil)
  }

  /// Pairs near one another are refused where the loss takes a batch for independent draws.
  @Test func nearPairsNeedTheLossOfOneSide() throws {
    let data = try pairs(300) { $0 + $1 }
    var settings = try RunConfiguration(for: data, purpose: .posterior)
    settings.loss = try LossSettings("two-sided")
    #expect(throws: Failure.self) { try settings.coupling(training: data.training) }
  }
}
