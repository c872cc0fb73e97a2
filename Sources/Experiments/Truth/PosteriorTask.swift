import CoupletCore
import Files
import Foundation
import Torch

/// A simulator x | θ whose posterior can be drawn from exactly: a task of the public benchmark of simulation-based inference
/// (Lueckmann, Boelts, Greenberg, Gonçalves and Macke 2021), written down anew from its formulas.
///
/// ```swift
/// let task = PosteriorTask.twoMoons
/// let theta = try task.drawPrior(1_000, Key(0))
/// let x = task.simulate(theta, Key(1))
/// let exact = task.posterior(x[0], 10_000, Key(2))   // 10,000 × 2
/// ```
struct PosteriorTask: Sendable {
  /// What is shown.
  let name: String
  /// n, the coordinates of θ.
  let dimension: Int
  /// The law of θ, as `couplet sample --prior` takes it.
  let prior: String
  /// x is so many independent observations of θ, one after the other, which are learned one by one and whose scores add
  /// (MATH §2).
  var points = 1
  /// N × n ↦ N × m.
  let simulate: @Sendable (_ theta: Tensor, Key) -> Tensor
  /// Independent draws from the posterior of an observation of m numbers, count × n.
  let posterior: @Sendable (_ x: Tensor, _ count: Int, Key) -> Tensor
  /// The classifier two-sample accuracies that others published for 10,000 simulations.
  let published: Published

  /// Neural posterior and ratio estimation, a perceptron's C2ST; and the best of a current package and its ratio
  /// estimation, a random forest's.
  struct Published: Sendable {
    var npe: Double?, nre: Double?
    var bestByForest: Double?, nreByForest: Double?
  }

  /// All of them.
  static let all = [
    twoMoons, gaussianLinear, gaussianLinearUniform, gaussianMixture, slcp, slcpPoints,
    slcpDistractors,
  ]

  /// The name in file names and JSON: `two-moons`.
  var key: String { name.replacing(" ", with: "-").lowercased() }

  /// The pairs that are learned from, given N × n and N × m: a row for every observation.
  func pairs(_ theta: Tensor, _ x: Tensor) throws -> PairedData {
    let rows = (0..<theta.shape[0]).flatMap { Array(repeating: $0, count: points) }
    return try PairedData(u: theta.indexSelect(Tensor(rows)), v: apart(x))
  }

  /// Which of them share a cause: found from θ that repeats where there are several observations.
  var groups: GroupsChoice? { points > 1 ? nil : GroupsChoice.none }

  /// The observations that rows of x hold, each a row.
  func apart(_ x: Tensor) -> Tensor { x.reshaped([-1, x.shape[1] / points]) }

  /// The prior, a density.
  func reference() throws -> ReferenceDensity { try ReferenceDensity(prior, dimension: dimension) }

  /// Draws of θ, N × n.
  func drawPrior(_ count: Int, _ key: Key) throws -> Tensor {
    try reference().point(.normal([count, dimension], key: key, dtype: .float64))
  }

  /// Rows that `draw` makes until there are `count` of them: of each call those whose mark is true.
  static func accepted(
    _ count: Int, _ key: Key, _ draw: (_ key: Key) -> (rows: Tensor, isKept: Tensor)
  ) -> Tensor {
    var (parts, found, turn) = ([Tensor](), 0, 0)
    while found < count {
      let (rows, isKept) = draw(key.folded(with: turn))
      parts.append(rows.indexSelect(isKept.nonzero().flattened()))
      found += parts[turn].shape[0]
      turn += 1
    }
    return cat(parts)[0..<count]
  }

  /// Which rows have all coordinates in (−half, half).
  static func isInside(_ theta: Tensor, _ half: Double) -> Tensor {
    theta.abs().max(dim: 1).less(than: Tensor(half, dtype: .float64))
  }

  static func normal(_ shape: [Int], _ key: Key) -> Tensor {
    .normal(shape, key: key, dtype: .float64)
  }

  static func uniform(_ shape: [Int], _ low: Double, _ high: Double, _ key: Key) -> Tensor {
    .uniform(shape, low: low, high: high, key: key, dtype: .float64)
  }
}

// MARK: - Gaussian likelihoods in ten dimensions

extension PosteriorTask {
  /// θ ~ N(0, 0.1 I), x | θ ~ N(θ, 0.1 I): θ | x ~ N(x/2, 0.05 I).
  static let gaussianLinear = PosteriorTask(
    name: "Gaussian linear", dimension: 10, prior: "gaussian:0,0.1",
    simulate: { $0 + normal($0.shape, $1) * 0.1.squareRoot() },
    posterior: { x, count, key in
      x * 0.5 + normal([count, 10], key) * 0.05.squareRoot()
    },
    published: Published(bestByForest: 0.52, nreByForest: 0.60))

  /// θ uniform on (−1, 1)¹⁰, x | θ ~ N(θ, 0.1 I): independent normals on (−1, 1), by the inverse of their distribution
  /// functions.
  static let gaussianLinearUniform = PosteriorTask(
    name: "Gaussian linear uniform", dimension: 10, prior: "uniform:-1,1",
    simulate: { $0 + normal($0.shape, $1) * 0.1.squareRoot() },
    posterior: { x, count, key in
      let scale = 0.2.squareRoot()
      // In the tail that is nearer to 0, where probabilities keep their digits.
      let sign = x.sign() + (1 - x.sign().abs())
      let near = x * sign
      let (low, high) = (((-1 - near) / scale).erf(), ((1 - near) / scale).erf())
      let part = uniform([count, 10], 0, 1, key) * (high - low) + low
      return (part.erfinv() * scale + near).clamped(min: -1, max: 1) * sign
    },
    published: Published(bestByForest: 0.54, nreByForest: 0.62))
}

// MARK: - In the plane

extension PosteriorTask {
  /// θ uniform on (−10, 10)², x | θ ~ ½ N(θ, I) + ½ N(θ, 0.01 I): the same mixture about x, on the square.
  static let gaussianMixture = PosteriorTask(
    name: "Gaussian mixture", dimension: 2, prior: "uniform:-10,10",
    simulate: { $0 + mixed($0.shape[0], $1) },
    posterior: { x, count, key in
      accepted(count, key) { key in
        let theta = x + mixed(2 * count, key)
        return (theta, isInside(theta, 10))
      }
    },
    published: Published(npe: 0.66, nre: 0.75, bestByForest: 0.54, nreByForest: 0.67))

  private static func mixed(_ count: Int, _ key: Key) -> Tensor {
    let (first, second) = key.split()
    let isWide = uniform([count, 1], 0, 1, first).less(than: Tensor(0.5, dtype: .float64))
    return normal([count, 2], second) * (isWide.to(.float64) * 0.9 + 0.1)
  }

  /// θ uniform on (−1, 1)², x = p + (−|θ₁ + θ₂|, θ₂ − θ₁)/√2 with p on a noisy half circle: two crescents. Given x and p, θ is
  /// known but for the sign of θ₁ + θ₂, and its density is that of p.
  static let twoMoons = PosteriorTask(
    name: "Two moons", dimension: 2, prior: "uniform:-1,1",
    simulate: { theta, key in
      let sum = theta.select(dim: 1, 0) + theta.select(dim: 1, 1)
      let difference = theta.select(dim: 1, 1) - theta.select(dim: 1, 0)
      return crescent(theta.shape[0], key) + stack([-sum.abs(), difference], dim: 1)
        / 2.0.squareRoot()
    },
    posterior: { x, count, key in
      accepted(count, key) { key in
        let (first, second) = key.split()
        let turned = (x - crescent(4 * count, first)) * 2.0.squareRoot()
        let sign = uniform([4 * count], -1, 1, second).sign()
        let size = -turned.select(dim: 1, 0)
        let (sum, difference) = (size * sign, turned.select(dim: 1, 1))
        let theta = stack([sum - difference, sum + difference], dim: 1) * 0.5
        return (theta, isInside(theta, 1).and(size.greater(than: size.zerosLike())))
      }
    },
    published: Published(npe: 0.61, nre: 0.76, bestByForest: 0.55, nreByForest: 0.81))

  private static func crescent(_ count: Int, _ key: Key) -> Tensor {
    let (first, second) = key.split()
    let angle = uniform([count], -.pi / 2, .pi / 2, first)
    let radius = normal([count], second) * 0.01 + 0.1
    return stack([radius * angle.cos() + 0.25, radius * angle.sin()], dim: 1)
  }
}
