import Files
import Foundation
import Torch

/// The classical answer to "which flow carried this drifter?": the Gaussian posterior of the coefficients given the
/// path (MATH §5.4).
///
/// Given the path, the velocity is linear in the coefficients c, so the recorded positions are
///
///     y(t_j) = x(0) + ∫₀^{t_j} W(y(s), s) ds · c + e_j,   c ~ N(0, diag σ²),
///
/// with W the velocities of unit coefficients. The integral is a quadrature over the recorded points (cubic
/// interpolation, error O(h⁴)): finite differences would amplify the noise by 1/h instead. The error e has two parts:
/// the noise of the observation, independent from point to point, and what W gains by being evaluated at noisy places
/// and by quadrature, which accumulates like a random walk. Blocks of points are averaged, so that `blocks`
/// numbers per coordinate with a known covariance are left; the posterior is that of linear least squares.
///
/// ```swift
/// let posterior = try OceanPosterior(ocean)
/// let (mean, deviation) = try posterior.moments(given: pairs.v)   // both n × 98, float64
/// ```
///
/// Cost per path: some 40 million operations, of which half are the averages of W; float64 throughout, since the normal
/// equations have condition numbers up to 10¹⁴ (without noise the data are exact to 10⁻⁷).
public struct OceanPosterior {
  /// The law of flows and paths, whose spectrum is the prior.
  public let ocean: Ocean
  /// The standard deviation that the model gives to a recorded coordinate's own error.
  public let pointError: Double
  /// The standard deviation of the accumulated error at time T.
  public let pathError: Double
  /// Maps W at t_0 … t_J to whitened block averages of its integral: blocks × (J + 1).
  private let integral: Tensor
  /// Maps y(t_1) … y(t_J) − x(0) to whitened block averages: blocks × J.
  private let average: Tensor

  /// Positions that are stored as float32 and lie between ½ and 2 are rounded by about so much.
  public static let rounding = 3e-8

  /// - Parameters:
  ///   - pointError: defaults to the noise of `ocean`, and at least to `rounding`.
  ///   - pathError: defaults to `expectedPathError`.
  ///   - blocks: averages per coordinate and drifter; at most the number of points.
  /// - Throws: `Failure` when the settings make no sense, or there are fewer than four points.
  public init(
    _ ocean: Ocean, pointError: Double? = nil, pathError: Double? = nil, blocks: Int = 125
  ) throws {
    try ocean.validate()
    guard ocean.points >= 4 else {
      throw Failure(
        "\(ocean.points) points are too few for a quadrature", at: "ocean",
        remedy: "record at least 4")
    }
    let pointError = pointError ?? max(ocean.noise, OceanPosterior.rounding)
    let pathError = pathError ?? OceanPosterior.expectedPathError(ocean, pointError: pointError)
    self.ocean = ocean
    self.pointError = pointError
    self.pathError = pathError
    let average = OceanPosterior.averages(of: ocean.points, blocks: min(blocks, ocean.points))
    // The covariance of the averaged error: pointError² I, and a random walk that reaches pathError at T.
    let walk = Tensor.ones([ocean.points, ocean.points], dtype: .float64).lowerTriangle()
    let accumulated = matmul(average, walk) * (pathError / Double(ocean.points).squareRoot())
    let covariance =
      matmul(average, average.T) * (pointError * pointError) + matmul(accumulated, accumulated.T)
    let factor = try covariance.cholesky()
    self.average = factor.solveTriangular(average, upper: false)
    let step = Double(ocean.recordEvery) * ocean.timeStep
    integral = matmul(self.average, OceanPosterior.quadrature(points: ocean.points, step: step))
  }

  // MARK: The posterior

  /// The posterior of many paths (n × points × 2 drifters), whatever their number: mean and standard deviations, n × 98,
  /// float64, in the order of `Ocean.coefficients`.
  /// - Parameter progress: called with the number of paths that are done; what it throws ends the work.
  public func moments(
    given paths: Tensor, progress: (Int) throws -> Void = { _ in }
  ) throws -> (mean: Tensor, deviation: Tensor) {
    let parts = try ocean.chunks(of: 0..<paths.shape[0], most: 64).map { range in
      let part = try conditional(given: paths[range])
      try progress(range.upperBound)
      return (part.mean, part.deviation)
    }
    return (cat(parts.map { $0.0 }), cat(parts.map { $0.1 }))
  }

  /// Gaussians with these means (n × 98) and covariances F Fᵀ, one for each path.
  public struct Conditional {
    /// The posterior means, n × 98.
    public let mean: Tensor
    /// F, n × 98 × 98.
    public let factor: Tensor

    /// F Fᵀ, n × 98 × 98.
    public var covariance: Tensor { matmul(factor, factor.T) }
    /// The standard deviations of single coefficients, n × 98.
    public var deviation: Tensor { factor.square().sum(dim: 2).sqrt() }
    /// Draws from each: n × count × 98.
    public func sample(_ count: Int, key: Key) -> Tensor {
      let shape = [mean.shape[0], count, Ocean.coefficients]
      let draws = Tensor.normal(shape, key: key, dtype: .float64)
      return mean.unsqueezed(1) + matmul(draws, factor.T)
    }
  }

  /// The posterior of a few paths: with 98 × 98 numbers for each of them.
  /// - Throws: `Failure` when a path holds a value that is not finite.
  public func conditional(given paths: Tensor) throws -> Conditional {
    let (precision, evidence) = normalEquations(given: paths)
    // With c = σz and z ~ N(0, I): precision I + …, which is never singular.
    let lower = try (precision + Tensor.eye(Ocean.coefficients, dtype: .float64)).cholesky()
    let half = lower.solveTriangular(evidence.unsqueezed(2), upper: false)
    let scale = Tensor(ocean.deviations + ocean.deviations)
    let mean = lower.T.solveTriangular(half, upper: true).squeezed(2) * scale
    // (L Lᵀ)⁻¹ = L⁻ᵀ L⁻¹.
    let identity = Tensor.eye(Ocean.coefficients, dtype: .float64).expanded(lower.shape)
    let factor = lower.T.solveTriangular(identity, upper: true) * scale.unsqueezed(1)
    return Conditional(mean: mean, factor: factor)
  }

  /// AᵀR⁻¹A (n × 98 × 98) and AᵀR⁻¹y (n × 98) for coefficients in units of their standard deviations, with A the linear
  /// map above and R the covariance of e: what a path says, before the prior.
  public func normalEquations(given paths: Tensor) -> (precision: Tensor, evidence: Tensor) {
    require(
      paths.rank == 3 && Array(paths.shape[1...]) == ocean.shape,
      "OceanPosterior: paths of shape \(paths.shape), not n × \(ocean.shape)")
    let kappa = cat([Ocean.wavenumberMatrix, Ocean.wavenumberMatrix])
    let scale = Tensor(ocean.deviations + ocean.deviations) * (-2 * .pi)
    // The velocity of a unit coefficient is its wave times (κ₂, −κ₁): both coordinates share one set of waves.
    let dot = matmul(kappa, kappa.T) * matmul(scale.unsqueezed(1), scale.unsqueezed(0))
    var precision = Tensor.zeros([], dtype: .float64)
    var evidence = Tensor.zeros([], dtype: .float64)
    for drifter in 0..<ocean.drifters {
      let y = paths.narrow(dim: 2, 2 * drifter..<2 * drifter + 2).to(.float64)
      let start = Tensor([ocean.starts[drifter].0, ocean.starts[drifter].1])
      let waves = matmul(self.waves(along: y, from: start), integral.T)
      precision = precision + matmul(waves, waves.T) * dot
      // n × 98 × 2: what each wave has in common with each coordinate's displacement.
      let shared = matmul(waves, matmul(average, y - start))
      let across = shared.select(dim: 2, 0) * kappa.select(dim: 1, 1)
      let along = shared.select(dim: 2, 1) * kappa.select(dim: 1, 0)
      evidence = evidence + (across - along) * scale
    }
    return (precision, evidence)
  }

  /// sin and cos of the phases at the start and at the recorded points: n × 98 × (J + 1).
  private func waves(along positions: Tensor, from start: Tensor) -> Tensor {
    let n = positions.shape[0]
    let path = cat([start.reshaped([1, 1, 2]).expanded([n, 1, 2]), positions], dim: 1)
    let phase = ocean.phases(path.T, times: Tensor([0] + ocean.times))
    return cat([phase.sin(), phase.cos()], dim: 1)
  }
}
