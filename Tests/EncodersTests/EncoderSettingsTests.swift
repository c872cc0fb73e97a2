import CoupletCore
import Files
import Foundation
import Testing

@testable import Encoders

struct EncoderSettingsTests {
  @Test(arguments: [
    "linear", "linear:no-bias:standardized", "linear:identity", "mlp:512:dropout=0.4:scaled",
    "mlp:512", "mlp:512,256:tanh:dropout=0.1:standardized",
    "lenet", "transformer", "transformer:depth=2:pooling=all:every=10:patch=5",
    "transformer:width=8:heads=2:hidden=12:causal:pooling=attention:velocities:waves=3:gated:bfloat16",
    "embedding", "one-hot", "fixed:standardized", "quadratic", "linear:standardized:normalized",
    "cnn:width=8:dropout=0.1:standardized", "ngrams",
    "ngrams:sizes=2,3:buckets=100:hidden=8:dropout=0.5",
    "embedding:normalized", "lenet:whitened", "linear:standardized:whitened:normalized",
  ])
  func `a setting is read from its text and its JSON, and gives them back`(text: String) throws {
    let settings = try EncoderSettings(text)
    #expect(settings.description == text)
    let json = try JSONEncoder().encode([settings])
    #expect(String(decoding: json, as: UTF8.self) == "[\"\(text)\"]")
    #expect(try JSONDecoder().decode([EncoderSettings].self, from: json) == [settings])
  }

  @Test func `options reach the settings`() throws {
    let mlp = try EncoderSettings("mlp:512,256:tanh:dropout=0.1:standardized:normalized")
    #expect(mlp.isStandardized && mlp.isNormalized && !mlp.isWhitened)
    let design = try #require(mlp.design.value as? MLP.Design)
    #expect(design.widths == [512, 256] && design.activation == .tanh && design.dropout == 0.1)
    let text =
      "transformer:width=8:depth=2:heads=2:hidden=12:causal:pooling=attention:every=3:patch=5"
      + ":velocities:waves=3:gated:bfloat16"
    var expected = TransformerSettings()
    (expected.width, expected.depth, expected.heads, expected.hidden) = (8, 2, 2, 12)
    (expected.isCausal, expected.pooling, expected.every, expected.patch) = (true, .attention, 3, 5)
    (expected.hasVelocities, expected.waves) = (true, 3)
    (expected.isGated, expected.isMixedPrecision) = (true, true)
    let transformer = try EncoderSettings(text)
    #expect(transformer.design.value as? TransformerSettings == expected)
    #expect(EncoderSettings.linear.description == "linear")
    #expect(try EncoderSettings("linear") == .linear)
  }

  @Test func `options come in any order`() throws {
    #expect(
      try EncoderSettings("mlp:9:standardized:dropout=0.5:relu").description
        == "mlp:9:relu:dropout=0.5:standardized")
  }

  @Test(arguments: [
    (
      "lnet",
      "unknown encoder 'lnet' — use one of linear, mlp, lenet, cnn, quadratic, transformer, ngrams, embedding, one-hot, fixed…; did you mean lenet?"
    ),
    (
      "",
      "unknown encoder '' — use one of linear, mlp, lenet, cnn, quadratic, transformer, ngrams, embedding, one-hot, fixed…"
    ),
    ("mlp", "the encoder mlp lacks WIDTHS — say, mlp:512,256"),
    (
      "mlp:512,",
      "'' is not a whole number from 1 to 1000000 (WIDTHS of the encoder mlp) — give one, for example 10"
    ),
    (
      "mlp:0",
      "'0' is not a whole number from 1 to 1000000 (WIDTHS of the encoder mlp) — give one, for example 10"
    ),
    (
      "mlp:8:dropout=1",
      "'1' is not a fraction (dropout of the encoder mlp) — give a number from 0 and below 1"
    ),
    (
      "mlp:8:dropout=nan",
      "'nan' is not a fraction (dropout of the encoder mlp) — give a number from 0 and below 1"
    ),
    (
      "mlp:8:sigmoid",
      "the encoder mlp has no option 'sigmoid' — use mlp:WIDTHS[:gelu|:relu|:tanh][:dropout=FRACTION][:standardized][:scaled][:whitened][:normalized]"
    ),
    (
      "linear:",
      "the encoder linear has no option '' — use linear[:no-bias][:identity][:standardized][:scaled][:whitened][:normalized]"
    ),
    (
      "transformer:width=10:heads=4",
      "4 heads do not divide the width 10 — choose a multiple of 4"
    ),
    (
      "transformer:depth=0",
      "'0' is not a whole number from 1 to 10000 (depth of the encoder transformer) — give one, for example 10"
    ),
    (
      "transformer:pooling=first",
      "'first' is none of last, attention, all (pooling of the encoder transformer) — give one of these"
    ),
    (
      "linear:standardized:scaled",
      "standardized and scaled exclude each other — give every coordinate its own scale, or all one"
    ),
    (
      "one-hot:standardized",
      "the encoder one-hot has no option 'standardized' — use one-hot[:normalized]"
    ),
  ])
  func `a text that is no setting is explained`(text: String, message: String) {
    // Other tests, in the same process, make encoders of their own known: they follow where … stands.
    let parts = message.split(separator: "…", omittingEmptySubsequences: false)
    let found = describe { try EncoderSettings(text) } ?? ""
    #expect(found.hasPrefix(parts[0]) && found.hasSuffix(parts[parts.count - 1]), "\(found)")
    #expect(parts.count > 1 || found == message)
  }

  @Test(arguments: [
    ("linear", SampleSpace.real(shape: [6]), 3), ("linear", .real(shape: [2, 3]), 3),
    ("linear", .real(shape: []), 3), ("mlp:8", .real(shape: [6]), 3),
    ("mlp:8", .real(shape: []), 3),
    ("lenet", .real(shape: [28, 28]), 10), ("lenet:standardized", .real(shape: [3, 12, 14]), 3),
    ("cnn", .image(shape: [3, 9, 70]), 3), ("cnn:width=4", .real(shape: [1, 5]), 3),
    ("ngrams", .text, 3), ("transformer:depth=1:every=2:patch=2", .real(shape: [7, 1]), 3),
    ("lenet:whitened", .real(shape: [12, 12]), 3), ("linear:whitened", .real(shape: []), 3),
    ("transformer:depth=1:width=8", .real(shape: [6, 2]), 3),
    ("transformer:depth=1:every=2:patch=3:waves=1:standardized", .real(shape: [6, 4]), 3),
    ("embedding", .labels(count: 4), 3), ("one-hot", .labels(count: 3), 3),
    ("fixed", .real(shape: [6]), 6), ("linear:identity:scaled", .real(shape: [2, 3]), 6),
    ("fixed:standardized", .real(shape: [2, 3]), 6),
    ("quadratic", .real(shape: [2, 3]), 1), ("linear:normalized", .real(shape: [6]), 3),
  ])
  func `an encoder that fits is built`(text: String, space: SampleSpace, dimension: Int) throws {
    let data =
      switch space {
      case .real(let shape), .image(let shape): Tensor.normal([7] + shape, key: Key(0))
      case .labels(let labels): Tensor.integers(0..<labels.count, shape: [7], key: Key(0))
      case .text: TextSamples.encoded(["a", "", "b c", "d", "e", "f", "g"])
      }
    let encoder = try EncoderSettings(text).build(
      for: space, dimension: dimension, data: data, key: Key(1))
    #expect(encoder.dimension == dimension)
    #expect(encoder(data).shape == [7, dimension])
    if let standardized = encoder as? Standardized {
      #expect(largestDifference(standardized.mean, data.to(.float64).mean(dim: 0)) < 1e-12)
    }
  }

  @Test(arguments: [
    (
      "lenet", SampleSpace.real(shape: [784]), 10,
      "encoder-u lenet: it needs images of at least 12 × 12, not samples of shape 784 — "
        + "use linear or mlp:WIDTHS, or save the images as N × height × width"
    ),
    (
      "lenet", .real(shape: [8, 8]), 10,
      "encoder-u lenet: it needs images of at least 12 × 12, not samples of shape 8 × 8 — "
        + "use linear or mlp:WIDTHS, or save the images as N × height × width"
    ),
    (
      "one-hot", .real(shape: [6]), 10,
      "encoder-u one-hot: it needs labels, not samples of shape 6 — "
        + "use linear, mlp:WIDTHS or, for images, lenet"
    ),
    (
      "one-hot", .labels(count: 3), 10,
      "encoder-u one-hot: its embeddings have dimension 3, not 10 — use dimension 3, or embedding"
    ),
    (
      "fixed", .real(shape: [2, 3]), 5,
      "encoder-u fixed: its embeddings have dimension 6, not 5 — use dimension 6, or linear"
    ),
    (
      "mlp:8", .labels(count: 3), 5,
      "encoder-u mlp: labels are no input for it — use one-hot or embedding"
    ),
    (
      "fixed", .labels(count: 3), 5,
      "encoder-u fixed: labels are no input for it — use one-hot or embedding"
    ),
    (
      "mlp:8:whitened", .real(shape: [3, 100, 100]), 10,
      "encoder-u mlp: whitening 30000 coordinates takes a matrix of 30000 × 30000 — "
        + "use :standardized, or at most 8192 coordinates"
    ),
    (
      "linear", .real(shape: [6]), 0,
      "encoder-u linear: an embedding of dimension 0 — give at least 1"
    ),
    (
      "linear", .real(shape: [6]), 1_000_001,
      "encoder-u linear: an embedding of dimension 1000001 — give at least 1, at most 1000000"
    ),
    (
      "linear", .real(shape: [1 << 40, 1 << 40]), 2,
      "encoder-u linear: there are no samples of shape 1099511627776 × 1099511627776 — "
        + "give data that fit into memory"
    ),
    (
      "fixed:whitened", .real(shape: [-1]), 2,
      "encoder-u fixed: there are no samples of shape -1 — give data that fit into memory"
    ),
    (
      "mlp:1000000,1000000", .real(shape: [6]), 2,
      "encoder-u mlp: its 6 × 1000000 + 1000000 × 1000000 + 1000000 × 2 parameters do not fit into memory — "
        + "make it smaller"
    ),
    (
      "linear", .real(shape: [1 << 40]), 1_000_000,
      "encoder-u linear: its 1099511627776 × 1000000 parameters do not fit into memory — make it smaller"
    ),
    (
      "transformer:every=1000000:patch=1000000", .real(shape: [6, 2]), 3,
      "encoder-u transformer: paths of 6 points hold no token of every × patch = 1000000000000 points — "
        + "choose every and patch with a product of at most 6"
    ),
  ])
  func `an encoder that does not fit is explained`(
    text: String, space: SampleSpace, dimension: Int, message: String
  ) {
    let described = describe {
      try EncoderSettings(text).build(
        for: space, dimension: dimension, key: Key(0), at: "encoder-u")
    }
    #expect(described == message)
  }

  /// The text of the failure that `body` ends with, without the names that EncoderRegistryTests adds.
  private func describe(_ body: () throws -> some Any) -> String? {
    do {
      _ = try body()
      return nil
    } catch { return "\(error)".replacing(", cubic", with: "").replacing(", first-two", with: "") }
  }

  @Test func `potentials have one output, and tables start at zero`() throws {
    let space = SampleSpace.real(shape: [3])
    for text in ["linear", "mlp:4:standardized", "quadratic"] {
      let potential = try EncoderSettings(text).buildPotential(
        for: space, data: .normal([5, 3], key: Key(0)), key: Key(1), at: "potential-u")
      #expect(potential(.normal([5, 3], key: Key(2))).shape == [5, 1])
    }
    let table = try EncoderSettings("embedding").buildPotential(
      for: .labels(count: 4), key: Key(1), at: "potential-v")
    #expect(table(.arange(4)).equal(to: 0).allTrue())
  }

  @Test(arguments: [
    (
      "one-hot", SampleSpace.labels(count: 4),
      "potential-v one-hot: it has 4 outputs, and a potential has one — "
        + "use embedding, a number for each label"
    ),
    (
      "fixed", .real(shape: [3]),
      "potential-v fixed: it has 3 outputs, and a potential has one — "
        + "use quadratic, linear or mlp:WIDTHS"
    ),
    (
      "linear:normalized", .real(shape: [3]),
      "potential-v linear:normalized: a potential of length 1 is constant — leave out :normalized"
    ),
  ])
  func `what is no potential is explained`(text: String, space: SampleSpace, message: String) {
    #expect(
      describe {
        try EncoderSettings(text).buildPotential(for: space, key: Key(0), at: "potential-v")
      } == message)
  }
}
