import Torch

// The linear maps and the size of the errors behind `OceanPosterior`.

extension OceanPosterior {
  /// blocks × points: row b averages the b-th part of the points.
  static func averages(of points: Int, blocks: Int) -> Tensor {
    var values = [Double](repeating: 0, count: blocks * points)
    for block in 0..<blocks {
      let part = points * block / blocks..<points * (block + 1) / blocks
      for point in part { values[block * points + point] = 1 / Double(part.count) }
    }
    return Tensor(values, shape: [blocks, points])
  }

  /// J × (J + 1): integrals from t_0 to t_1 … t_J of a function given at t_0 … t_J, `step` apart. Each interval
  /// integrates the cubic through the nearest four points; error 11/720 h⁴ t f⁗ and less.
  static func quadrature(points: Int, step: Double) -> Tensor {
    let width = points + 1
    var values = [Double](repeating: 0, count: points * width)
    for interval in 0..<points {
      let row = interval * width
      if interval > 0 { for j in 0..<width { values[row + j] = values[row - width + j] } }
      let (first, weights): (Int, [Double]) =
        switch interval {
        case 0: (0, [9, 19, -5, 1])
        case points - 1: (points - 3, [1, -5, 19, 9])
        default: (interval - 1, [-1, 13, 13, -1])
        }
      for (k, weight) in weights.enumerated() { values[row + first + k] += weight * step / 24 }
    }
    return Tensor(values, shape: [points, width])
  }

  /// The expected size at time T of what accumulates, from the spectrum alone:
  ///
  /// * positions that are off by `pointError` see a velocity that is off by ∇w times that, independently at each
  ///   of the J points: h √J · pointError · rms |∇w_a|;
  /// * the quadrature: 11/720 h⁴ T rms w⁗, where along the path mode k changes at the rate ω_k + 2π⟨κ_k, w⟩ with w
  ///   Gaussian.
  static func expectedPathError(_ ocean: Ocean, pointError: Double) -> Double {
    let step = Double(ocean.recordEvery) * ocean.timeStep
    let (points, time) = (Double(ocean.points), Double(ocean.points) * step)
    var (strain, fourth) = (0.0, 0.0)
    for (k, deviation) in ocean.deviations.enumerated() {
      let (a, b) = Ocean.wavenumbers[k]
      let square = 4 * Double.pi * .pi * Double(a * a + b * b)
      // One coordinate's share of |w|² is half of deviation² (2π|κ|)²; ∇ brings another (2π|κ|)².
      let energy = 0.5 * deviation * deviation * square
      strain += energy * square
      let spread = (square * 0.5).squareRoot() * ocean.speed
      fourth += energy * eighthMoment(mean: ocean.frequencies[k], deviation: spread)
    }
    let fromNoise = step * points.squareRoot() * pointError * strain.squareRoot()
    let fromQuadrature = 11 / 720 * step * step * step * step * time * fourth.squareRoot()
    return (fromNoise * fromNoise + fromQuadrature * fromQuadrature).squareRoot()
  }

  /// E X⁸ of a Gaussian.
  private static func eighthMoment(mean m: Double, deviation s: Double) -> Double {
    let (m2, s2) = (m * m, s * s)
    return m2 * m2 * m2 * m2 + 28 * m2 * m2 * m2 * s2 + 210 * m2 * m2 * s2 * s2
      + 420 * m2 * s2 * s2 * s2 + 105 * s2 * s2 * s2 * s2
  }
}
