import CoupletCore
import Encoders
import Files
import Foundation
import SampleReaders
import Samples
import Simulators
import Testing
import Training

@testable import Runs

/// Runs as `couplet train` and `couplet finetune` leave them.
struct Clouds {
  let scratch: Scratch
  let data: Dataset
  static let (n, d, classes) = (240, 4, 3)

  /// Three clouds of points with their labels, and the path of a run trained on them for some steps.
  init() throws {
    scratch = try Scratch()
    Formats.register()
    let labels = Tensor((0..<Clouds.n).map { $0 % Clouds.classes })
    let centers = Tensor.normal([Clouds.classes, Clouds.d], key: Key(1)) * 2
    let points = centers.indexSelect(labels) + .normal([Clouds.n, Clouds.d], key: Key(2))
    let folder = scratch.path + "/data"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    _ = try scratch.array("data/u.npy", points)
    _ = try scratch.array("data/v.npy", labels)
    data = try DataSource(folder).read()
  }

  func settings(_ change: (inout RunConfiguration) throws -> Void = { _ in }) throws
    -> RunConfiguration
  {
    var settings = RunConfiguration(for: data)
    settings.data = data.name
    settings.dimension = Clouds.classes
    settings.epochs = 3
    settings.batch = 64
    settings.learningRate = 0.05
    try change(&settings)
    return settings
  }

  /// Trains and opens a run.
  func train(_ settings: RunConfiguration, as name: String = "run") throws -> TrainedRun {
    let directory = try RunDirectory(creating: "\(scratch.path)/\(name)")
    try directory.writeConfiguration(settings)
    let training = try settings.parts(of: data).training
    try settings.trainer().fit(
      try settings.coupling(training: training), to: training, in: directory,
      metadata: { try $0.scoreProfile(of: training).metadata() })
    return try TrainedRun(directory.path)
  }
}

@Suite struct TrainedRunTests {
  @Test func potentialsKernelsAndBoundsAreSavedAndLoaded() throws {
    let runs = try Clouds()
    let settings = try runs.settings {
      $0.tilting = try TiltingSettings("squared-distance")
      $0[.u].potential = try EncoderSettings("quadratic:standardized")
      $0[.v].potential = try EncoderSettings("embedding")
      $0.loss = try LossSettings("mmd-two-sided:kernel-u=laplace/2:kernel-v=energy")
      $0.temperature = 1
      $0.temperatureBounds = [0.5, 2]
    }
    let run = try runs.train(settings)
    #expect(run.configuration == settings)
    let loss = try #require(run.configuration.loss.value as? ConditionalMMDLoss)
    #expect(loss.kernels == [.laplace(.fixed(2)), .energy])
    #expect((0.5...2).contains(run.coupling.temperature.current))
    // The potentials have learned, and enter the scores.
    for potential in run.coupling.sides.map(\.potential) {
      let learned = try #require(potential).parameters.entries.last
      #expect((learned?.tensor.abs().max().item() ?? 0) > 0)
    }
    let (u, v) = (try runs.data.training.u[0..<5], try runs.data.training.v[0..<5])
    let plain = Coupling(
      u: run.coupling[.u].encoder, v: run.coupling[.v].encoder, tilting: SquaredDistance(),
      temperature: run.coupling.temperature)
    let added =
      (run.coupling[.u].potential?(u).flattened().unsqueezed(1) ?? u)
      + (run.coupling[.v].potential?(v).flattened() ?? v)
    let difference = run.coupling.scores(u: u, v: v) - plain.scores(u: u, v: v) - added
    #expect(difference.abs().max().item() < 1e-4)  // Float32 scores of order 10.
  }

  @Test func theProfileOfTheTrainingIsKept() throws {
    let runs = try Clouds()
    let run = try runs.train(try runs.settings())
    let profile = try #require(run.profile)
    let training = try run.configuration.parts(of: runs.data).training
    #expect(profile.pairs == training.count)
    #expect(try profile == run.coupling.scoreProfile(of: training))
  }

  @Test func aTemperatureStaysWithinItsBounds() throws {
    let runs = try Clouds()
    let run = try runs.train(
      try runs.settings {
        $0.temperature = 0.5
        $0.temperatureBounds = [0.45, 0.55]
        $0.learningRate = 0.3
      })
    let reached = run.coupling.temperature.current
    // Steps of 0.3 in log τ are larger than the bounds' distance: one of them is reached, to float32.
    #expect(min(abs(reached - 0.45), abs(reached - 0.55)) < 1e-6)
    let outside = try runs.settings { $0.temperatureBounds = [0.1, 0.2] }
    #expect(
      describe { _ = try outside.coupling() }
        == "the temperature 0.07 is not within 0.1,0.2 — give LOW,HIGH around the temperature to start from"
    )
  }

  @Test func priorsAreWeightsOfTheCandidates() throws {
    let runs = try Clouds()
    let run = try runs.train(try runs.settings())
    let candidates = try runs.data.training.u[0..<20]
    let logPrior = Tensor.normal([20], key: Key(7), dtype: .float64) * 3
    let file = try runs.scratch.array("prior.npy", logPrior)
    let gallery = try Gallery(candidates: candidates).weighted(byLogPrior: file)
    let given = try runs.data.training.v[0..<1]
    let best = try run.answers(.u, given: given, among: gallery) { $0.top(1)[0].index }
    // The MAP point maximises s(u, v) + log prior(u) (61).
    let posterior =
      run.coupling.scores(u: candidates, v: given).flattened().to(.float64) + logPrior
    #expect(best == [Int(posterior.unsqueezed(0).argmax(dim: 1).item())])
    let unweighted = try run.answers(.u, given: given, among: Gallery(candidates: candidates)) {
      $0.top(1)[0].index
    }
    #expect(best != unweighted)
  }

  @Test func whatIsNoPriorIsRefused() throws {
    let scratch = try Scratch()
    let gallery = Gallery(candidates: .zeros([3, 2]))
    let cases: [(Tensor, String)] = [
      (
        .zeros([2]),
        "a log prior of shape [2] for 3 candidates — give one number for each candidate, in their order"
      ),
      (
        Tensor([0, .nan, 0.0]),
        "the value is nan — give logarithms: finite numbers, or −inf to rule a candidate out"
      ),
      (
        Tensor([0, .infinity, 0.0]),
        "the value is inf — give logarithms: finite numbers, or −inf to rule a candidate out"
      ),
      (.full([3], -.infinity), "every candidate is ruled out — give a finite number to one"),
    ]
    for (prior, message) in cases {
      let file = try scratch.array("prior.npy", prior)
      #expect(describe { _ = try gallery.weighted(byLogPrior: file) } == message)
    }
    let file = try scratch.array("prior.npy", Tensor([0, -.infinity, 1.0]))
    #expect(try gallery.weighted(byLogPrior: file).logWeights?.array(Double.self)[1] == -.infinity)
  }
}

@Suite struct FinetuningTests {
  @Test(arguments: ["cosine", "inner-product", "squared-distance"])
  func aFineTunedRunIsARunLikeAnyOther(_ tilting: String) throws {
    let runs = try Clouds()
    let trained = try runs.train(
      try runs.settings {
        $0.tilting = try TiltingSettings(tilting)
        $0[.u].encoder = try EncoderSettings("linear:standardized")
        $0[.u].potential = try EncoderSettings("quadratic")
      })
    var finetuning = Finetuning()
    finetuning.epochs = 30
    let settings = try finetuning.settings(for: runs.data, of: trained)
    let parts = try settings.parts(of: runs.data)
    let training = parts.training
    let result = try finetuning.fit(trained, to: training, heldOut: parts.test, settings: settings)
    let path = runs.scratch.path + "/tuned"
    _ = try result.write(to: path, data: runs.data, parts: parts, seconds: 1)

    let tuned = try TrainedRun(path)
    // What was fitted, through the classifier itself.
    let classifier = try FineTunedClassifier(
      trained.coupling, labels: .arange(3), priors: settings[.v].labelFrequencies.map { Tensor($0) }
    )
    let loss = try classifier.fit(
      try training.u, classes: try training.v.array(Int.self), epochs: 30, seed: settings.seed)
    #expect(abs(loss - result.crossEntropy) < 1e-6)
    let zeroShot = ZeroShotClassifier(
      tuned.coupling, labels: .arange(3), weights: tuned.coupling[.v].marginal)
    let images = try training.u
    let difference = zeroShot.probabilities(images) - classifier.probabilities(images)
    #expect(difference.abs().max().item() < 1e-4)  // Float32 logits of order 10.
    // The encoder of u is that of the first run.
    for (name, tensor) in trained.coupling[.u].encoder.parameters.entries {
      #expect(tuned.coupling[.u].encoder.parameters[name]?.equal(to: tensor).allTrue() == true)
    }
    #expect(result.heldOut?.accuracy ?? 0 > 0.8)
    #expect(try RunDirectory(opening: path).metrics().count == 1)
    #expect(tuned.configuration.finetunedFrom == trained.path)
  }

  @Test func otherDataAreRefused() throws {
    let runs = try Clouds()
    let trained = try runs.train(try runs.settings())
    let real = try Dataset(
      name: "pairs", training: try PairedData(u: .zeros([4, 4]), v: .zeros([4, 2])))
    #expect(
      describe { _ = try Finetuning().settings(for: real, of: trained) }
        == "v is not a label in these data — give data whose v is one whole number per pair")
    let wide = try Dataset(
      name: "pairs", training: try PairedData(u: .zeros([4, 5]), v: Tensor([0, 1, 0, 1])))
    #expect(
      describe { _ = try Finetuning().settings(for: wide, of: trained) }?
        .contains("the samples are vectors of 5 numbers, not vectors of 4 numbers") == true)
  }
}
