import Testing
import Torch

@testable import GaussianTheory

@Suite struct GaussianRegressionTests {
  private func p(_ pairs: Int, _ key: Key, _ map: (_ u: Tensor, _ noise: Tensor) -> Tensor)
    -> Double?
  {
    let (first, second) = key.split()
    let u = Tensor.uniform([pairs, 3], low: -1, high: 1, key: first, dtype: .float64)
    let noise = Tensor.normal([pairs, 2], key: second, dtype: .float64)
    return GaussianRegression(of: map(u, noise), on: u)?.p
  }

  /// Linear with Gaussian noise, u uniform: p is below 0.05 in about that part of draws. Of 200 draws 10 are expected and a
  /// standard deviation is 3; twice a smaller p, and Bonferroni, can make it fewer.
  @Test func linearMapsPass() throws {
    let mixing = Tensor([1.0, 2, -1, 0.5, 0.3, 1], shape: [3, 2])
    let small = try (0..<200).filter { draw in
      try #require(
        p(300, Key(81).folded(with: draw)) { matmul($0, mixing) + 3 + $1 * 0.3 }) < 0.05
    }
    #expect(small.count <= 22)
  }

  /// Bent means, noise that depends on u, and noise that is not Gaussian do not.
  @Test func othersDoNot() throws {
    let bent = p(1_000, Key(82)) { $0.narrow(dim: 1, 0..<2).square() + $1 * 0.3 }
    let product = p(1_000, Key(83)) {
      $0.narrow(dim: 1, 0..<1) * $0.narrow(dim: 1, 1..<2) + $1 * 0.3
    }
    let spread = p(1_000, Key(84)) { $1 * ($0.narrow(dim: 1, 0..<1) * 0.5 + 1) }
    let heavy = p(1_000, Key(85)) { $0.narrow(dim: 1, 0..<2) + $1.pow(3) }
    for found in [bent, product, spread, heavy] { #expect(try #require(found) < 1e-3) }
  }

  @Test func nothingIsSaidOfFewOrDependentPairs() {
    let u = Tensor.normal([20, 3], key: Key(86), dtype: .float64)
    #expect(GaussianRegression(of: u, on: u) == nil)
    let more = Tensor.normal([200, 2], key: Key(87), dtype: .float64)
    #expect(GaussianRegression(of: more, on: more) == nil)
    #expect(GaussianRegression(of: cat([more, more], dim: 1), on: more + 1) == nil)
  }
}
