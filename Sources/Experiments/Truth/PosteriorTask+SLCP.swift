import Foundation
import Torch

// A simple likelihood with a complex posterior (Papamakarios, Sterratt and Murray 2019).
extension PosteriorTask {
  /// θ uniform on (−3, 3)⁵; x is four points of N((θ₁, θ₂), Σ), with deviations s₁ = θ₃² and s₂ = θ₄² and the correlation
  /// tanh θ₅: four modes, sharp and curved.
  static let slcp = PosteriorTask(
    name: "SLCP", dimension: 5, prior: "uniform:-3,3", simulate: { fourPoints($0, $1) },
    posterior: { x, count, key in fourPointPosterior(x.reshaped([4, 2]), count, key) },
    published: Published(npe: 0.90, nre: 0.95, bestByForest: 0.76, nreByForest: 0.90))

  /// The same, its points told to be independent given θ.
  static let slcpPoints = PosteriorTask(
    name: "SLCP by points", dimension: 5, prior: "uniform:-3,3", points: 4,
    simulate: slcp.simulate, posterior: slcp.posterior, published: Published())

  /// The same with 92 numbers that do not depend on θ, from one mixture of twenty Student laws of two degrees of freedom, and
  /// all hundred in an order that is not told.
  static let slcpDistractors = PosteriorTask(
    name: "SLCP with distractors", dimension: 5, prior: "uniform:-3,3",
    simulate: { theta, key in
      let (first, second) = key.split()
      let all = cat([fourPoints(theta, first), distractors(theta.shape[0], second)], dim: 1)
      return all.indexSelect(dim: 1, order)
    },
    posterior: { x, count, key in
      let places = Tensor(
        order.array(Int.self).enumerated().sorted { $0.element < $1.element }
          .prefix(8).map(\.offset))
      return fourPointPosterior(x.indexSelect(places).reshaped([4, 2]), count, key)
    },
    published: Published())

  /// Of the laws of distractors, which are the same for all seeds.
  private static let fixed = Key(0x51C9)
  private static var order: Tensor { .permutation(100, key: fixed.folded(with: 0)) }

  private static func distractors(_ count: Int, _ key: Key) -> Tensor {
    let keys = key.split(3)
    let means = normal([20, 92], fixed.folded(with: 1)) * 15
    let scales = normal([20, 92], fixed.folded(with: 2)).abs() * 3 + 0.1
    let which = Tensor.integers(0..<20, shape: [count], key: keys[0])
    let square = normal([count, 1, 2], keys[1]).square().sum(dim: 2) / 2
    return means.indexSelect(which)
      + scales.indexSelect(which) * normal([count, 92], keys[2]) / square.sqrt()
  }

  private static func fourPoints(_ theta: Tensor, _ key: Key) -> Tensor {
    let z = normal([theta.shape[0], 4, 2], key)
    let (a, b) = (z.select(dim: 2, 0), z.select(dim: 2, 1))
    func column(_ k: Int) -> Tensor { theta.narrow(dim: 1, k..<k + 1) }
    let rho = column(4).tanh()
    let points = stack(
      [
        column(0) + column(2).square() * a,
        column(1) + column(3).square() * (rho * a + (1 - rho.square()).sqrt() * b),
      ], dim: 2)
    return points.reshaped([theta.shape[0], 8])
  }

  // MARK: The posterior

  /// The four points as their mean m and S = Σ (x_i − m)(x_i − m)ᵀ.
  private struct Moments {
    let m1, m2, s11, s12, s22: Double

    init(_ x: Tensor) {
      let mean = x.mean(dim: 0)
      let s = matmul((x - mean).T, x - mean).array(Double.self)
      (m1, m2) = (mean[0].item(), mean[1].item())
      (s11, s12, s22) = (s[0], s[1], s[3])
    }

    /// log ∫ p(x | θ) dθ₁ dθ₂ over the plane up to a constant: −3/2 log |Σ| − ½ tr Σ⁻¹S.
    func logDensity(_ a: Tensor, _ b: Tensor, _ c: Tensor) -> Tensor {
      let (v1, v2, rho) = (a.square().square(), b.square().square(), c.tanh())
      let rest = 1 - rho.square()
      let cross = rho * a.square() * b.square()
      let determinant = v1 * v2 * rest
      let trace = (v2 * s11 - cross * (2 * s12) + v1 * s22) / determinant
      return determinant.log() * -1.5 - trace * 0.5
    }
  }

  /// Cells of |θ₃| and |θ₄|; θ₅ has twice as many.
  private static let cells = 100

  /// The signs of θ₃ and θ₄ are free and (θ₁, θ₂) is normal given the rest, N(m, Σ/4), so that three coordinates remain. They
  /// are proposed in the cells of a grid by the density in the middle, uniformly within a cell, and kept with the probability
  /// density/(8 · that of the middle); a density that is larger still, where it is next to none, counts as 8 times. What then
  /// falls outside the square of (θ₁, θ₂) goes, too.
  private static func fourPointPosterior(_ x: Tensor, _ count: Int, _ key: Key) -> Tensor {
    let moments = Moments(x.to(.float64))
    let (n, side) = (cells, 3 / Double(cells))
    let axis = (Tensor.arange(n).to(.float64) + 0.5) * side
    let double = (Tensor.arange(2 * n).to(.float64) + 0.5) * side - 3
    let grid = moments.logDensity(
      axis.reshaped([n, 1, 1]), axis.reshaped([1, n, 1]), double.reshaped([1, 1, 2 * n])
    ).flattened()
    let weights = (grid - grid.max()).exp()
    return accepted(count, key) { key in
      let keys = key.split(5)
      let tried = 20 * count
      let cell = weights.multinomial(tried, replacement: true, key: keys[0])
      let place = cell.to(.float64)
      let first = (place / Double(2 * n * n)).floor()
      let second = ((place - first * Double(2 * n * n)) / Double(2 * n)).floor()
      let third = place - first * Double(2 * n * n) - second * Double(2 * n)
      let within = uniform([tried, 3], 0, 1, keys[1])
      let a = (first + within.select(dim: 1, 0)) * side
      let b = (second + within.select(dim: 1, 1)) * side
      let c = (third + within.select(dim: 1, 2)) * side - 3
      let gain = (moments.logDensity(a, b, c) - grid.indexSelect(cell)).exp() / 8
      let isKept = uniform([tried], 0, 1, keys[2]).less(than: gain)
      let z = normal([tried, 2], keys[3]) * 0.5
      let (z1, z2) = (z.select(dim: 1, 0), z.select(dim: 1, 1))
      let rho = c.tanh()
      let centre = stack(
        [
          a.square() * z1 + moments.m1,
          b.square() * (rho * z1 + (1 - rho.square()).sqrt() * z2) + moments.m2,
        ], dim: 1)
      let signs = uniform([tried, 2], -1, 1, keys[4]).sign()
      let theta = cat(
        [centre, stack([a, b], dim: 1) * signs, c.unsqueezed(1)], dim: 1)
      return (theta, isKept.and(isInside(centre, 3)))
    }
  }
}
