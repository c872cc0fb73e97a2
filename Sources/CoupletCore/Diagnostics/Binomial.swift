import Files
import Foundation

/// Counts of successes in independent trials.
enum Binomial {
  /// The range that a count of `trials` trials with success probability `p` is in with at least the probability
  /// `confidence`, with at most (1 − confidence)/2 beyond either end: exact, by summing the probabilities.
  static func band(trials: Int, p: Double, confidence: Double) -> ClosedRange<Int> {
    require(
      trials >= 0 && p >= 0 && p <= 1 && confidence > 0 && confidence < 1,
      "Binomial.band: \(trials) trials with p = \(p) at confidence \(confidence)")
    guard p > 0 && p < 1 else { return p == 0 ? 0...0 : trials...trials }
    let tail = (1 - confidence) / 2
    var (lower, upper, cumulative) = (trials, trials, 0.0)
    for k in 0...trials {
      cumulative += exp(logProbability(k, of: trials, p: p))
      if lower == trials, cumulative > tail { lower = k }
      if cumulative >= 1 - tail {
        upper = k
        break
      }
    }
    return lower...max(lower, upper)
  }

  /// log of C(n, k) pᵏ (1 − p)ⁿ⁻ᵏ; in logarithms since (1 − p)ⁿ underflows.
  private static func logProbability(_ k: Int, of n: Int, p: Double) -> Double {
    let choices = lgamma(Double(n + 1)) - lgamma(Double(k + 1)) - lgamma(Double(n - k + 1))
    return choices + Double(k) * log(p) + Double(n - k) * log1p(-p)
  }

  /// Wilson's score interval for a success probability: the p whose own normal band holds the count,
  ///
  ///     (f + z²/2n ± z √(f (1 − f)/n + z²/4n²)) / (1 + z²/n),   f = successes / n,
  ///
  /// which unlike f ± z √(f (1 − f)/n) is right near 0 and 1. z is the normal quantile of `confidence`.
  static func wilson(successes: Int, of trials: Int, confidence: Double) -> ClosedRange<Double> {
    require(
      trials > 0 && (0...trials).contains(successes),
      "Binomial.wilson: \(successes) of \(trials)")
    let z = Tensor(confidence, dtype: .float64).erfinv().item() * 2.0.squareRoot()
    let (n, f) = (Double(trials), Double(successes) / Double(trials))
    let center = f + z * z / (2 * n)
    let half = z * (f * (1 - f) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    return max(0, (center - half) / scale)...min(1, (center + half) / scale)
  }
}
