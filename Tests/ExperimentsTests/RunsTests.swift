import CoupletCore
import Encoders
import Files
import Foundation
import Runs
import Samples
import Scratch
import Testing

@testable import Experiments

/// Runs of experiments are runs as `couplet train` leaves them.
@Suite struct ExperimentRunsTests {
  /// Evaluates what the folder of a run says alone.
  private func requireEvaluable(_ path: String) throws -> EvaluationReport {
    let run = try TrainedRun(path)
    let report = try run.coupling.evaluate(
      on: run.testData().pairs, loss: run.configuration.loss.value)
    #expect(report.loss?.isFinite == true)
    return report
  }

  /// The same embeddings, temperature and loss from the folder of a run as from the coupling that was trained.
  private func requireReopened(_ path: String, as coupling: Coupling) throws {
    let run = try TrainedRun(path)
    let pairs = try run.testData().pairs
    for modality in coupling.modalities {
      let samples = try pairs[modality].all()
      // None of these runs has potentials.
      let mine = coupling.embed(modality, samples).vectors
      let its = run.coupling.embed(modality, samples).vectors
      #expect(mine.shape == its.shape && mine.equal(to: its).allTrue())
    }
    #expect(run.coupling.temperature.current == coupling.temperature.current)
    let loss = run.configuration.loss.value
    let report = try requireEvaluable(path)
    #expect(try report.loss == coupling.evaluate(on: pairs, loss: loss).loss)
  }

  @Test func whitenedByMirroredSamplesOrWithAQueueARunReopens() throws {
    let scratch = try Scratch()
    let workshop = try Workshop(folder: scratch.path, isQuick: true)
    let data = try PlanarGaussian.data(workshop)
    let whitened = try LinearRun.fullBatch(
      pairs: data.training.count, dimension: 1, steps: 1, start: .random
    ).fit(workshop, data, name: "whitened").coupling
    // Mirrored samples have the mean 0, which those of config.json have not.
    let encoder = try #require(whitened[.u].encoder as? Whitened)
    #expect(encoder.mean.array(Double.self) == [0])
    #expect(try data.training.u.to(.float64).mean().item() != 0)
    try requireReopened("\(scratch.path)/runs/whitened", as: whitened)
    let queued = try LinearRun(
      pairs: data.training.count, dimension: 1, epochs: 1, queue: 1024, start: .theory
    ).fit(workshop, data, name: "queued").coupling
    try requireReopened("\(scratch.path)/runs/queued", as: queued)
  }

  @Test func halvesOfShiftedImagesReopen() throws {
    let scratch = try Scratch()
    try Folder.make("\(scratch.path)/mnist")
    for (part, count) in [("train", 40), ("t10k", 20)] {
      let images = Tensor.integers(0..<256, shape: [count, 28, 28], key: Key(7))
        .array(Int.self).map { UInt8($0) }
      try scratch.idx(
        "mnist/\(part)-images-idx3-ubyte", NumericArray(images, shape: [count, 28, 28]))
      try scratch.idx(
        "mnist/\(part)-labels-idx1-ubyte", NumericArray((0..<count).map { UInt8($0 % 10) }))
    }
    let workshop = try Workshop(
      folder: "\(scratch.path)/work", isQuick: true, dataFolder: scratch.path)
    let (digits, halves) = (
      try workshop.digits(), try workshop.digits(DigitFormat.halves.name)
    )
    let coupling = try HalvesRun(workshop, on: halves.data).fit(workshop, digits, halves)
    try requireReopened("\(scratch.path)/work/runs/halves", as: coupling)
  }

  @Test func flowsAndPathsReopen() throws {
    let scratch = try Scratch()
    let workshop = try Workshop(folder: scratch.path, isQuick: true)
    var run = try OceanRun(workshop)
    (run.pairs, run.testPairs) = (40, 20)
    try requireReopened("\(scratch.path)/runs/ocean", as: workshop.ocean(run).coupling)
  }

  @Test func linearEncodersOfAPlanarPair() throws {
    let scratch = try Scratch()
    let folder = scratch.path
    let workshop = try Workshop(folder: folder, isQuick: true)
    _ = try PlanarCase.innerProduct.findings(workshop)
    let report = try requireEvaluable("\(folder)/runs/planar-inner-product-two-sided")
    // At the population optimum the loss is J − I, with I = −½ log(1 − ρ²) and ρ = 2/3; that of a thousand pairs is
    // within five standard errors of some 0.02 each.
    let best = try PlanarCase.innerProduct.optimum().divergence + 0.5 * log(1 - 4.0 / 9)
    #expect(abs((report.loss ?? 0) - best) < 0.1)
  }

  @Test func encodersOfExperimentsHaveTexts() throws {
    Experiments.register()
    for text in ["centred-mlp:8,4", "refined:hidden=5"] {
      let settings = try EncoderSettings(text)
      #expect(settings.description == text)
      let encoder = try settings.build(for: .real(shape: [6]), dimension: 3, key: Key(1))
      #expect(encoder(.ones([2, 6])).shape == [2, 3])
    }
    #expect(throws: Failure.self) {
      try EncoderSettings("refined").build(for: .real(shape: [2]), dimension: 3, key: Key(1))
    }
  }

  @Test func anotherSeedInTheSameFolderIsRefused() throws {
    let scratch = try Scratch()
    let folder = scratch.path
    for _ in 0..<2 {
      _ = try PlanarCase.joint.findings(Workshop(folder: folder, isQuick: true))
    }
    #expect(throws: Failure.self) {
      _ = try PlanarCase.joint.findings(Workshop(folder: folder, isQuick: true, seed: 1))
    }
  }
}
