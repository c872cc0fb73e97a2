import Files
import Foundation

/// A law of samples u in ℝⁿ as the image u = T(z) of independent standard normals z: the reference that a conditional is a
/// density to (MATH §10), where it is known, or taken to be, beyond a finite gallery.
///
/// In z every reference is N(0, I), and a conditional has the density exp(s(T(z), v) − ½ |z|²): bounded supports need no
/// Jacobian, and a proposal that leaves N(0, I) as it is serves for all.
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

  /// n.
  public var dimension: Int {
    switch self {
    case .gaussian(let mean, _): mean.count
    case .uniform(let low, _): low.count
    }
  }

  /// u = T(z), N × n, differentiable.
  public func point(_ z: Tensor) -> Tensor {
    switch self {
    case .gaussian(let mean, let factor): matmul(z, factor.T) + mean
    case .uniform(let low, let high):
      ((z / 2.0.squareRoot()).erf() + 1) * 0.5 * (high - low) + low
    }
  }

  /// z with T(z) = u, N × n; on the edge of a support and beyond it a point just inside.
  public func coordinates(_ u: Tensor) -> Tensor {
    let u = u.to(.float64)
    switch self {
    case .gaussian(let mean, let factor):
      return factor.solveTriangular((u - mean).T, upper: false).T.contiguous()
    case .uniform(let low, let high):
      let part = ((u - low) / (high - low)).clamped(min: 1e-6, max: 1 - 1e-6)
      return (part * 2 - 1).erfinv() * 2.0.squareRoot()
    }
  }
}

extension ReferenceDensity {
  /// From its text: `gaussian:MEAN,VARIANCE` or `uniform:LOW,HIGH`, independent coordinates that are all alike.
  ///
  /// ```swift
  /// try ReferenceDensity("gaussian:0,1", dimension: 100)
  /// ```
  /// - Throws: `Failure` when the text is neither, or its numbers make no law.
  public init(_ text: String, dimension: Int) throws {
    let words = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    let numbers = words.count == 2 ? words[1].split(separator: ",").map { Double($0) } : []
    guard words.count == 2, numbers.count == 2, let a = numbers[0], let b = numbers[1], a.isFinite,
      b.isFinite
    else {
      throw Failure(
        "'\(text)' is no prior", remedy: "give gaussian:MEAN,VARIANCE, uniform:LOW,HIGH or fitted")
    }
    func all(_ value: Double) -> Tensor { .full([dimension], value, dtype: .float64) }
    switch words[0] {
    case "gaussian" where b > 0:
      self = .gaussian(
        mean: all(a), factor: all(b.squareRoot()).diagonalMatrix())
    case "uniform" where a < b: self = .uniform(low: all(a), high: all(b))
    case "gaussian", "uniform":
      throw Failure(
        "'\(text)' is no law", remedy: "give a variance above 0, or bounds in order")
    default:
      throw Failure(
        "'\(text)' is no prior", remedy: "give gaussian:MEAN,VARIANCE, uniform:LOW,HIGH or fitted")
    }
  }
}
