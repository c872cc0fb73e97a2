/// A statistic of N independent pairs with its values when each of them is left out.
///
/// The standard error is √((N−1)/N Σ_k (θ_(k) − mean θ_(k))²) (Efron and Stein 1981): for U-statistics and smooth functions
/// of them it is that of θ about its expectation at this N, slightly too large on the average. Unlike a resample with
/// replacement it holds no pair twice, so that no pair is compared with a copy of itself.
struct Jackknife {
  /// θ, of all pairs.
  let value: Double
  /// θ_(k), N values.
  let leftOut: [Double]

  var standardError: Double {
    let n = Double(leftOut.count)
    return ((n - 1) / n * squares.reduce(0, +)).squareRoot()
  }

  /// The share of the variance that one pair makes: about 2 log N / N for normal tails, 1 where one pair decides.
  var largestShare: Double {
    let squares = squares
    let total = squares.reduce(0, +)
    return total > 0 ? (squares.max() ?? 0) / total : 0
  }

  private var squares: [Double] {
    let mean = leftOut.reduce(0, +) / Double(leftOut.count)
    return leftOut.map { ($0 - mean) * ($0 - mean) }
  }

  /// The mean of two statistics of the same pairs.
  static func mean(_ first: Jackknife, _ second: Jackknife) -> Jackknife {
    Jackknife(
      value: (first.value + second.value) / 2,
      leftOut: zip(first.leftOut, second.leftOut).map { ($0 + $1) / 2 })
  }
}
