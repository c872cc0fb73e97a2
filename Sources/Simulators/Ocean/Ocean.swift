import Files
import Foundation
import Torch

/// Drifters in a random time-dependent flow on the torus [0, 1]² (MATH §5.4): a potential
///
///     ψ(x, t) = Re Σ_{k=1}^{49} ψ_k exp(iω_k t) exp(2πi⟨κ_k, x⟩),   κ_k ∈ {−3 … 3}²,
///
/// its velocity w = (∂ψ/∂x₂, −∂ψ/∂x₁), and the path dx/dt = w(x, t) of a drifter. The pairs are u = the 98 real
/// coefficients Re ψ_1 … Re ψ_49, Im ψ_1 … Im ψ_49, and v = the positions at `points` times. The ψ_k are independent
/// complex Gaussians whose real and imaginary parts have the standard deviations `deviations`; the frequencies
/// ω_k are the same for all samples.
///
/// The paper gives neither spectrum nor frequencies; the defaults here are this project's choice, and this is
/// their one place. With them a drifter's path is 0.44 long on average and 0.2 wide: some twenty degrees of freedom of
/// the flow, of which linear regression finds about half, show above a noise of 0.01.
///
/// ```swift
/// let ocean = Ocean()
/// let pairs = try ocean.simulate(0..<1000, key: Key(0))   // u: float32[1000, 98], v: float32[1000, 1000, 2]
/// let again = try ocean.simulate(500..<1000, key: Key(0)) // the second half of the same pairs
/// ```
public struct Ocean: Hashable, Sendable, Codable {
  /// The root mean square of |w|, in lengths of the torus per unit of time.
  public var speed = 5.0
  /// α: the standard deviation of ψ_k is proportional to (1 + |κ_k|²)^(−α/2).
  public var decay = 1.0
  /// ω_k, in radians per unit of time.
  public var frequencies = Ocean.frequencies(scale: Ocean.defaultFrequencyScale, seed: 0)
  /// The number of drifters that are followed in each flow.
  public var drifters = 1
  /// The standard deviation of the noise that is added to every coordinate of every position.
  public var noise = 0.0
  /// Δt of the classical fourth-order Runge–Kutta method.
  public var timeStep = 1e-5
  /// The number of time steps, T / Δt.
  public var steps = 10_000
  /// A position is recorded after every so many steps.
  public var recordEvery = 10

  /// The paper's settings where it gives them; change what should differ.
  public init() {}

  /// The standard deviation of the default frequencies: ω_k T turns by some 20 radians.
  public static let defaultFrequencyScale = 200.0

  /// The number of modes, 49.
  public static let modes = 49
  /// The number of real coefficients of a flow, 98: the length of u.
  public static let coefficients = 2 * modes

  /// κ_k: (−3, −3), (−3, −2), … (3, 3).
  public static let wavenumbers: [(Int, Int)] = (-3...3).flatMap { a in (-3...3).map { (a, $0) } }

  /// Independent draws from N(0, scale²) that stand for the frequencies of all flows.
  public static func frequencies(scale: Double, seed: UInt64) -> [Double] {
    NormalDraws.array(modes, key: Key(seed)).map { $0 * scale }
  }

  /// The standard deviations of Re ψ_k and of Im ψ_k. That of κ = 0 is 0: the mean of a potential moves nothing,
  /// so no path could tell it.
  public var deviations: [Double] {
    let squares = Ocean.wavenumbers.map { Double($0 * $0 + $1 * $1) }
    let shape = squares.map { $0 == 0 ? 0 : pow(1 + $0, -decay / 2) }
    // E|w|² = (2π)² Σ |κ|² σ_k²: each of Re ψ_k and Im ψ_k adds a plane wave of mean square ½ twice.
    let energy = zip(squares, shape).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }
    let scale = speed / (2 * .pi * energy.squareRoot())
    return shape.map { $0 * scale }
  }

  /// The places of the coefficients that vary: all but the two of κ = 0.
  public static let varying = (0..<coefficients).filter {
    wavenumbers[$0 % modes].0 != 0 || wavenumbers[$0 % modes].1 != 0
  }

  /// The number of recorded positions; the start, which is known, is none of them.
  public var points: Int { steps / recordEvery }
  /// The times of the recorded positions.
  public var times: [Double] { (1...points).map { Double($0 * recordEvery) * timeStep } }
  /// T.
  public var duration: Double { Double(steps) * timeStep }

  /// Where the drifters of a flow start: the first at (0.75, 0.75) as in the paper, the others spread evenly over
  /// the torus by the additive recurrence of the plastic number.
  public var starts: [(Double, Double)] {
    (0..<drifters).map { index in
      func place(_ step: Double) -> Double {
        (0.75 + Double(index) * step).truncatingRemainder(dividingBy: 1)
      }
      return (place(0.754_877_666_246_692_8), place(0.569_840_290_998_053_3))
    }
  }

  /// The lengths of v's axes: points × (x₁, x₂ of the first drifter, of the second, …).
  public var shape: [Int] { [points, 2 * drifters] }

  /// Positions on the torus: each coordinate in [0, 1).
  public static func wrapped(_ positions: Tensor) -> Tensor {
    let part = positions - positions.floor()
    // x − ⌊x⌋ of a tiny negative x rounds to 1.
    return part.masked(part.less(than: 1).not(), with: 0)
  }
}
