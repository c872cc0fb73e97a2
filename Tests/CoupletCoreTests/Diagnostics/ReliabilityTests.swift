import Foundation
import TestModels
import Testing

@testable import CoupletCore

@Suite struct ReliabilityTests {
  /// Four predictions of two classes: 0.9 right, 0.9 wrong, 0.6 right, 0.6 right.
  @Test func closedCase() {
    let p = Tensor([0.9, 0.1, 0.9, 0.1, 0.4, 0.6, 0.6, 0.4], shape: [4, 2])
    let result = Reliability(p.log(), classes: [0, 1, 1, 0], bins: 5)
    #expect(result.count == 4 && result.accuracy == 0.75)
    #expect(result.bins.map(\.count) == [0, 0, 2, 0, 2])
    // 0.6 lies in (0.4, 0.6], up to the rounding of exp(log 0.6).
    let (low, high) = (result.bins[2], result.bins[4])
    #expect(low.frequency == 1 && high.frequency == 0.5 && result.bins[0].frequency == nil)
    let tolerance = 1e-14
    #expect(abs((low.confidence ?? 0) - 0.6) < tolerance)
    #expect(abs((high.confidence ?? 0) - 0.9) < tolerance)
    #expect(abs(result.expectedCalibrationError - (0.5 * 0.4 + 0.5 * 0.4)) < tolerance)
    // Both bins: 0.4², less s²/n = 0 below and (0.1² + 0.9² − 2 · 0.4²)/2 = 0.25 above.
    let squared = 0.5 * 0.16 + 0.5 * (0.16 - 0.25)
    #expect(abs(result.debiasedCalibrationError - squared.squareRoot()) < tolerance)
    #expect(abs(result.brierScore - (0.02 + 1.62 + 0.32 + 0.32) / 4) < tolerance)
    let loss = -(log(0.9) + log(0.1) + 2 * log(0.6)) / 4
    #expect(abs(result.logLoss - loss) < tolerance)
  }

  @Test func certainAndRight() {
    let result = Reliability(Tensor([1.0, 0, 0, 1], shape: [2, 2]).log(), classes: [0, 1])
    #expect(result.accuracy == 1 && result.brierScore == 0 && result.logLoss == 0)
    #expect(result.expectedCalibrationError == 0 && result.debiasedCalibrationError == 0)
    #expect(result.bins[14].count == 2)
    let wrong = Reliability(Tensor([1.0, 0], shape: [1, 2]).log(), classes: [1])
    #expect(wrong.logLoss == .infinity && wrong.brierScore == 2)
    #expect(wrong.expectedCalibrationError == 1)
  }

  /// Labels drawn from the stated probabilities: the plain error stays at what chance adds, the debiased square is
  /// unbiased. Probabilities off by a known amount: the debiased error finds it.
  @Test func chanceIsNotMiscalibration() {
    let (n, key) = (2000, Key(1))
    func reliability(_ seed: Int, shift: Double) -> Reliability {
      let (first, second) = key.folded(with: seed).split()
      let p = Tensor.uniform([n], low: 0.65, high: 0.85, key: first, dtype: .float64)
      let stated = stack([p, -p + 1], dim: 1).log()
      let classes = Tensor.uniform([n], key: second, dtype: .float64)
        .greaterOrEqual(p + shift).to(.int64).array(Int.self)
      return Reliability(stated, classes: classes)
    }
    let calibrated = (0..<50).map { reliability($0, shift: 0) }
    // Chance: four bins or so of 500, each 0.8 √(0.19/500) = 0.0156 off.
    let plain = calibrated.reduce(0) { $0 + $1.expectedCalibrationError } / 50
    #expect(plain > 0.010 && plain < 0.022)
    // The sum under the root has mean 0 (before its clipping) and the deviation (0.19/500) √(2/4) = 2.7e-4; √ of 50
    // of them.
    let square = calibrated.reduce(0.0) { sum, result in
      sum
        + result.bins.reduce(0) { $0 + Double($1.count) / Double(n) * ($1.squaredError ?? 0) } / 50
    }
    #expect(abs(square) < 4 * 2.7e-4 / 50.0.squareRoot())
    // 0.1 more often right than stated: the squared error 0.01 with the deviation 2 · 0.1 · √(0.1275/2000) = 0.0016.
    let shifted = reliability(99, shift: 0.1)
    #expect(abs(pow(shifted.debiasedCalibrationError, 2) - 0.01) < 4 * 0.0016)
  }
}
