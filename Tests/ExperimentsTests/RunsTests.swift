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
