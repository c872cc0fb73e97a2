import Files
import Foundation
import TestModels
import Testing

@testable import CoupletCore
@testable import Training

@Suite struct TrainingHealthTests {
  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func aLossThatIsNotANumberIsReportedWithItsStep(_ loss: Double) throws {
    var health = TrainingHealth()
    try health.record(-0.4, step: 1, epoch: 0)
    let failure = #expect(throws: Failure.self) { try health.record(loss, step: 2, epoch: 0) }
    let text = try #require(failure).description
    #expect(text.contains("step 2 (epoch 1)") && text.contains("lower the learning rate"))
    #expect(!text.contains("\n"))
  }

  @Test func aLossThatRisesFarAboveItsStartIsDivergence() throws {
    var health = TrainingHealth()
    for step in 1...60 { try health.record(1, step: step, epoch: 0) }
    let failure = #expect(throws: Failure.self) {
      for step in 61...200 { try health.record(1000, step: step, epoch: 0) }
    }
    #expect(failure?.description.contains("rose from 1 to") == true)
  }

  @Test func noiseAndNegativeLossesAreNotDivergence() throws {
    var health = TrainingHealth()
    let noise = Tensor.normal([500], key: Key(1), dtype: .float64).array(Double.self)
    for (step, value) in noise.enumerated() { try health.record(-3 + value, step: step, epoch: 0) }
  }

  @Test func aConstantScoreIsReportedOnceAfterTwoEpochs() throws {
    var health = TrainingHealth()
    #expect(health.warningAfterEpoch(0.001, epoch: 0, batch: 512) == nil)
    let second = health.warningAfterEpoch(0.001, epoch: 1, batch: 512)
    let warning = try #require(second)
    #expect(warning.contains("nothing learned after 2 epochs") && warning.contains("log N = 6.238"))
    #expect(health.warningAfterEpoch(0.001, epoch: 2, batch: 512) == nil)
    var other = TrainingHealth()
    #expect(other.warningAfterEpoch(-0.5, epoch: 5, batch: 512) == nil)
  }
}
