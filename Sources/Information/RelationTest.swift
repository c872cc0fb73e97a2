import Foundation
import Torch

/// Whether there is any relation: the probability of as much dependence between u and v as is seen, were partners dealt at
/// random, by permutations.
///
/// Dependence is measured by the sum of squared correlations of features of u with features of v: the coordinates, and
/// cos(⟨w, x⟩ + b) for random w at three scales, an approximation of the Hilbert–Schmidt criterion with a Gaussian
/// kernel (Gretton et al. 2005; Zhang, Filippi, Gretton and Sejdinovic 2018). p is exact at any number of pairs: under
/// independence P(p ≤ α) ≤ α. Arithmetic 2 N D² a permutation, D ≈ 100.
///
/// ```swift
/// RelationTest(u: u, v: v, key: Key(0)).p   // 0.0033: none of 299 permutations has as much
/// ```
public struct RelationTest: Codable, Equatable, Sendable {
  /// (1 + the number of permutations with as much dependence) / (1 + their number).
  public let p: Double
  /// The number of permutations.
  public let permutations: Int

  /// Features of each side, beside coordinates.
  private static let features = 64
  /// Coordinates beyond so many are seen through the features alone.
  private static let mostCoordinates = 64

  /// - Parameters:
  ///   - u, v: N × n_u and N × n_v, standardised or normal scores.
  ///   - key: of the features and permutations.
  public init(u: Tensor, v: Tensor, permutations: Int = 299, key: Key) {
    let keys = key.split(3)
    let (x, y) = withoutGradients { (Self.features(u, keys[0]), Self.features(v, keys[1])) }
    func dependence(_ order: Tensor?) -> Double {
      withoutGradients {
        matmul(x.T, order.map { y.indexSelect($0) } ?? y).square().sum().item()
      }
    }
    let own = dependence(nil)
    // As much up to the rounding of the sums.
    let floor = own * (1 - 1e-9)
    let others = (0..<permutations).count {
      dependence(.permutation(u.shape[0], key: keys[2].folded(with: $0))) >= floor
    }
    p = Double(1 + others) / Double(1 + permutations)
    self.permutations = permutations
  }

  /// N × D, each column of mean 0 and length 1, or 0 where it does not vary.
  private static func features(_ x: Tensor, _ key: Key) -> Tensor {
    let x = x.to(.float64)
    let (first, second) = key.split()
    let width = x.shape[1]
    // The median distance of standard normal points is about √(2d).
    let scales = (0..<features).map { [1, 2, 4][$0 % 3] / (2 * Double(width)).squareRoot() }
    let w = Tensor.normal([width, features], key: first, dtype: .float64) * Tensor(scales)
    let b = Tensor.uniform([features], key: second, dtype: .float64) * (2 * Double.pi)
    let waves = (matmul(x, w) + b).cos()
    let all = width <= mostCoordinates ? cat([x, waves], dim: 1) : waves
    let centred = all - all.mean(dim: 0, keepDim: true)
    let length = centred.square().sum(dim: 0, keepDim: true).sqrt()
    let isFlat = length.less(than: 1e-12)
    return (centred / length.masked(isFlat, with: 1)).masked(isFlat, with: 0)
  }
}
