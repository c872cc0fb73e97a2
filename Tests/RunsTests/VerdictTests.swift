import CoupletCore
import Encoders
import Foundation
import Samples
import Testing
import Training

@testable import Runs

/// What is said at the end of a training, and that it is not said when it is not so.
struct VerdictTests {
  private let settings: RunConfiguration = {
    var settings = RunConfiguration(u: .real(shape: [3]), v: .real(shape: [3]))
    settings.epochs = 20
    return settings
  }()

  /// A course of validation losses, and of training losses beside it.
  private func metrics(_ validation: [Double], training: [Double]? = nil) -> [EpochMetrics] {
    validation.enumerated().map { place, loss in
      EpochMetrics(
        epoch: place + 1, step: place + 1, loss: training?[place] ?? loss, learningRate: 1e-3,
        temperature: 0.07, seconds: 1,
        compared: ComparedLoss(
          size: 100, training: training?[place] ?? loss, validation: loss))
    }
  }

  private func result(_ change: (inout RunResult) -> Void = { _ in }) -> RunResult {
    var result = RunResult()
    (result.chance, result.testPairs) = (1e-9, 200)
    result.test = EvaluationReport(loss: -1, meanReciprocalRank: ["u": 0.5, "v": 0.5])
    result.compared = ComparedLoss(size: 100, training: -2, validation: -1)
    change(&result)
    return result
  }

  private func sentences(
    _ metrics: [EpochMetrics], _ result: RunResult, keep: Keep = .best
  ) -> [String] {
    var settings = settings
    settings.keep = keep
    return Verdict(of: metrics, result, settings).sentences
  }

  private let settled = (1...20).map { -2 + exp(-Double($0)) }

  @Test func nothingIsSaidWhereAllIsWell() {
    #expect(sentences(metrics(settled), result()).isEmpty)
    // The best epoch is kept: that later ones are worse is no fault.
    let risen = (1...20).map { -2 + 0.02 * pow(Double($0) - 6, 2) }
    let falling = (1...20).map { -2 - 0.2 * Double($0) }
    #expect(sentences(metrics(risen, training: falling), result()).isEmpty)
  }

  @Test func eachFaultIsSaidWithARemedy() {
    let risen = (1...20).map { -2 + 0.02 * pow(Double($0) - 6, 2) }
    let falling = (1...20).map { -2 - 0.2 * Double($0) }
    let overfitted = sentences(metrics(risen, training: falling), result(), keep: .last)
    #expect(overfitted.count == 1 && overfitted[0].contains("overfitted: from epoch 6"))
    // Both fall: not overfitted, but not at an end either.
    let early = sentences(metrics(falling.map { $0 / 2 }, training: falling), result())
    #expect(early.count == 1 && early[0].contains("--resume --epochs 40"))
    let none = sentences(metrics(settled), result { $0.chance = 0.4 })
    #expect(none.count == 1 && none[0].contains("learned by heart"))
    let stuck = sentences(
      metrics(settled),
      result {
        $0.chance = 0.4
        $0.compared = ComparedLoss(size: 100, training: 0, validation: 0)
      })
    #expect(stuck[0].contains("stuck"))
  }

  @Test func aBetterBaselineIsNamed() {
    func with(_ rank: Double) -> [String] {
      sentences(
        metrics(settled),
        result {
          $0.baselines = [
            Baseline(
              kind: .linear, dimension: 7, temperature: 0.1, validation: nil,
              test: EvaluationReport(loss: -1, meanReciprocalRank: ["u": rank, "v": rank]))
          ]
        })
    }
    #expect(with(0.52).isEmpty)
    #expect(with(0.7).first?.contains("--start canonical --dimension 7") == true)
  }

  /// The test of shuffled partners: its probability is uniform for scores that have nothing to do with the pairs, and
  /// none for those that do.
  @Test func theProbabilityOfChanceIsOne() throws {
    var settings = settings
    settings.dimension = 3
    let coupling = try settings.coupling()
    let probabilities = try (0..<200).map { seed in
      let keys = Key(UInt64(seed)).split(2)
      let pairs = try PairedData(
        u: .normal([60, 3], key: keys[0]), v: .normal([60, 3], key: keys[1]))
      return try #require(try coupling.probabilityOfChance(on: pairs))
    }.sorted()
    // Kolmogorov's distance of 200 uniform numbers is below 0.138 with a probability of 0.999.
    let distance = probabilities.enumerated().map { abs(($1) - (Double($0) + 0.5) / 200) }.max()
    #expect(distance ?? 1 < 0.138)
    let u = Tensor.normal([60, 3], key: Key(7))
    var same = settings
    (same[.u].encoder, same[.v].encoder) = (
      try EncoderSettings("linear:identity"), try EncoderSettings("linear:identity")
    )
    let related = try same.coupling().probabilityOfChance(on: PairedData(u: u, v: u))
    #expect(try #require(related) < 1e-6)
  }
}
