import CoupletCore
import Files
import Foundation
import TestModels
import Testing

/// What holds for every loss.
@Suite struct LossTests {
  /// Each loss, and how its value differs from the textbook's: the conditional ones by −(λ_u + λ_v)/2 · log N
  /// (Theorem 2.8).
  static let losses = losses(.automatic)

  static func losses(_ evaluation: Evaluation) -> [String: (loss: any Loss, logN: Double)] {
    [
      "two-sided": (ConditionalLoss(.twoSided, evaluation: evaluation), 1),
      "u-given-v": (ConditionalLoss(.uGivenV, evaluation: evaluation), 1),
      "v-given-u": (ConditionalLoss(.vGivenU, evaluation: evaluation), 1),
      "weighted": (ConditionalLoss(.weighted(u: 0.3, v: 1.2), evaluation: evaluation), 0.75),
      "joint off-diagonal": (JointLoss(.offDiagonal, evaluation: evaluation), 0),
      "joint all-pairs": (JointLoss(.allPairs, evaluation: evaluation), 0),
    ]
  }

  /// Those whose minimum is the log density ratio itself.
  static func normalized(_ evaluation: Evaluation) -> [String: (loss: any Loss, logN: Double)] {
    [
      "sigmoid": (SigmoidLoss(evaluation: evaluation), 0),
      "anchored": (AnchoredLoss(evaluation: evaluation), 0),
      "anchored weighted": (
        AnchoredLoss(.weighted(u: 0.3, v: 1.2), gamma: 2.5, evaluation: evaluation), 0
      ),
    ]
  }

  static func all(_ evaluation: Evaluation) -> [String: (loss: any Loss, logN: Double)] {
    losses(evaluation).merging(normalized(evaluation)) { first, _ in first }
  }

  private static func value(_ loss: any Loss, _ tilting: any Tilting, _ point: [Tensor]) -> Tensor {
    loss(ScoredBatch(pairs: tilting.factors(point[0], point[1], temperature: point[2])))
  }

  @Test(arguments: [Evaluation.plain, .tiled])
  func valuesAndGradientsAreThoseOfPyTorch(_ evaluation: Evaluation) throws {
    let fixtures = try LossFixtures.read()
    #expect(fixtures.cases.count == Tiltings.bilinear.count * LossTests.all(.plain).count)
    for expected in fixtures.cases {
      let (loss, logN) = try #require(LossTests.all(evaluation)[expected.loss])
      let tilting = try Tiltings.named(expected.tilting)
      let value = LossTests.value(loss, tilting, fixtures.point).item()
      let slopes = try gradients(at: fixtures.point) { LossTests.value(loss, tilting, $0) }
      let textbook = value + logN * log(Double(fixtures.count))
      // Double precision on both sides: some hundred roundings of numbers up to 30.
      #expect(abs(textbook - expected.value) < 1e-12, "\(expected.tilting) \(expected.loss)")
      let truth = [
        Tensor(expected.gradientU, shape: [6, 3]), Tensor(expected.gradientV, shape: [6, 3]),
        Tensor(expected.gradientTemperature, dtype: .float64),
      ]
      for (slope, truth) in zip(slopes, truth) {
        #expect(distance(slope, truth) < 1e-12, "\(expected.tilting) \(expected.loss)")
      }
      if loss is ConditionalLoss {
        let offset = try #require(loss.usualOffset(pairs: fixtures.count))
        #expect(value + offset == textbook)
      }
    }
  }

  @Test(arguments: Array(all(.automatic).keys))
  func gradientsAgreeWithFiniteDifferences(_ name: String) throws {
    let (loss, _) = try #require(LossTests.all(.automatic)[name])
    let point = [normal([4, 3], Key(1)), normal([4, 3], Key(2)), Tensor(0.6, dtype: .float64)]
    for tilting in Tiltings.bilinear {
      let exact = try gradients(at: point) { LossTests.value(loss, tilting, $0) }
      let differences = finiteDifferences(at: point) { LossTests.value(loss, tilting, $0) }
      for (slope, difference) in zip(exact, differences) {
        // See finiteDifferences; third derivatives with respect to τ reach some hundreds.
        #expect(distance(slope, difference) < 1e-7, "\(tilting.name)")
      }
    }
  }

  @Test(arguments: Array(losses.keys))
  func aConstantScoreHasTheValueZero(_ name: String) throws {
    let (loss, _) = try #require(LossTests.losses[name])
    let same = Tensor.full([9, 2], 3, dtype: .float64)
    // Rounding of scores of 18.
    #expect(abs(loss(ScoredBatch(pairs: ScoreFactors(x: same, y: same))).item()) < 1e-13)
  }

  @Test(arguments: Array(losses.keys))
  func isUnchangedWhenAllScoresAreShifted(_ name: String) throws {
    let (loss, _) = try #require(LossTests.losses[name])
    let factors = ScoreFactors(x: normal([7, 3], Key(1)), y: normal([7, 3], Key(2)))
    let before = loss(ScoredBatch(pairs: factors)).item()
    let constant = Tensor.full([7], 1e4, dtype: .float64)
    let after = loss(ScoredBatch(pairs: factors.adding(rowBias: constant))).item()
    // Scores of 1e4 have an absolute precision of 2e-12.
    #expect(abs(after - before) < 1e-11)
  }

  @Test(arguments: Array(all(.automatic).keys), [1e4, -1e4])
  func largeScoresStayFiniteInSinglePrecision(_ name: String, _ size: Double) throws {
    let (loss, _) = try #require(LossTests.all(.automatic)[name])
    let x = leaf((normal([8, 2], Key(3)) * size).to(.float32))
    let y = normal([8, 2], Key(4)).to(.float32)
    let value = loss(ScoredBatch(pairs: ScoreFactors(x: x, y: y)))
    value.backward()
    #expect(value.item().isFinite)
    #expect(try #require(x.gradient).allFinite())
  }

  @Test func namesAreFoundAgainAndUnknownOnesAreRefused() throws {
    for name in Losses.names { #expect(try Losses.named(name).name == name) }
    let failure = #expect(throws: Failure.self) { try Losses.named("infonce") }
    #expect(failure?.description.contains("two-sided") == true)
  }
}
