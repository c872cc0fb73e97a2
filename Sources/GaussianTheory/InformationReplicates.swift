import Foundation
import Torch

/// Draws of the plug-in information of N Gaussian pairs with given canonical correlations, without drawing pairs.
///
/// The sample covariance of the n_u + n_v canonical coordinates is L A Aᵀ Lᵀ / ν, ν = N − 1, with Bartlett's A: lower
/// triangular, standard normals below a diagonal of √χ²_{ν−i} (Bartlett 1933), and L the factor of the true one. With the
/// larger side first and M the rows of L A that belong to the smaller,
///
///     Î = ½ [log det M Mᵀ − Σ_{i ≥ n_larger} log A_ii² − Σ log(1 − σ²)].
///
/// One A serves every spectrum, so that quantiles are smooth functions of it. Arithmetic R n² (n_u + n_v) a spectrum, n
/// the smaller dimension.
struct InformationReplicates {
  /// R × p × p.
  private let factors: Tensor
  /// Σ log A_ii² over the smaller side, R.
  private let logDiagonal: Tensor
  private let larger: Int, smaller: Int

  /// As many as 10¹⁰ operations allow, 40 to 399.
  static func count(larger: Int, smaller: Int) -> Int {
    let p = Double(larger + smaller)
    return Swift.min(399, Swift.max(40, Int(1e10 / (Double(smaller * smaller) * p + 60 * p * p))))
  }

  /// - Parameter pairs: N, more than the dimensions together.
  init(pairs: Int, larger: Int, smaller: Int, key: Key) {
    let (p, count) = (larger + smaller, Self.count(larger: larger, smaller: smaller))
    let (below, diagonal) = key.split()
    let squares = stack(
      (0..<p).map { Self.chiSquare(pairs - 1 - $0, count, diagonal.folded(with: $0)) }, dim: 1)
    let normal = Tensor.normal([count, p, p], key: below, dtype: .float64)
    factors =
      normal.lowerTriangle(diagonal: -1) + squares.sqrt().unsqueezed(2) * .eye(p, dtype: .float64)
    logDiagonal = squares.narrow(dim: 1, larger..<p).log().sum(dim: 1)
    (self.larger, self.smaller) = (larger, smaller)
  }

  /// Draws of χ²_k: sums of squares, and from k = 50 on by Wilson and Hilferty's cube, right to 1e-4 there.
  private static func chiSquare(_ k: Int, _ count: Int, _ key: Key) -> Tensor {
    guard k < 50 else {
      let spread = 2 / (9 * Double(k))
      let normal = Tensor.normal([count], key: key, dtype: .float64)
      return (normal * spread.squareRoot() + (1 - spread)).pow(3) * Double(k)
    }
    return Tensor.normal([count, k], key: key, dtype: .float64).square().sum(dim: 1)
  }

  /// The plug-in values, in ascending order, where the modes have these informations −½ log(1 − σ²).
  func values(_ informations: [Double]) -> [Double] {
    let padding = [Double](repeating: 0, count: smaller - informations.count)
    let all = informations + padding
    func column(_ value: (Double) -> Double) -> Tensor { Tensor(all.map(value)).unsqueezed(1) }
    let rows =
      factors.narrow(dim: 1, 0..<smaller) * column { (-expm1(-2 * $0)).squareRoot() }
      + factors.narrow(dim: 1, larger..<larger + smaller) * column { exp(-$0) }
    let determinant = matmul(rows, rows.T).logDeterminant().logAbsolute
    let values = (determinant - logDiagonal) * 0.5 + all.reduce(0, +)
    return values.array(Double.self).sorted()
  }
}
