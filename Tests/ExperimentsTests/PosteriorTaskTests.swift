import CoupletCore
import Foundation
import Scratch
import Testing
import Torch

@testable import Experiments

/// Simulators and their exact posteriors.
@Suite struct PosteriorTaskTests {
  static let cheap = [
    PosteriorTask.twoMoons, .gaussianLinear, .gaussianLinearUniform, .gaussianMixture,
  ]

  /// For θ* from the prior and x from the simulator, the rank of θ* among exact draws is uniform in every coordinate
  /// (simulation-based calibration): joint truth of prior, simulator and sampler.
  private func rankP(_ task: PosteriorTask, queries: Int, draws: Int) throws -> Double {
    let keys = Key(91).split(3)
    let theta = try task.drawPrior(queries, keys[0])
    let x = task.simulate(theta, keys[1])
    var ranks = [[Double]](repeating: [], count: task.dimension)
    for query in 0..<queries {
      let found = task.posterior(x[query], draws, keys[2].folded(with: query))
      #expect(found.shape == [draws, task.dimension] && found.allFinite())
      let below = found.less(than: theta[query]).to(.float64).sum(dim: 0).array(Double.self)
      let jitter = Tensor.uniform([task.dimension], key: keys[2].folded(with: -1 - query))
        .array(Float.self)
      for (k, count) in below.enumerated() {
        ranks[k].append((count + Double(jitter[k])) / Double(draws + 1))
      }
    }
    let smallest = ranks.map { UniformSample($0).kolmogorovSmirnovPValue }.min() ?? 0
    return smallest * Double(task.dimension)
  }

  /// Once in a thousand data sets a right sampler would fail; keys are fixed.
  @Test(arguments: cheap.indices) func exactDrawsAreCalibrated(_ index: Int) throws {
    #expect(try rankP(Self.cheap[index], queries: 200, draws: 99) > 1e-3)
  }

  @Test func exactDrawsOfFourPointsAreCalibrated() throws {
    #expect(try rankP(.slcp, queries: 25, draws: 99) > 1e-3)
  }

  /// The same eight numbers, wherever they stand among the hundred.
  @Test func distractorsChangeNothing() throws {
    let task = PosteriorTask.slcpDistractors
    let theta = try task.drawPrior(3, Key(92))
    let x = task.simulate(theta, Key(93))
    #expect(x.shape == [3, 100] && x.allFinite())
    let plain = PosteriorTask.slcp.simulate(theta, Key(93).split().0)
    #expect(
      task.posterior(x[1], 50, Key(94)).array(Double.self)
        == PosteriorTask.slcp.posterior(plain[1], 50, Key(94)).array(Double.self))
  }

  /// Exact draws against others: 800 answers of a coin, whose mean is within 0.07 of ½ in all but one of ten thousand cases.
  @Test(arguments: cheap.indices) func exactDrawsAreNotToldApart(_ index: Int) throws {
    let task = Self.cheap[index]
    let x = task.simulate(try task.drawPrior(1, Key(95)), Key(96))[0]
    let test = ClassifierTwoSampleTest(
      task.posterior(x, 400, Key(97)), task.posterior(x, 400, Key(98)), mostEpochs: 50,
      key: Key(99))
    #expect(abs(test.accuracy - 0.5) < 0.07)
  }

  /// A linear likelihood of which 450 pairs are seen; two moons of which hardly anything is learned in 40 steps.
  @Test func aReducedStudyEnds() throws {
    let folder = try Scratch()
    let metrics = folder.path + "/out/runs/posterior-two-moons-500-quick-seed1/metrics.jsonl"
    func epochs() -> Int {
      (try? String(contentsOfFile: metrics, encoding: .utf8))?.split(separator: "\n").count ?? 0
    }
    let stopped = try Workshop(
      folder: folder.path + "/out", isQuick: true, seed: 1, shouldStop: { epochs() >= 3 })
    #expect(throws: Failure.self) { try Experiments.posteriors.perform(in: stopped) }
    #expect(epochs() >= 3 && epochs() < 20)
    // The weights of the best epoch so far are there: the training goes on all the same.
    let workshop = try Workshop(folder: folder.path + "/out", isQuick: true, seed: 1)
    let findings = try Experiments.posteriors.perform(in: workshop).findings
    #expect(epochs() == 20)
    #expect(findings.verdict.contains("Gaussian linear, 500"))
    let rows = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/out/posteriors")
    #expect(rows.count == 2)
    // What was found is read again.
    let again = try Experiments.posteriors.perform(in: workshop).findings
    #expect(again.verdict == findings.verdict)
  }
}
