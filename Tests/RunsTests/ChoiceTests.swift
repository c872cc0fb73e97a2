import CoupletCore
import Encoders
import Foundation
import Samples
import Testing
import Training

@testable import Runs

/// What a run decides by itself, and what is measured beside it.
struct ChoiceTests {
  private func dataset(_ u: Tensor, _ v: Tensor) throws -> Dataset {
    try Dataset(name: "pairs", training: PairedData(u: u, v: v))
  }

  @Test func everySpaceHasAnEncoder() throws {
    let expected: [(SampleSpace, String)] = [
      (.real(shape: [20]), "mlp:512:dropout=0.2:scaled"), (.labels(count: 4), "one-hot"),
      (.image(shape: [3, 32, 32]), "cnn"), (.real(shape: [28, 28]), "cnn:scaled"),
      (.real(shape: [640, 2]), "transformer:depth=2:patch=20:pooling=attention"),
      (.text, "ngrams"),
    ]
    for (space, text) in expected {
      let encoder = try EncoderChoice.encoder(for: space)
      #expect(try encoder == EncoderSettings(text))
      _ = try encoder.build(
        for: space, dimension: encoder.impliedDimension(for: space) ?? 8, key: Key(0))
    }
  }

  @Test func whatIsNamedStays() throws {
    let u = Tensor.normal([300, 3], key: Key(1))
    let data = try dataset(u, u)
    let settings = RunConfiguration(for: data)
    let parts = try settings.parts(of: data)
    #expect(EncoderChoice(settings, parts).isOpen)
    for given in ["tilting", "loss", "dimension", "start"] {
      #expect(!EncoderChoice(settings, parts, given: [given]).isOpen)
    }
    #expect(!EncoderChoice(settings, parts, given: ["encoder-u", "encoder-v"]).isOpen)
  }

  /// Embeddings that agree up to noise: the samples as they are find every partner, and so does the run.
  @Test func equalLengthsStartAtTheIdentity() throws {
    let u = Tensor.normal([260, 64], key: Key(1))
    let data = try dataset(u, u + .normal([260, 64], key: Key(2)) * 0.1)
    let settings = RunConfiguration(for: data)
    let parts = try settings.parts(of: data)
    let baselines = Baselines(settings: settings, parts: parts)
    #expect(baselines.kinds == [.linear, .embeddings])
    let identity = try baselines.configuration(.embeddings)
    #expect(identity.dimension == 64 && identity[.u].encoder.description == "linear:identity")
    let test = try #require(parts.test)
    let coupling = try identity.coupling(training: parts.training)
    #expect(try coupling.evaluate(on: test, loss: ConditionalLoss(.twoSided)).meanRank == 1)
    let measured = try baselines.measured()
    #expect(measured.map(\.kind) == [.linear, .embeddings])
    #expect(measured[1].test?.meanRank == 1)
  }

  /// Near chance the mean reciprocal rank is that of a few lucky pairs; whether anything was learned the scores of all say.
  @Test func whatHasLearnedNothingComesAfterWhatHas() throws {
    let u = Tensor.normal([400, 4], key: Key(1))
    func outcome(_ v: Tensor) throws -> TrialTraining.Outcome {
      let data = try dataset(u, v)
      var settings = RunConfiguration(for: data)
      let identity = try EncoderSettings("linear:identity")
      (settings[.u].encoder, settings[.v].encoder) = (identity, identity)
      (settings.dimension, settings.epochs, settings.keep) = (4, 5, .last)
      let train = TrialTraining(parts: try settings.parts(of: data), device: .cpu) { false }
      return try #require(try train(settings, mostSteps: 100))
    }
    let (noise, equal) = (try outcome(.normal([400, 4], key: Key(2))), try outcome(u))
    #expect(!noise.hasLearned && equal.hasLearned)
    // All samples alike, and so all scores.
    #expect(try !outcome(.zeros([400, 4])).hasLearned)
    let lucky = TrialTraining.Outcome(
      rank: 1, loss: 0, steps: 5, bestEpoch: 5, hasLearned: noise.hasLearned)
    #expect(lucky.merit < equal.merit && noise.merit < lucky.merit)
  }

  /// One pair of coordinates of eight is correlated, by 0.9: the linear baseline is that pair.
  @Test func canonicalCoordinatesAreFound() throws {
    let z = Tensor.normal([2_000, 8], key: Key(1), dtype: .float64)
    let noise = Tensor.normal([2_000, 8], key: Key(2), dtype: .float64)
    let w = cat(
      [
        z.narrow(dim: 1, 0..<1) * 0.9 + noise.narrow(dim: 1, 0..<1) * (1 - 0.81).squareRoot(),
        noise.narrow(dim: 1, 1..<8),
      ], dim: 1)
    let data = try dataset(z * 3 + 5, w)
    var settings = RunConfiguration(for: data)
    (settings[.u].encoder, settings[.v].encoder) = (.linear, .linear)
    (settings.dimension, settings.start) = (1, .canonical)
    let coupling = try settings.coupling(training: data.training)
    let u = coupling.embed(.u, try data.training.u.to(.float32)).vectors.flattened().to(.float64)
    let x = z.narrow(dim: 1, 0..<1).flattened()
    let correlation =
      (u * x).mean().item() / (u.square().mean().item() * x.square().mean().item()).squareRoot()
    // The direction of the sample is off by about √(8/2,000)/0.9.
    #expect(abs(correlation) > 0.99)
    #expect(abs(u.mean().item()) < 1e-4)
  }

  // MARK: Few pairs

  @Test func foldsHoldEveryPairOnceAndKeepGroupsTogether() throws {
    let u = Tensor.normal([31, 2], key: Key(1))
    let marks = (0..<31).map { $0 / 3 }
    let pairs = try PairedData(u: u, v: u).grouped(by: Groups(marks))
    let folds = pairs.folds(5, key: Key(3))
    #expect(folds.count == 5)
    func rows(_ pairs: PairedData) -> [Int] { (0..<pairs.count).map(pairs.fileRow) }
    #expect(folds.flatMap { rows($0.heldOut) }.sorted() == Array(0..<31))
    for fold in folds {
      #expect((rows(fold.training) + rows(fold.heldOut)).sorted() == Array(0..<31))
      #expect(
        Set(rows(fold.training).map { marks[$0] }).isDisjoint(
          with: rows(fold.heldOut).map { marks[$0] }))
      #expect(fold.heldOut.pairsPerEpoch >= 2)
    }
    // Eleven groups are enough for five folds, nine are not.
    #expect(
      try PairedData(u: u, v: u).grouped(by: Groups(marks.map { min($0, 8) }))
        .folds(5, key: Key(3)).isEmpty)
  }

  /// Two of twelve coordinates go together, in 120 pairs. As many dimensions as there are fit noise; the folds say two.
  @Test func theBaselineOfFewPairsIsChosenOnFolds() throws {
    let z = Tensor.normal([120, 12], key: Key(1))
    let w = cat(
      [
        z.narrow(dim: 1, 0..<2) + .normal([120, 2], key: Key(2)) * 0.2,
        .normal([120, 10], key: Key(3)),
      ], dim: 1)
    let data = try dataset(z, w)
    let settings = RunConfiguration(for: data)
    let parts = try settings.parts(of: data)
    #expect(parts.validation == nil)
    let baseline = try Baselines(settings: settings, parts: parts).configuration(.linear)
    #expect((2...4).contains(baseline.dimension))
    // And what is trained begins there: a perceptron learns 108 pairs by heart.
    var short = settings
    short.epochs = 20
    var choice = EncoderChoice(short, parts, given: ["epochs"])
    let chosen = try choice.best()
    #expect(chosen.start == .canonical && chosen.epochs == 20)
    #expect(choice.trials.map { $0.partings ?? 0 } == [5, 5, 5])
    // Without being told how long, one epoch may be best, and the perceptron is not.
    #expect(chosen.dimension == baseline.dimension)
  }

  // MARK: The dimension

  /// Three canonical correlations of twenty, 0.9, 0.7 and 0.5: so many directions hold, whatever the sample's say.
  @Test func theDimensionIsThatOfTheSpectrum() throws {
    let count = 1_000
    let z = Tensor.normal([count, 20], key: Key(1), dtype: .float64)
    let noise = Tensor.normal([count, 20], key: Key(2), dtype: .float64)
    let sigma = Tensor([0.9, 0.7, 0.5] + [Double](repeating: 0, count: 17))
    let data = try dataset(z, z * sigma + noise * (1 - sigma.square()).sqrt())
    var settings = RunConfiguration(for: data)
    let parts = try settings.parts(of: data)
    let choice = try #require(try DimensionChoice(settings, parts.training))
    #expect(choice.count == 3)
    // Directions fitted to 640 pairs of 20 coordinates each are off by so much that σ becomes σ/(1 + r), with
    // r = 20 (1 − σ²)/(640 σ²); the mean over 800 pairs has the standard deviation (1 − σ²)/√800.
    for (found, sigma) in zip(choice.correlations, [0.9, 0.7, 0.5]) {
      let free = 1 - sigma * sigma
      let expected = sigma / (1 + 20 * free / (640 * sigma * sigma))
      #expect(abs(found - expected) < 3 * free / 800.0.squareRoot())
    }
    settings.dimension = RunConfiguration.automaticDimension
    (settings[.u].encoder, settings[.v].encoder) = (.linear, .linear)
    var linear = settings
    #expect(try linear.decideDimension(parts, given: nil)?.hasPrefix("3 canonical") == true)
    #expect(linear.dimension == 3)
    var perceptrons = settings
    #expect(try perceptrons.decideDimension(parts, given: []) != nil)
    #expect(perceptrons.dimension == 16)
    // Decided is decided.
    #expect(try perceptrons.decideDimension(parts, given: []) == nil)
    // Noise has no direction that holds, and a model has one dimension at least.
    let nothing = try dataset(z, noise)
    let none = try #require(try DimensionChoice(settings, nothing.training))
    #expect(none.count == 0 && none.dimension(for: settings) == 1)
  }
}
