import Files
import Foundation
import GaussianTheory
import Torch

/// Pairs whose information is known in closed form.
struct InformationTask: Sendable {
  /// What is shown.
  let name: String
  /// I(u; v), nats.
  let truth: Double
  /// Whether it stands for its kind where only a few are shown.
  var isQuick = false
  /// N pairs.
  let draw: @Sendable (_ pairs: Int, Key) throws -> (u: Tensor, v: Tensor)

  /// All of them.
  static func all() throws -> [InformationTask] {
    try [
      normal(1, correlations: [0.75]), dense(2).quick, dense(5), dense(25), sparse(5), sparse(25),
      monotone(1), monotone(3).quick, noise(0.75).quick, noise(0.1), student(1, 1), student(2, 1),
      student(2, 3).quick, student(3, 2), student(5, 2), spiral(), independent(),
    ]
  }

  private var quick: InformationTask {
    InformationTask(name: name, truth: truth, isQuick: true, draw: draw)
  }

  // MARK: Gaussian pairs and functions of them

  /// n + n coordinates with these correlations of u_i and v_i, and none others.
  private static func normal(_ n: Int, correlations: [Double], name: String? = nil)
    -> InformationTask
  {
    let truth = correlations.reduce(0) { $0 - 0.5 * log(1 - $1 * $1) }
    return InformationTask(name: name ?? "normal, \(n) + \(n)", truth: truth) {
      canonical(n, correlations, $0, $1)
    }
  }

  private static func canonical(_ n: Int, _ correlations: [Double], _ pairs: Int, _ key: Key) -> (
    u: Tensor, v: Tensor
  ) {
    let (first, second) = key.split()
    let sigma = Tensor(correlations + Array(repeating: 0, count: n - correlations.count))
    let u = Tensor.normal([pairs, n], key: first, dtype: .float64)
    let noise = Tensor.normal([pairs, n], key: second, dtype: .float64)
    return (u, u * sigma + noise * (1 - sigma.square()).sqrt())
  }

  /// All 2n coordinates have the correlation ½ with one another.
  private static func dense(_ n: Int) throws -> InformationTask {
    let truth = try PairCovariance(halves(2 * n), uDimension: n).canonicalAnalysis()
      .mutualInformation
    return InformationTask(name: "dense normal, \(n) + \(n)", truth: truth) { pairs, key in
      let all = matmul(
        Tensor.normal([pairs, 2 * n], key: key, dtype: .float64), try halves(2 * n).cholesky().T)
      return (all.narrow(dim: 1, 0..<n), all.narrow(dim: 1, n..<2 * n))
    }
  }

  /// Ones on the diagonal, and ½ elsewhere.
  private static func halves(_ n: Int) -> Tensor {
    Tensor.full([n, n], 0.5, dtype: .float64) + .eye(n, dtype: .float64) * 0.5
  }

  /// Two pairs of coordinates of many.
  private static func sparse(_ n: Int) -> InformationTask {
    normal(n, correlations: [0.8, 0.8], name: "two normal pairs, \(n) + \(n)")
  }

  /// u³ and the sinh of v, coordinate by coordinate.
  private static func monotone(_ n: Int) -> InformationTask {
    let correlations = [0.8, 0.6, 0.4].prefix(n)
    let base = normal(n, correlations: Array(correlations))
    return InformationTask(name: "monotone maps, \(n) + \(n)", truth: base.truth) {
      let (u, v) = try base.draw($0, $1)
      return (u.pow(3), (v * 2).exp() - (v * -2).exp())
    }
  }

  /// Each side turned by an angle that grows with its squared length: x ↦ exp(|x|²A/3) x leaves the information as it is.
  private static func spiral() -> InformationTask {
    let base = normal(3, correlations: [0.8, 0.8])
    return InformationTask(name: "spiral, 3 + 3", truth: base.truth) {
      let (u, v) = try base.draw($0, $1)
      return (turned(u, 0, 1), turned(v, 1, 2))
    }
  }

  private static func turned(_ x: Tensor, _ i: Int, _ j: Int) -> Tensor {
    let angle = x.square().sum(dim: 1) / 3
    let (c, s) = (angle.cos(), angle.sin())
    var columns = (0..<3).map { x.select(dim: 1, $0) }
    (columns[i], columns[j]) = (
      c * columns[i] - s * columns[j], s * columns[i] + c * columns[j]
    )
    return stack(columns, dim: 1)
  }

  private static func independent() -> InformationTask {
    InformationTask(name: "independent, 2 + 2", truth: 0) { pairs, key in
      let (first, second) = key.split()
      return (
        Tensor.uniform([pairs, 2], key: first, dtype: .float64),
        Tensor.normal([pairs, 2], key: second, dtype: .float64).exp()
      )
    }
  }

  // MARK: Others

  /// u uniform on (0, 1), v = u + noise, uniform on (−ε, ε): I = ε − log 2ε for ε ≤ ½, 1/4ε beyond.
  private static func noise(_ epsilon: Double) -> InformationTask {
    InformationTask(
      name: "uniform + noise of \(epsilon)",
      truth: epsilon <= 0.5 ? epsilon - log(2 * epsilon) : 1 / (4 * epsilon)
    ) { pairs, key in
      let (first, second) = key.split()
      let u = Tensor.uniform([pairs, 1], key: first, dtype: .float64)
      return (u, u + (Tensor.uniform([pairs, 1], key: second, dtype: .float64) * 2 - 1) * epsilon)
    }
  }

  /// Multivariate Student, n + n coordinates that are not correlated, ν degrees of freedom: they share one scale, so that
  /// I = f(ν) + f(ν + 2n) − 2f(ν + n), f(x) = log Γ(x/2) − (x/2) ψ(x/2) (Arellano-Valle, Contreras-Reyes and Genton 2013).
  private static func student(_ n: Int, _ freedom: Int) -> InformationTask {
    func f(_ x: Int) -> Double {
      let half = Double(x) / 2
      return lgamma(half) - half * digamma(half)
    }
    return InformationTask(
      name: "Student, \(n) + \(n), \(freedom) degrees of freedom",
      truth: f(freedom) + f(freedom + 2 * n) - 2 * f(freedom + n)
    ) { pairs, key in
      let (first, second) = key.split()
      let z = Tensor.normal([pairs, 2 * n], key: first, dtype: .float64)
      let square = Tensor.normal([pairs, freedom], key: second, dtype: .float64).square()
        .sum(dim: 1, keepDim: true)
      let all = z / (square / Double(freedom)).sqrt()
      return (all.narrow(dim: 1, 0..<n), all.narrow(dim: 1, n..<2 * n))
    }
  }
}
