import Files
import Samples
import Torch

/// The Gaussian field of MATH §5.2 on (0, 1),
///
///     w(x) = Σ_{j=1}^{modes} √λ_j ξ_j √2 cos(jπx),   λ_j = (j²π² + τ²)^{−α},   ξ_j ~ N(0, 1),
///
/// and the pairs u = w at `points` uniformly spaced points of [0, 1], both ends included, + noise · η,
/// η ~ N(0, I); v = (ξ_1, …, ξ_observed). Since (u, v) is Gaussian, its exact answer is known: `covariance`.
///
/// ```swift
/// let field = GaussianField()
/// let pairs = try field.simulate(10_000, key: Key(0))   // u: float32[10000, 12], v: float32[10000, 5]
/// let exact = try field.conditional(.v)
/// matmul(pairs.u.to(.float64), exact.map)               // E[v | u], one row a sample
/// ```
public struct GaussianField: Hashable, Sendable, Codable {
  /// The number of terms of the sum.
  public var modes = 1000
  /// The number of points at which u sees the field: n_u.
  public var points = 12
  /// The number of coefficients that v holds: n_v.
  public var observed = 5
  /// The standard deviation of the noise of u.
  public var noise = 0.05
  /// The inverse length scale: larger, rougher.
  public var tau = 3.0
  /// The smoothness: larger, smoother.
  public var alpha = 2.0

  /// The paper's settings; change what should differ.
  public init() {}

  /// The points at which u sees the field.
  public var positions: [Double] {
    Tensor.linspace(0, 1, points).array(Double.self)
  }

  // MARK: Simulation

  /// Independent pairs, float32; the same key gives the same pairs.
  /// - Throws: `Failure` when there are none, or the settings make no sense.
  public func simulate(_ count: Int, key: Key) throws -> PairedData {
    try simulate(count, fieldAt: [], key: key).pairs
  }

  /// A source of `count` new pairs for every epoch.
  public func online(_ count: Int, key: Key) -> OnlinePairs {
    OnlinePairs(count) { try simulate(count, key: key.folded(with: $0)) }
  }

  /// The same pairs with the fields behind them, w at the positions of `grid` (count × grid).
  /// - Throws: `Failure` when there are none, or the settings make no sense.
  public func simulate(_ count: Int, fieldAt grid: [Double], key: Key) throws -> (
    pairs: PairedData, field: Tensor
  ) {
    try validate()
    guard count > 0 else { throw Failure("\(count) pairs", remedy: "simulate at least one") }
    // A chunk's result, and all results joined.
    try Memory.require(
      Memory.bytes([count, points + observed + grid.count], of: 8), for: "\(count) pairs",
      remedy: "simulate fewer")
    // u's points and the grid in one product; in chunks, since coefficients are 100 times the pairs.
    let basis = basis(at: positions + grid).to(.float32)
    let chunk = 4096
    let parts = stride(from: 0, to: count, by: chunk).map { start in
      let size = min(chunk, count - start)
      let (first, second) = key.folded(with: start / chunk).split()
      let coefficients = Tensor.normal([size, modes], key: first)
      let field = matmul(coefficients, basis)
      let u = field.narrow(dim: 1, 0..<points) + .normal([size, points], key: second) * noise
      let v = coefficients.narrow(dim: 1, 0..<observed).contiguous()
      return (u: u, v: v, grid: field.narrow(dim: 1, points..<(points + grid.count)))
    }
    return (
      try PairedData(u: cat(parts.map(\.u)), v: cat(parts.map(\.v))), cat(parts.map(\.grid))
    )
  }

  /// √λ_j √2 cos(jπx), modes × positions, float64: coefficients ξ (N × modes) times it are fields.
  public func basis(at positions: [Double]) -> Tensor {
    let j = Tensor.arange(modes, dtype: .float64).unsqueezed(1) + 1
    let deviations = ((j * .pi).square() + tau * tau).pow(-alpha / 2)
    return (matmul(j * .pi, Tensor(positions).unsqueezed(0))).cos() * deviations * 2.0.squareRoot()
  }

  // MARK: The exact answer

  /// The covariance of (u, v), u first, float64; their mean is 0.
  public var covariance: Tensor {
    let atPoints = basis(at: positions)
    let uu = matmul(atPoints.T, atPoints) + Tensor.eye(points, dtype: .float64) * (noise * noise)
    let vu = atPoints[0..<observed]
    return cat(
      [cat([uu, vu.T], dim: 1), cat([vu, Tensor.eye(observed, dtype: .float64)], dim: 1)], dim: 0)
  }

  /// The exact conditional of a modality: given the row x of its partner it is Gaussian with mean x · map
  /// and this covariance,
  ///
  ///     map = C_bb⁻¹ C_ba,   covariance = C_aa − C_ab C_bb⁻¹ C_ba.
  ///
  /// - Throws: `Failure` when C_bb is singular in double precision.
  public func conditional(_ modality: Modality) throws -> (map: Tensor, covariance: Tensor) {
    let (u, v) = (0..<points, points..<(points + observed))
    let (a, b) = modality == .u ? (u, v) : (v, u)
    let c = covariance
    func block(_ rows: Range<Int>, _ columns: Range<Int>) -> Tensor {
      c[rows].narrow(dim: 1, columns)
    }
    let map = try block(b, b).solve(block(b, a))
    return (map, block(a, a) - matmul(block(a, b), map))
  }

  /// - Throws: `Failure` naming a setting that makes no sense.
  func validate() throws {
    func require(_ condition: Bool, _ what: String, _ remedy: String) throws {
      guard condition else { throw Failure(what, at: "gaussian-field", remedy: remedy) }
    }
    try require((1...100_000).contains(modes), "\(modes) modes", "use 1 to 100000")
    try require((1...100_000).contains(points), "\(points) points", "use 1 to 100000")
    try require((1...modes).contains(observed), "\(observed) observed modes", "use 1 to \(modes)")
    try require(noise > 0 && noise.isFinite, "noise \(noise)", "use a positive number")
    try require(tau >= 0 && tau.isFinite, "τ = \(tau)", "use a number that is not negative")
    try require(alpha > 0 && alpha.isFinite, "α = \(alpha)", "use a positive number")
  }
}
