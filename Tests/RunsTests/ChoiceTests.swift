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
}
