import Foundation

/// ψ(x) = d/dx log Γ(x) for x > 0: by ψ(x) = ψ(x + 1) − 1/x up to x ≥ 10, and from there by the asymptotic series
/// log x − 1/(2x) − Σ B_2k / (2k x^2k), whose first term left out is below 1e-15.
package func digamma(_ x: Double) -> Double {
  var (x, shift) = (x, 0.0)
  while x < 10 {
    shift -= 1 / x
    x += 1
  }
  let y = 1 / (x * x)
  let series =
    y
    * (1.0 / 12 - y
      * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132 - y * 691.0 / 32760)))))
  return shift + log(x) - 0.5 / x - series
}

/// P(Z > z) of a standard normal Z.
func normalTail(_ z: Double) -> Double { 0.5 * erfc(z / 2.0.squareRoot()) }

/// P(X > x) for χ² with k degrees of freedom, by Wilson and Hilferty's cube root (1931): right to about 0.002.
func chiSquareTail(_ x: Double, degrees k: Double) -> Double {
  let spread = 2 / (9 * k)
  return normalTail((cbrt(Swift.max(x, 0) / k) - (1 - spread)) / spread.squareRoot())
}
