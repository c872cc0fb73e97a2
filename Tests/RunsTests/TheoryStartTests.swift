import CoupletCore
import Encoders
import Files
import GaussianTheory
import Testing
import Training

@testable import Runs

/// Gaussian pairs with means and unequal scales: u lies in ℝ^{2×2}, v in ℝ³, with 2 common factors.
private func gaussianPairs(_ count: Int, seed: UInt64 = 0) throws -> PairedData {
  let keys = Key(seed).split(3)
  let factors = Tensor.normal([count, 2], key: keys[0])
  let u = matmul(factors, Tensor([1, 0.5, -1, 2, 0, 1, 1, 0.3] as [Float], shape: [2, 4]))
  let v = matmul(factors, Tensor([2, 0.4, 0, -1, 1, 0.1] as [Float], shape: [2, 3]))
  let noiseU = Tensor.normal([count, 4], key: keys[1]) * Tensor([1, 2, 0.5, 1] as [Float])
  let noiseV = Tensor.normal([count, 3], key: keys[2]) * Tensor([0.5, 3, 0.1] as [Float])
  return try PairedData(
    u: (u + noiseU + Tensor([5, 0, -2, 1] as [Float])).reshaped([count, 2, 2]),
    v: v + noiseV + Tensor([0, 10, 0.5] as [Float]))
}

private func settings(_ change: (inout RunConfiguration) throws -> Void = { _ in }) throws
  -> RunConfiguration
{
  var settings = RunConfiguration(u: .real(shape: [2, 2]), v: .real(shape: [3]))
  settings.tilting = try TiltingSettings("inner-product")
  (settings.temperature, settings.learnTemperature) = (1, false)
  settings.dimension = 2
  settings.start = .theory
  try change(&settings)
  return settings
}

@Suite struct TheoryStartTests {
  static let cases: [(tilting: String, loss: String, weights: [Double]?, encoder: String)] =
    ["inner-product", "squared-distance"].flatMap { tilting in
      [
        (tilting, "two-sided", nil, "linear"),
        (tilting, "u-given-v", nil, "linear:standardized"),
        (tilting, "v-given-u", nil, "linear:whitened"),
        (tilting, "joint", nil, "linear:standardized:whitened"),
        (tilting, "two-sided", [1.5, 0.5], "linear"),
      ]
    }

  /// G (r × n) and b of an affine encoder x ↦ G x + b, in double precision.
  private func affine(_ encoder: any SampleEncoder, _ shape: [Int]) -> (g: Tensor, b: Tensor) {
    let size = shape.reduce(1, *)
    let basis = Tensor.eye(size, dtype: .float64).reshaped([size] + shape)
    let b = encoder(basis.zerosLike())[0..<1]
    return ((encoder(basis) - b).T.detached(), b.detached())
  }

  @Test(arguments: cases.indices, [1, 0.3, 2.5])
  func theStartAttainsTheLossOfTheory(_ index: Int, _ temperature: Double) throws {
    let (tilting, loss, weights, encoder) = Self.cases[index]
    let pairs = try gaussianPairs(500)
    let settings = try settings {
      $0.tilting = try TiltingSettings(tilting)
      let options = weights.map { ":weights=\($0[0]),\($0[1])" } ?? ""
      $0.loss = try LossSettings(loss + options)
      $0.temperature = temperature
      $0[.u].encoder = try EncoderSettings(encoder)
      $0[.v].encoder = try EncoderSettings(encoder)
    }
    let coupling = try settings.coupling(training: pairs)
    coupling.parameters.convert(to: .float64)
    let (g, shiftU) = affine(coupling[.u].encoder, [2, 2])
    let (h, shiftV) = affine(coupling[.v].encoder, [3])

    let theory = try GaussianLoss(named: loss, weights: weights)
    let kind = try #require(GaussianTilting(rawValue: tilting))
    let estimate = try PlugInEstimate(u: try pairs.u.reshaped([500, 4]), v: try pairs.v)
    let analysis = estimate.analysis
    let best = try analysis.optimum(rank: 2, tilting: kind, loss: theory).divergence
    let root = temperature.squareRoot()
    let reached = try analysis.divergence(g: g / root, h: h / root, tilting: kind, loss: theory)
    // The weights are rounded to 6e-8, and at a minimum the loss moves by the square of that.
    #expect(abs(reached.item() - best) < 1e-11)
    // A little away from it the loss is larger: what is attained is the minimum, not a flat place.
    let away = try analysis.divergence(g: g * 1.05, h: h / root, tilting: kind, loss: theory)
    #expect(away.item() > best + 1e-4)
    // The shift puts the mean of the samples at 0. Rounding: 6e-8 of numbers up to 50.
    for (map, shift, samples) in [
      (g, shiftU, try pairs.u.reshaped([500, 4])), (h, shiftV, try pairs.v),
    ] {
      let center = matmul(samples.to(.float64).mean(dim: 0, keepDim: true), map.T) + shift
      #expect(center.abs().max().item() < 1e-5)
    }
  }

  @Test func ranksBeyondTheTheoryAreZero() throws {
    let pairs = try gaussianPairs(500)
    let coupling = try settings { $0.dimension = 5 }.coupling(training: pairs)
    let embedded = try coupling.embed(.v, pairs.v).vectors
    #expect(embedded.narrow(dim: 1, 3..<5).equal(to: 0).allTrue())
    #expect(embedded.narrow(dim: 1, 0..<3).abs().max().item() > 1)
  }

  /// Pairs that are Gaussian, for which the start is the statistical limit, and pairs that are not (v is cubed),
  /// where there is something left to learn.
  @Test(
    arguments: [("inner-product", "two-sided"), ("squared-distance", "u-given-v")], [false, true])
  func trainingFromTheTheoryIsNotWorse(_ names: (String, String), _ cubed: Bool) throws {
    func data(_ count: Int, _ seed: UInt64) throws -> PairedData {
      let pairs = try gaussianPairs(count, seed: seed)
      guard cubed else { return pairs }
      let v = try (pairs.v - pairs.v.mean(dim: 0)) / pairs.v.variance(dim: 0).sqrt()
      return try PairedData(u: try pairs.u, v: v * v.square())
    }
    let (training, heldOut) = (try data(2_000, 1), try data(2_000, 2))
    var settings = try settings {
      $0.tilting = try TiltingSettings(names.0)
      $0.loss = try LossSettings(names.1)
    }
    (settings.epochs, settings.batch, settings.schedule) = (10, 500, .cosine())
    settings.learningRate = 3e-3
    let loss = settings.loss.value
    func losses(_ start: Start) throws -> (before: Double, after: Double) {
      settings.start = start
      let coupling = try settings.coupling(training: training)
      let before = try #require(coupling.evaluate(on: heldOut, loss: loss).loss)
      try settings.trainer().fit(coupling, to: training)
      return (before, try #require(coupling.evaluate(on: heldOut, loss: loss).loss))
    }
    let (theory, random) = (try losses(.theory), try losses(.random))
    if cubed {
      #expect(theory.after < theory.before - 0.01)
    } else {
      // Training then fits the sample's chance besides: 14 weights and 4 shifts cost half a nat each over N.
      #expect(theory.after < theory.before + 18 / (2 * 2_000.0))
    }
    // So few steps do not lead from a random start where the theory starts.
    #expect(theory.before < random.after && theory.after < random.after)
  }

  static let refusals: [(String, @Sendable (inout RunConfiguration) throws -> Void)] = [
    (
      "the tilting cosine has no optimum in closed form — use inner-product or squared-distance",
      { $0.tilting = .cosine }
    ),
    (
      "the loss 'mmd-joint' has no optimum in closed form — use one of two-sided, u-given-v, "
        + "v-given-u, joint", { $0.loss = try LossSettings("mmd-joint") }
    ),
    (
      "the coupling has potentials — leave the potentials out",
      { $0[.v].potential = try EncoderSettings("quadratic") }
    ),
    (
      "the encoder of v is not a linear one of real samples — use `encoder-v` linear",
      { $0[.v].encoder = try EncoderSettings("mlp:8") }
    ),
    (
      "the encoder of u is not a linear one of real samples — use `encoder-u` linear",
      { $0[.u].encoder = try EncoderSettings("linear:normalized") }
    ),
    (
      "the samples of v have a mean, and their encoder has no shift to take it away — use linear without "
        + ":no-bias, or linear:no-bias:standardized",
      { $0[.v].encoder = try EncoderSettings("linear:no-bias") }
    ),
  ]

  @Test(arguments: refusals.indices)
  func whatTheTheoryDoesNotCoverIsSaid(_ index: Int) throws {
    let (message, change) = Self.refusals[index]
    let pairs = try gaussianPairs(100)
    let settings = try settings(change)
    #expect(
      describe { _ = try settings.coupling(training: pairs) } == "\(message), or start at random")
  }

  @Test func singularAndTooFewSamplesAreRefused() throws {
    let pairs = try gaussianPairs(100)
    let settings = try settings()
    #expect(
      describe { _ = try settings.coupling(training: pairs[0..<7]) }
        == "7 pairs determine no covariance of 7 coordinates: every canonical correlation would be 1 — "
        + "remove redundant coordinates, or give more pairs, or start at random")
    let twice = try cat([pairs.v.narrow(dim: 1, 0..<2), pairs.v.narrow(dim: 1, 0..<1)], dim: 1)
    let message = describe {
      _ = try settings.coupling(training: PairedData(u: try pairs.u, v: twice))
    }
    #expect(message?.hasPrefix("C_vv is numerically singular") == true, "\(message ?? "")")
  }

  /// A shift is not missed where standardising or the samples themselves make up for it.
  @Test func noShiftIsNeededForSamplesOfMeanZero() throws {
    let pairs = try gaussianPairs(100)
    let settings = try settings {
      $0[.u].encoder = try EncoderSettings("linear:no-bias:whitened")
      $0[.v].encoder = try EncoderSettings("linear:no-bias:standardized")
    }
    let coupling = try settings.coupling(training: pairs)
    let embedded = try coupling.embed(.v, pairs[.v]).vectors
    #expect(embedded.mean(dim: 0).abs().max().item() < 1e-5)
    #expect(embedded.abs().max().item() > 0.1)
  }

  /// Two encoders whose statistics are of the training samples; the run stops, goes on, and is opened again.
  @Test func whitenedRunsAreSavedAndResumed() throws {
    let scratch = try Scratch()
    let pairs = try gaussianPairs(200)
    var settings = try settings {
      $0[.u].encoder = try EncoderSettings("linear:whitened")
      $0[.v].encoder = try EncoderSettings("mlp:8:standardized:whitened")
      $0.start = nil
    }
    (settings.epochs, settings.batch) = (3, 50)
    func fit(_ name: String, stop: Int, training: PairedData?) throws -> RunDirectory {
      let path = "\(scratch.path)/\(name)"
      let directory =
        try training == nil ? RunDirectory(opening: path) : RunDirectory(creating: path)
      if training != nil { try directory.writeConfiguration(settings) }
      var steps = 0
      _ = try settings.trainer().fit(
        try settings.coupling(training: training), to: pairs, in: directory, resume: true,
        onEvent: { if case .step = $0 { steps += 1 } }, shouldStop: { steps >= stop })
      return directory
    }
    let whole = try fit("whole", stop: .max, training: pairs)
    _ = try fit("parts", stop: 5, training: pairs)
    // Statistics come from the checkpoint, not from data that are at hand again.
    let parts = try fit("parts", stop: .max, training: nil)
    let runs = try [whole, parts].map { try TrainedRun($0.path) }
    let embeddings = try [settings.coupling(training: pairs)] + runs.map(\.coupling)
    for modality in [Modality.u, .v] {
      let vectors = try embeddings.map { try $0.embed(modality, pairs[modality]).vectors }
      #expect(vectors[1].equal(to: vectors[2]).allTrue())
      #expect(!vectors[0].equal(to: vectors[1]).allTrue())
    }
    let entries = runs[0].coupling.parameters.entries.map(\.name)
    #expect(entries.contains("u.input.matrix") && entries.contains("v.encoder.input.matrix"))
  }

  /// In canonical order the first K coordinates of optimal embeddings, rotated anyhow, are optimal ones of length K.
  @Test(arguments: ["inner-product", "squared-distance"])
  func everyPrefixIsOptimalForItsLength(_ tilting: String) throws {
    let pairs = try gaussianPairs(500)
    func embeddings(_ dimension: Int) throws -> [Tensor] {
      let settings = try settings {
        $0.tilting = try TiltingSettings(tilting)
        $0.dimension = dimension
      }
      return try settings.coupling(training: pairs).embed(pairs).map { side in
        let vectors = side.vectors.to(.float64)
        return vectors - vectors.mean(dim: 0)
      }
    }
    let any = Tensor.normal([3, 3], key: Key(8), dtype: .float64).qr().q
    let whole = try embeddings(3).map { matmul($0, any) }
    let order = try CanonicalOrder(u: whole[0], v: whole[1])
    for k in 1...3 {
      let best = try embeddings(k)
      let short = whole.map { order.coordinates($0, first: k) }
      let (expected, found) = (matmul(best[0], best[1].T), matmul(short[0], short[1].T))
      // The weights are float32.
      let (error, largest): (Double, Double) = (
        (found - expected).abs().max().item(), expected.abs().max().item()
      )
      #expect(error < 1e-4 * largest)
    }
  }
}
