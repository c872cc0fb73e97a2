import Foundation
import TestDevice
import Testing
import Torch

@Suite struct KeyTests {
  func bits(_ key: Key) throws -> UInt64 {
    try JSONDecoder().decode([String: UInt64].self, from: JSONEncoder().encode(key))["bits"] ?? 0
  }

  /// A key is the first output of SplitMix64 with its seed (here that of seed 0 in the reference
  /// implementation), so streams never change silently.
  @Test func pinned() throws {
    #expect(try bits(Key(0)) == 0xE220_A839_7B1D_CDAF)
    #expect(try bits(Key(0).folded(with: 3)) == 0x210A_863D_898D_1CC0)
  }

  @Test func splitting() {
    let key = Key(5)
    #expect(key == Key(5) && key != Key(6))
    #expect(key.split() == (key.folded(with: 0), key.folded(with: 1)))
    #expect(key.split(3) == [0, 1, 2].map(key.folded))
    #expect(key.split(0).isEmpty)
  }

  /// No two of 40,400 keys agree: by chance that would happen once in 10¹⁰ such sets.
  @Test func distinct() {
    let parents = (0..<200).map { Key(UInt64($0)) } + Key(1000).split(200)
    let children = parents.flatMap { $0.split(100) }
    #expect(Set(parents + children).count == 400 + 40_000)
  }

  @Test func codable() throws {
    let key = Key(9).folded(with: 2)
    #expect(try JSONDecoder().decode(Key.self, from: JSONEncoder().encode(key)) == key)
  }
}

@Suite struct RandomTests {
  let key = Key(7)

  /// Streams never change silently. The integers, the uniform and the normal numbers are those of NumPy's
  /// Mersenne Twister with the same state; integers and uniform numbers are exact, normal ones pass through
  /// logarithms whose last bits depend on the processor.
  @Test func pinned() {
    #expect(Tensor.permutation(8, key: key).array(Int.self) == [3, 0, 5, 6, 7, 2, 1, 4])
    let integers = Tensor.integers(0..<1000, shape: [4], key: key)
    #expect(integers.array(Int.self) == [891, 349, 679, 548])
    let uniform = Tensor.uniform([2], key: key, dtype: .float64)
    #expect(uniform.values == [0.4376160145043674, 0.35292040507574507])
    let normal = Tensor([-0.8622807149634166, 0.3564321950317993])
    #expect(discrepancy(Tensor.normal([2], key: key, dtype: .float64), normal) <= 1e-14)
  }

  /// A key means the same numbers wherever they are wanted.
  @Test func theSameOnEveryDevice() {
    for draw: (Device) -> Tensor in [
      { .normal([20], key: key, device: $0) }, { .uniform([20], low: 1, key: key, device: $0) },
      { .gumbel([20], key: key, device: $0) }, { .permutation(20, key: key, device: $0) },
      { .integers(0..<100, shape: [20], key: key, device: $0) },
      { Tensor.ones([50], device: $0).multinomial(20, replacement: false, key: key) },
    ] {
      #expect(draw(.test).device == .test)
      #expect(draw(.test).values == draw(.cpu).values)
    }
  }

  @Test func reproducible() {
    for draw: (Key) -> Tensor in [
      { .normal([20], key: $0) }, { .uniform([20], key: $0) }, { .gumbel([20], key: $0) },
      { .integers(0..<100, shape: [20], key: $0) }, { .permutation(20, key: $0) },
      { Tensor.ones([50]).multinomial(20, replacement: true, key: $0) },
    ] {
      #expect(draw(key).values == draw(key).values)
      #expect(draw(key).values != draw(Key(8)).values)
    }
  }

  /// Moments of 40,000 draws within five standard errors.
  @Test func moments() {
    let n = 40_000.0
    func check(_ draws: Tensor, mean: Double, variance: Double, fourth: Double) {
      #expect(draws.shape == [200, 200])
      let x = draws.to(.float64)
      #expect(abs(x.mean().item() - mean) <= 5 * (variance / n).squareRoot())
      let error = ((fourth - variance * variance) / n).squareRoot()
      #expect(abs(x.variance().item() - variance) <= 5 * error)
    }
    check(.normal([200, 200], key: key), mean: 0, variance: 1, fourth: 3)
    check(.normal([200, 200], key: key, dtype: .float64), mean: 0, variance: 1, fourth: 3)
    // Central moments of U(−1, 3): 4²/12 and 4⁴/80.
    check(
      .uniform([200, 200], low: -1, high: 3, key: key), mean: 1, variance: 4.0 / 3, fourth: 3.2)
    // Of the Gumbel law: γ, π²/6 and 3π⁴/20.
    let (second, fourth) = (Double.pi * .pi / 6, 3 * pow(Double.pi, 4) / 20)
    check(.gumbel([200, 200], key: key), mean: 0.577_215_664_9, variance: second, fourth: fourth)
    // Of 0 … 9: 8.25 and 120.8625.
    check(
      .integers(0..<10, shape: [200, 200], key: key), mean: 4.5, variance: 8.25, fourth: 120.8625)
  }

  /// Draws of keys that differ in the upper or the lower half only, and of a key and its children, are
  /// uncorrelated: the correlation of 10,000 pairs within five standard errors.
  @Test func independence() {
    var draws = ([key] + key.split(5) + (0..<5).map { Key($0) }).map {
      Tensor.normal([10_000], key: $0, dtype: .float64)
    }
    while let x = draws.popLast() {
      for y in draws { #expect(abs((x * y).mean().item()) <= 5 * 0.01) }
    }
  }

  @Test func ranges() {
    let uniform = Tensor.uniform([10_000], low: 2, high: 3, key: key)
    #expect(uniform.min().item() >= 2 && uniform.max().item() <= 3)
    let integers = Set(Tensor.integers(-2..<3, shape: [1000], key: key).array(Int.self))
    #expect(integers == [-2, -1, 0, 1, 2])
    #expect(Tensor.permutation(100, key: key).array(Int.self).sorted() == Array(0..<100))
    #expect(Tensor.gumbel([10_000], key: key).allFinite())
  }

  @Test func multinomial() {
    let weights = Tensor([0.0, 1, 3])
    let draws = weights.multinomial(40_000, replacement: true, key: key).array(Int.self)
    let counts = (0..<3).map { k in Double(draws.count { $0 == k }) }
    #expect(counts[0] == 0)
    // Five standard errors of a binomial count.
    #expect(abs(counts[1] - 10_000) <= 5 * (40_000 * 0.25 * 0.75).squareRoot())
    let rows = Tensor([1.0, 0, 0, 0, 0, 1], shape: [2, 3])
    #expect(rows.multinomial(2, replacement: true, key: key).array(Int.self) == [0, 0, 2, 2])
    let all = Tensor.ones([10]).multinomial(10, replacement: false, key: key)
    #expect(all.array(Int.self).sorted() == Array(0..<10))
  }
}
