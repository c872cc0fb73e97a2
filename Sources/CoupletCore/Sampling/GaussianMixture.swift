import Files
import Foundation

/// A mixture of Gaussian laws in ℝⁿ,
///
///     p(u) = Σ_k w_k N(u; m_k, C_k),   w_k > 0, Σ w_k = 1.
///
/// ```swift
/// let mixture = try GaussianMixture(fittedTo: samples, components: 3, key: Key(0))
/// mixture.weights.array(Double.self)      // [0.5, 0.3, 0.2]
/// mixture.logDensity(samples).mean()      // nats
/// ```
public struct GaussianMixture {
  /// w, K.
  public let weights: Tensor
  /// m, K × n.
  public let means: Tensor
  /// C, K × n × n.
  public let covariances: Tensor
  /// The lower triangular L_k with C_k = L_k L_kᵀ.
  private let factors: [Tensor]
  /// L_k⁻¹ one below the other, K n × n; what they make of the means, K × n; and log w_k − log det L_k − ½ n log 2π, K.
  private let whitening, whitenedMeans, constants: Tensor

  /// - Parameters:
  ///   - weights: K, in any unit.
  ///   - means: K × n.
  ///   - covariances: K × n × n.
  /// - Throws: `Failure` when shapes do not fit, a weight is not above 0, or a covariance is not positive definite.
  public init(weights: Tensor, means: Tensor, covariances: Tensor) throws {
    let count = weights.count
    guard weights.rank == 1, means.rank == 2, count > 0, means.shape[0] == count,
      covariances.shape == [count, means.shape[1], means.shape[1]]
    else {
      throw Failure(
        "weights \(weights.shape), means \(means.shape) and covariances \(covariances.shape) make no mixture",
        remedy: "give K weights, K × n means and K × n × n covariances")
    }
    let (w, m, c) = (weights.to(.float64), means.to(.float64), covariances.to(.float64))
    guard w.allFinite(), w.min().item() > 0, m.allFinite() else {
      throw Failure(
        "a weight is not above 0, or a number not finite", remedy: "leave empty components out")
    }
    let n = m.shape[1]
    factors = try (0..<count).map { k in
      do { return try c[k].cholesky() } catch {
        throw Failure(
          "the covariance of component \(k) is not positive definite",
          remedy: "add a small multiple of the identity, or leave the component out")
      }
    }
    (self.weights, self.means, self.covariances) = (w / w.sum(), m, c)
    let inverses = factors.map { $0.solveTriangular(.eye(n, dtype: .float64), upper: false) }
    whitening = cat(inverses)
    whitenedMeans = stack((0..<count).map { matmul(inverses[$0], m[$0].unsqueezed(1)).flattened() })
    let determinants = stack(factors.map { $0.diagonal().log().sum() })
    constants = self.weights.log() - determinants - 0.5 * Double(n) * log(2 * Double.pi)
  }

  /// K.
  public var count: Int { weights.count }
  /// n.
  public var dimension: Int { means.shape[1] }

  /// Σ w_k m_k, n.
  public var mean: Tensor { matmul(weights.unsqueezed(0), means).flattened() }

  /// Σ w_k (C_k + (m_k − m)(m_k − m)ᵀ), n × n.
  public var covariance: Tensor {
    let apart = means - mean
    let w = weights.unsqueezed(1)
    return matmul(w.T, covariances.reshaped([count, -1])).reshaped([dimension, dimension])
      + matmul((apart * w).T, apart)
  }

  /// log w_k N(u; m_k, C_k), N × K, differentiable.
  func logParts(_ u: Tensor) -> Tensor {
    let whitened = matmul(u, whitening.T).reshaped([u.shape[0], count, dimension]) - whitenedMeans
    return whitened.square().sum(dim: 2) * -0.5 + constants
  }

  /// log p(u) of points, N × n ↦ N, differentiable.
  public func logDensity(_ u: Tensor) -> Tensor { logParts(u).logSumExp(dim: 1) }

  /// Independent draws, count × n.
  public func sample(_ count: Int, key: Key) -> Tensor {
    let keys = key.split()
    let choice = ConditionalDistribution(scores: weights.log(), candidates: means)
      .sample(count, key: keys.0)
    let noise = Tensor.normal([count, dimension], key: keys.1, dtype: .float64)
    // Every component makes all of the noise its own: K is small.
    let drawn = stack(
      (0..<self.count).map { matmul(noise, factors[$0].T) + means[$0] }
    ).reshaped([self.count * count, dimension])
    return drawn.indexSelect(Tensor(choice.enumerated().map { $1 * count + $0 }))
  }
}
