import Torch

// Matrix products beyond double precision, at the speed of double precision.
//
// Each factor is cut into slices of so few bits that the product of two slices is exact in double
// precision, in whatever order its terms are added: with entries that are β-bit integers times one
// power of two a row (or a column), a sum of n products needs 2β + log₂ n ≤ 53 bits. The slices'
// products are then added with the rounding errors kept. (Ozaki, Ogita, Oishi and Rump, "Error-free
// transformations of matrix multiplication", Numerical Algorithms 59, 2012.)
//
// Rejected: scalar loops with compensated sums (n³ steps outside the matrix kernels: seconds at
// n = 1,000), and a wider number type throughout (a second eigen-solver and singular value
// decomposition to write). A residual in extended precision is all that refinement needs.

/// Slices a factor is cut into: 4 × 21 bits at n = 1,000, 4 × 24 at n = 16. What is left is below
/// 2⁻⁸⁴ of the largest entry of the row or column.
private let sliceCount = 4

/// target − left · right, rounded once at the end: the product is as if in about 84 bits.
///
/// - Parameters: target m × n, left m × k, right k × n, float64 and finite, k ≤ 2²¹.
func extendedResidual(_ target: Tensor, _ left: Tensor, _ right: Tensor) -> Tensor {
  let bits = (53 - Int(Double(max(left.shape[1], 2)).exponent) - 1) / 2
  let rows = slices(left, bits: bits, along: 1)
  let columns = slices(right, bits: bits, along: 0)
  var (high, low) = (target, target.zerosLike())
  // Products of slices i and j matter by 2^(−bits·(i+j)): the largest first, the smallest left out.
  for order in 0..<sliceCount {
    for i in 0...order {
      let (sum, error) = exactSum(high, -matmul(rows[i], columns[order - i]))
      high = sum
      low += error
    }
  }
  return high + low
}

/// x + y = high + low exactly (Knuth's two-sum; no condition on the sizes).
func exactSum(_ x: Tensor, _ y: Tensor) -> (high: Tensor, low: Tensor) {
  let sum = x + y
  let partOfY = sum - x
  return (sum, (x - (sum - partOfY)) + (y - partOfY))
}

/// Slices that add up to `matrix`: β-bit integers times a power of two for each line along `axis`.
private func slices(_ matrix: Tensor, bits: Int, along axis: Int) -> [Tensor] {
  let largest = matrix.abs().max(dim: axis)
  let units = largest.array(Double.self).map { peak in
    peak > 0 ? Double(sign: .plus, exponent: Int(peak.exponent) + 1, significand: 1) : 1
  }
  var unit = Tensor(units).unsqueezed(axis)
  var rest = matrix
  return (0..<sliceCount).map { _ in
    unit = unit * Double(sign: .plus, exponent: -bits, significand: 1)
    let slice = (rest / unit).rounded() * unit
    rest = rest - slice
    return slice
  }
}
