import Files
import Foundation

/// A law of samples u in ℝⁿ as the image u = T(z) of independent standard normals z: the reference that a conditional is a
/// density to (MATH §10), where it is known, or taken to be, beyond a finite gallery.
///
/// In z every reference but a mixture is N(0, I), and a conditional has the density exp(s(T(z), v) − ½ |z|²): bounded supports need
/// no Jacobian, and a proposal that leaves N(0, I) as it is serves for all. A mixture is the Gaussian law of its own mean and
/// covariance, times a correction that joins the score.
///
/// ```swift
/// let prior = ReferenceDensity.uniform(low: Tensor([0.0, 0]), high: Tensor([1.0, 2]))
/// prior.point(Tensor([0.0, 0], shape: [1, 2]))   // [0.5, 1.0]
/// ```
public enum ReferenceDensity {
  /// N(m, L Lᵀ): T(z) = m + L z; the mean has n entries, the factor is n × n and lower triangular.
  case gaussian(mean: Tensor, factor: Tensor)
  /// Independent uniform coordinates on [low, high]: T(z) = low + (high − low) Φ(z).
  case uniform(low: Tensor, high: Tensor)
  /// Gaussian, by modes: T(z) = m + Σ_j √λ_j z_j ψ_j. As many coordinates z as modes.
  case spectrum(GaussianSpectrum)
  /// Σ_k w_k N(m_k, C_k), as exp(correction) times N(m, L Lᵀ) with its own moments: T(z) = m + L z.
  case mixture(GaussianMixture, factor: Tensor)
  /// Independent laws of groups of coordinates, one group after the other.
  indirect case product([ReferenceDensity])

  /// N(m, C) by its moments, n and n × n.
  /// - Throws: `Failure` when C is not positive definite.
  public init(mean: Tensor, covariance: Tensor) throws {
    self = .gaussian(
      mean: mean.to(.float64), factor: try covariance.to(.float64).cholesky())
  }

  /// The Gaussian law with the moments of samples, N × n.
  /// - Throws: `Failure` when they do not span all directions.
  public init(fittedTo samples: Tensor) throws {
    let x = samples.to(.float64)
    let mean = x.mean(dim: 0)
    let centred = x - mean
    do {
      try self.init(
        mean: mean, covariance: matmul(centred.T, centred) / Double(max(1, x.shape[0] - 1)))
    } catch {
      throw Failure(
        "\(x.shape[0]) samples of \(x.shape[1]) coordinates do not vary in every direction",
        remedy: "give the prior, or more samples")
    }
  }

  /// A mixture.
  /// - Throws: `Failure` when its covariance is not positive definite to rounding.
  public init(_ mixture: GaussianMixture) throws {
    self = .mixture(mixture, factor: try mixture.covariance.cholesky())
  }

  /// n, of a sample u.
  public var sampleDimension: Int {
    switch self {
    case .gaussian(let mean, _): mean.count
    case .uniform(let low, _): low.count
    case .spectrum(let law): law.dimension
    case .mixture(let law, _): law.dimension
    case .product(let laws): laws.map(\.sampleDimension).reduce(0, +)
    }
  }

  /// The number of coordinates z: n, or the number of modes of a spectrum.
  public var dimension: Int {
    switch self {
    case .spectrum(let law): law.rank
    case .product(let laws): laws.map(\.dimension).reduce(0, +)
    default: sampleDimension
    }
  }

  /// u = T(z), N × n, differentiable.
  public func point(_ z: Tensor) -> Tensor {
    switch self {
    case .gaussian(let mean, let factor): matmul(z, factor.T) + mean
    case .uniform(let low, let high):
      ((z / 2.0.squareRoot()).erf() + 1) * 0.5 * (high - low) + low
    case .spectrum(let law): law.point(z)
    case .mixture(let law, let factor): matmul(z, factor.T) + law.mean
    case .product(let laws): ReferenceDensity.apart(z, laws) { $0.point($1) }
    }
  }

  /// The logarithm of the density of the law of z to N(0, I), N, differentiable: 0 but for mixtures; nil where it is 0.
  func correction(_ z: Tensor) -> Tensor? {
    switch self {
    case .gaussian, .uniform, .spectrum: nil
    case .mixture(let law, let factor):
      law.logDensity(point(z)) + z.square().sum(dim: 1) * 0.5
        + (factor.diagonal().log().sum() + 0.5 * Double(law.dimension) * log(2 * Double.pi))
    case .product(let laws):
      laws.allSatisfy { $0.isNormal }
        ? nil
        : ReferenceDensity.apart(z, laws) {
          ($0.correction($1) ?? $1.sum(dim: 1) * 0).unsqueezed(1)
        }.sum(dim: 1)
    }
  }

  /// Whether z is standard normal.
  private var isNormal: Bool {
    switch self {
    case .gaussian, .uniform, .spectrum: true
    case .mixture: false
    case .product(let laws): laws.allSatisfy(\.isNormal)
    }
  }

  /// Coordinates of independent draws of the law, count × dimension.
  func draws(_ count: Int, key: Key) -> Tensor {
    switch self {
    case .mixture(let law, _): coordinates(law.sample(count, key: key))
    case .product(let laws) where !isNormal:
      cat(laws.enumerated().map { $1.draws(count, key: key.folded(with: $0)) }, dim: 1)
    default: .normal([count, dimension], key: key, dtype: .float64)
    }
  }

  /// log p(T(z)), the density of u itself, up to a constant; N, differentiable. On a box it is the constant.
  func logDensity(_ z: Tensor) -> Tensor {
    switch self {
    case .gaussian, .spectrum: z.square().sum(dim: 1) * -0.5
    case .uniform: z.sum(dim: 1) * 0
    case .mixture(let law, _): law.logDensity(point(z))
    case .product(let laws):
      ReferenceDensity.apart(z, laws) { $0.logDensity($1).unsqueezed(1) }.sum(dim: 1)
    }
  }

  /// What each law makes of its columns, side by side.
  /// - Parameter count: of columns that a law has.
  private static func apart(
    _ rows: Tensor, _ laws: [ReferenceDensity], by count: (ReferenceDensity) -> Int = \.dimension,
    _ body: (ReferenceDensity, Tensor) -> Tensor
  ) -> Tensor {
    var start = 0
    return cat(
      laws.map { law in
        defer { start += count(law) }
        return body(law, rows.narrow(dim: 1, start..<start + count(law)))
      }, dim: 1)
  }

  /// The part of samples, N × n, that lie where the law has a density.
  public func shareWithinBounds(_ u: Tensor) -> Double {
    isWithinBounds(u.to(.float64)).to(.float64).mean().item()
  }

  /// 1 or 0 for each sample, N.
  private func isWithinBounds(_ u: Tensor) -> Tensor {
    switch self {
    case .gaussian, .mixture, .spectrum: .ones([u.shape[0]], dtype: .float64, device: u.device)
    case .uniform(let low, let high):
      (u.greaterOrEqual(low).to(.float64) * high.greaterOrEqual(u).to(.float64)).min(dim: 1)
    case .product(let laws):
      ReferenceDensity.apart(u, laws, by: \.sampleDimension) { $0.isWithinBounds($1).unsqueezed(1) }
        .min(dim: 1)
    }
  }

  /// z with T(z) = u, N × n ↦ N × dimension; on the edge of a support and beyond it a point just inside, and of a spectrum what
  /// its modes say of u.
  public func coordinates(_ u: Tensor) -> Tensor {
    let u = u.to(.float64)
    switch self {
    case .gaussian(let mean, let factor):
      return factor.solveTriangular((u - mean).T, upper: false).T.contiguous()
    case .uniform(let low, let high):
      let part = ((u - low) / (high - low)).clamped(min: 1e-6, max: 1 - 1e-6)
      return (part * 2 - 1).erfinv() * 2.0.squareRoot()
    case .spectrum(let law): return law.coordinates(u)
    case .mixture(let law, let factor):
      return factor.solveTriangular((u - law.mean).T, upper: false).T.contiguous()
    case .product(let laws):
      return ReferenceDensity.apart(u, laws, by: \.sampleDimension) { $0.coordinates($1) }
    }
  }
}
