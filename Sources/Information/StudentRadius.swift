import Foundation

/// The increasing map between the lengths of a standard normal vector and of a standard Student vector with ν degrees of
/// freedom, in d coordinates, that keeps probabilities: P(|z| ≤ r) = P(|x| ≤ ρ(r)). In one coordinate it takes normal
/// scores to Student's quantiles.
///
/// With ρ = √ν sinh s the density of s is 2 sinh^{d−1} s cosh^{−(ν+d−1)} s / B(d/2, ν/2), and s(r) solves
///
///     ds/dr = p(r) / p(s),   p(r) = r^{d−1} e^{−r²/2} / (2^{d/2−1} Γ(d/2)),
///
/// here by Runge and Kutta's method of fourth order: from s ∝ r near 0 up to the mode of |z|, and from the tails, which
/// are nearly exponential, down to it. Either way an error fades; the other way it would grow as 1/p(r). Between the points
/// it is interpolated by cubics: to 1e-6 of ρ, and 1e-4 for r that are next to never drawn.
///
/// ```swift
/// StudentRadius(coordinates: 1, freedom: 1, reach: 6).student(ofNormal: 0.6744898)   // 1: the quartile of Cauchy's law
/// ```
struct StudentRadius {
  private static let step = 0.02

  private let scale: Double
  private let step: Double
  /// At r = 0, step, 2 step, …: s, and ds/dr.
  private let points: [(s: Double, slope: Double)]

  /// - Parameters:
  ///   - coordinates: d.
  ///   - freedom: ν > 0.
  ///   - reach: the largest |z| that will be asked for.
  init(coordinates: Int, freedom: Double, reach: Double) {
    let (d, half) = (Double(coordinates), Double(coordinates) / 2)
    let logNormal = -(half - 1) * log(2) - lgamma(half)
    let logStudent = log(2) - lgamma(half) - lgamma(freedom / 2) + lgamma(half + freedom / 2)
    func normal(_ r: Double) -> Double { logNormal + (d - 1) * log(r) - r * r / 2 }
    func student(_ s: Double) -> Double {
      // log sinh and log cosh without overflow.
      let tail = exp(-2 * s)
      let (sinh, cosh) = (s + log1p(-tail) - log(2), s + log1p(tail) - log(2))
      return logStudent + (d - 1) * sinh - (freedom + d - 1) * cosh
    }
    func slope(_ r: Double, _ s: Double) -> Double { exp(normal(r) - student(s)) }
    let h = Self.step
    /// s at the next point.
    func next(_ r: Double, _ s: Double, _ h: Double) -> Double {
      let first = slope(r, s)
      let second = slope(r + h / 2, s + h / 2 * first)
      let third = slope(r + h / 2, s + h / 2 * second)
      return s + h / 6 * (first + 2 * second + 2 * third + slope(r + h, s + h * third))
    }
    // Three beyond the reach an error has faded by e⁻¹² there, the least of all.
    let count = Int(((reach + 3) / h).rounded(.up))
    let mode = min(Int((d - 1).squareRoot() / h), count - 1)
    var values = [Double](repeating: 0, count: count + 1)
    // Where |z| hardly ever is, p(r)/p(s) is a power.
    let ratio = exp((logNormal - logStudent) / d)
    let start = min(coordinates - 1, mode)
    for k in 0..<max(mode, 1) {
      values[k] =
        k <= start ? Double(k) * h * ratio : next(Double(k - 1) * h, values[k - 1], h)
    }
    // Far out P(S > s) ≈ p(s) / g(s), −g the derivative of log p, and P(|z| > r) likewise: s by halving from g = 0 on.
    let last = Double(count) * h
    let tail = normal(last) - log(last - (d - 1) / last)
    var (low, high) = (asinh(((d - 1) / freedom).squareRoot()), 1000 / freedom + 10)
    for _ in 0..<100 {
      let s = (low + high) / 2
      let g = (freedom + d - 1) * tanh(s) - (d - 1) / tanh(s)
      if g <= 0 || student(s) - log(g) > tail { low = s } else { high = s }
    }
    values[count] = high
    for k in stride(from: count - 1, through: max(mode, 1), by: -1) {
      values[k] = next(Double(k + 1) * h, values[k + 1], -h)
    }
    let points = values.enumerated().map { k, s in
      (s: s, slope: k == 0 ? ratio : slope(Double(k) * h, s))
    }
    (scale, step, self.points) = (freedom.squareRoot(), h, points)
  }

  /// ρ(r), 0 ≤ r ≤ reach.
  func student(ofNormal r: Double) -> Double {
    let k = min(Int(r / step), points.count - 2)
    return scale * sinh(between(k, r / step - Double(k)))
  }

  /// r with ρ(r) = `rho`; the reach where that is beyond.
  func normal(ofStudent rho: Double) -> Double {
    let s = asinh(rho / scale)
    var (low, high) = (0, points.count - 1)
    guard s < points[high].s else { return Double(high) * step }
    while high - low > 1 {
      let middle = (low + high) / 2
      if points[middle].s <= s { low = middle } else { high = middle }
    }
    var (a, b) = (0.0, 1.0)
    for _ in 0..<40 {
      let middle = (a + b) / 2
      if between(low, middle) <= s { a = middle } else { b = middle }
    }
    return (Double(low) + a) * step
  }

  /// s at the fraction t between two points.
  private func between(_ k: Int, _ t: Double) -> Double {
    let (p, q) = (points[k], points[k + 1])
    let (a, b) = (p.slope * step - (q.s - p.s), (q.s - p.s) - q.slope * step)
    return p.s + t * (q.s - p.s) + t * (1 - t) * ((1 - t) * a + t * b)
  }
}
