import Torch

extension Ocean {
  /// 49 × 2, float64: κ_k.
  static var wavenumberMatrix: Tensor {
    Tensor(wavenumbers.flatMap { [Double($0.0), Double($0.1)] }, shape: [modes, 2])
  }

  /// The potential of flows with these coefficients (n × 98) at points (m × 2) and one time: n × m, float64.
  ///
  /// ```swift
  /// let field = ocean.potential(of: u, at: Ocean.grid(64), time: 0).reshaped([-1, 64, 64])  // [n][x₁][x₂]
  /// ```
  public func potential(of coefficients: Tensor, at points: Tensor, time: Double) -> Tensor {
    matmul(coefficients.to(.float64), potentialBasis(at: points, time: time))
  }

  /// 98 × m, float64: coefficients times it are the potential at the points (m × 2).
  public func potentialBasis(at points: Tensor, time: Double) -> Tensor {
    let phase = phases(points.T, times: Tensor([time]))
    return cat([phase.cos(), -phase.sin()])
  }

  /// w of flows with these coefficients (n × 98) at points (m × 2) and one time: n × m × 2, float64.
  public func velocity(of coefficients: Tensor, at points: Tensor, time: Double) -> Tensor {
    // ∂/∂x_j of cos and of −sin of the phase: −2πκ_j sin and −2πκ_j cos.
    let phase = phases(points.T, times: Tensor([time]))
    let waves = cat([phase.sin(), phase.cos()]) * (-2 * .pi)
    let kappa = cat([Ocean.wavenumberMatrix, Ocean.wavenumberMatrix])
    let c = coefficients.to(.float64)
    let gradient = (0..<2).map { matmul(c, waves * kappa.narrow(dim: 1, $0..<($0 + 1))) }
    return stack([gradient[1], -gradient[0]], dim: 2)
  }

  /// 2π⟨κ_k, x⟩ + ω_k t for positions of shape … × 2 × m and m times, or one: … × 49 × m.
  func phases(_ positions: Tensor, times: Tensor) -> Tensor {
    matmul(Ocean.wavenumberMatrix * (2 * .pi), positions.to(.float64))
      + matmul(Tensor(frequencies).unsqueezed(1), times.unsqueezed(0))
  }

  /// The n² points (i / n, j / n) of the torus, j running fastest: n² × 2, float64.
  public static func grid(_ n: Int) -> Tensor {
    let axis = Tensor.arange(n, dtype: .float64) / Double(n)
    let first = axis.unsqueezed(1).expanded([n, n]), second = axis.unsqueezed(0).expanded([n, n])
    return stack([first.reshaped([n * n]), second.reshaped([n * n])], dim: 1)
  }
}
