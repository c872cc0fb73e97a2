import Foundation
import TestModels
import Testing

@testable import CoupletCore

@Suite struct UniformSampleTests {
  @Test func closedCases() {
    let sample = UniformSample([0.1, 0.4, 0.7, 1])
    #expect(sample.histogram(bins: 2) == [2, 2])
    #expect(sample.histogram(bins: 4) == [1, 1, 1, 1])
    #expect(sample.fraction(atMost: 0.4) == 0.5)
    // The distribution function of the sample stands at ¾ just before 1: the distance is 0.25.
    #expect(abs(sample.kolmogorovSmirnovDistance - 0.25) < 1e-15)
    #expect(abs(sample.mean - 0.55) < 1e-15)
    #expect(abs(sample.spread - (0.16 + 0.01 + 0.04 + 0.25) / 4) < 1e-15)
    #expect(abs(UniformSample([0.5]).kolmogorovSmirnovDistance - 0.5) < 1e-15)
  }

  /// Critical values of Kolmogorov's law, tabulated to four digits, and the meeting of its two series.
  @Test func kolmogorovLaw() {
    for (x, p) in [(1.2238, 0.10), (1.3581, 0.05), (1.6276, 0.01), (0.8276, 0.5)] {
      // The density is below 2: four digits of x give p to 1e-4.
      #expect(abs(UniformSample.kolmogorovTail(x) - p) < 1e-4)
    }
    let (below, above) = (
      UniformSample.kolmogorovTail(1 - 1e-12), UniformSample.kolmogorovTail(1)
    )
    #expect(abs(below - above) < 1e-11)
    #expect(UniformSample.kolmogorovTail(0) == 1 && UniformSample.kolmogorovTail(0.05) == 1)
  }

  /// p-values of uniform samples are uniform: the mean of 400 is ½ to four times √(1/12/400) = 0.0144, and 5 % are
  /// below 0.05 to four times √(0.05 · 0.95/400) = 0.011.
  @Test func pValuesOfUniformSamples() {
    let p = (0..<400).map { seed in
      let values = Tensor.uniform([40], key: Key(1).folded(with: seed), dtype: .float64)
      return UniformSample(values.array(Double.self)).kolmogorovSmirnovPValue
    }
    #expect(abs(p.reduce(0, +) / 400 - 0.5) < 0.058)
    #expect(abs(Double(p.count { $0 < 0.05 }) / 400 - 0.05) < 0.044)
  }

  /// Binomial(10, ½): P(0) + P(1) = 11/1024 = 0.0107, with P(2) 0.0547. Beyond 2.5 % at either end lie 0 and 1.
  @Test func binomialBands() {
    #expect(Binomial.band(trials: 10, p: 0.5, confidence: 0.95) == 2...8)
    #expect(Binomial.band(trials: 10, p: 0, confidence: 0.95) == 0...0)
    #expect(Binomial.band(trials: 10, p: 1, confidence: 0.95) == 10...10)
    #expect(Binomial.band(trials: 0, p: 0.3, confidence: 0.95) == 0...0)
    // Large counts, whose probability of 0 underflows: the normal law, mean 5,000, deviation 68.9.
    let band = Binomial.band(trials: 100_000, p: 0.05, confidence: 0.95)
    #expect(abs(Double(band.lowerBound) - (5000 - 1.96 * 68.92)) < 2)
    #expect(abs(Double(band.upperBound) - (5000 + 1.96 * 68.92)) < 2)
    let sample = UniformSample(Array(repeating: 0.5, count: 10))
    #expect(sample.histogramBand(bins: 2) == 2...8)
    #expect(sample.fractionBand(at: 0.5) == 0.2...0.8)
  }

  /// Wilson (1927), with z = 1.959964: for 0 of 10, 0 to z²/(10 + z²); for 5 of 10, symmetric about ½ with the
  /// half width z √(1/40 + z²/400)/(1 + z²/10).
  @Test func wilsonIntervals() {
    let z = 1.959963984540054
    let none = Binomial.wilson(successes: 0, of: 10, confidence: 0.95)
    #expect(none.lowerBound == 0 && abs(none.upperBound - z * z / (10 + z * z)) < 1e-12)
    let half = Binomial.wilson(successes: 5, of: 10, confidence: 0.95)
    let width = z * (1.0 / 40 + z * z / 400).squareRoot() / (1 + z * z / 10)
    #expect(abs(half.lowerBound - (0.5 - width)) < 1e-12)
    #expect(abs(half.upperBound - (0.5 + width)) < 1e-12)
  }
}
