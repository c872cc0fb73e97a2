import Foundation
import TestDevice
import Testing
import Torch

@Suite struct TensorReductionsTests {
  let x = Tensor([1.0, -2, 4, 0.5, 3, -1], shape: [2, 3])

  @Test func overAllAxes() {
    #expect(x.sum().item() == 5.5)
    #expect(x.sum().shape == [])
    #expect(x.sum(keepDim: true).shape == [1, 1])
    #expect(abs(x.mean().item() - 5.5 / 6) <= .ulpOfOne)
    #expect(x.max().item() == 4)
    #expect(x.min().item() == -2)
    // Σ x² = 31.25 is exact.
    #expect(abs(x.norm().item() - 31.25.squareRoot()) <= 4 * .ulpOfOne * 5.6)
    #expect(abs(x.variance().item() - (31.25 - 5.5 * 5.5 / 6) / 5) <= 1e-14)
    let sum = x.values.reduce(0) { $0 + exp($1) }
    #expect(abs(x.logSumExp().item() - log(sum)) <= 4 * .ulpOfOne * 4)
  }

  @Test func overOneAxis() {
    #expect(x.sum(dim: 0).values == [1.5, 1, 3])
    #expect(x.sum(dim: -1).values == [3, 2.5])
    #expect(x.sum(dim: 1, keepDim: true).shape == [2, 1])
    #expect(x.mean(dim: 0).values == [0.75, 0.5, 1.5])
    #expect(x.max(dim: 1).values == [4, 3])
    #expect(x.min(dim: 0).values == [0.5, -2, -1])
    #expect(x.variance(dim: 0).values == [0.125, 12.5, 12.5])
    #expect(x.argmax(dim: 1).array(Int.self) == [2, 1])
    #expect(x.cumulativeSum(dim: 1).values == [1, -1, 3, 0.5, 3.5, 2.5])
    #expect(Tensor([3.0, 4, 6, 8], shape: [2, 2]).norm(dim: 1).values == [5, 10])
  }

  @Test func truth() {
    #expect(Tensor([true, true]).allTrue())
    #expect(!Tensor([true, false]).allTrue())
    #expect(Tensor([] as [Bool]).allTrue())
  }

  /// softmax and log-sum-exp neither overflow nor lose a constant, and rows of softmax sum to 1.
  @Test func softmax() {
    let far = Tensor([1000.0, 1000, -1000])
    #expect(abs(far.logSumExp(dim: 0).item() - (1000 + log(2))) <= 1e-12)
    #expect(Tensor([-Double.infinity, -.infinity]).logSumExp(dim: 0).item() == -Double.infinity)
    #expect(far.softmax(dim: 0).values == [0.5, 0.5, 0])
    let rows = x.softmax(dim: 1)
    #expect(discrepancy(rows.sum(dim: 1), .ones([2])) <= 4 * .ulpOfOne)
    #expect(discrepancy(rows.log(), x.logSoftmax(dim: 1)) <= 1e-14)
    #expect(discrepancy(x - x.logSumExp(dim: 1, keepDim: true), x.logSoftmax(dim: 1)) <= 1e-14)
  }

  @Test func order() {
    let top = x.topK(2, dim: 1)
    #expect(top.values.values == [4, 1, 3, 0.5])
    #expect(top.indices.array(Int.self) == [2, 0, 1, 0])
    #expect(x.topK(1, dim: 1, largest: false).values.values == [-2, -1])
    let sorted = x.sorted()
    #expect(sorted.values.values == [-2, 1, 4, -1, 0.5, 3])
    #expect(sorted.indices.array(Int.self) == [1, 0, 2, 2, 0, 1])
    #expect(x.sorted(dim: 0, descending: true).values.values == [1, 3, 4, 0.5, -2, -1])
    // Equal elements stay in their order, in both directions.
    let ties = Tensor((0..<100).map { Double($0 % 3) })
    for descending in [false, true] {
      let order = ties.sorted(descending: descending).indices.array(Int.self)
      for (a, b) in zip(order, order.dropFirst()) where a % 3 == b % 3 { #expect(a < b) }
    }
  }

  @Test func gradients() {
    let weights = Tensor([0.3, -1, 2])
    for dim in [nil, 0, 1] {
      expectGradients(of: [x]) { $0[0].sum(dim: dim) }
      expectGradients(of: [x]) { $0[0].square().mean(dim: dim) }
      expectGradients(of: [x]) { $0[0].variance(dim: dim) }
      expectGradients(of: [x]) { $0[0].logSumExp(dim: dim, keepDim: true) }
      expectGradients(of: [x]) { $0[0].max(dim: dim) + $0[0].min(dim: dim) }
      expectGradients(of: [x]) { $0[0].norm(dim: dim) }
    }
    expectGradients(of: [x]) { $0[0].softmax(dim: 1) * weights }
    expectGradients(of: [x]) { $0[0].logSoftmax(dim: 0) * weights }
    expectGradients(of: [x]) { $0[0].cumulativeSum(dim: 1) }
    expectGradients(of: [x]) { $0[0].topK(2, dim: 1).values.square() + $0[0].sorted().values[0][0] }
  }

  /// √(9 + 16) = 5 at every magnitude, denormal numbers included, with the gradient x/|x|.
  @Test(arguments: [0x1p-149, 1e-25, 1, 1e20, 0x1p125])
  func normsOfAnyMagnitude(_ scale: Double) {
    let x = Tensor([3 * scale, -4 * scale, 0, 0], shape: [2, 2], dtype: .float32, device: .test)
    x.requiresGradient = true
    // Two roundings of float32, of the numbers and of the product.
    let norms = x.norm(dim: 1)
    #expect(abs(norms.values[0] / (5 * scale) - 1) < 0x1p-22 && norms.values[1] == 0)
    #expect(x.norm(dim: 1, keepDim: true).shape == [2, 1])
    norms.sum().backward()
    #expect(discrepancy(x.gradient!, Tensor([0.6, -0.8, 0, 0], shape: [2, 2])) < 1e-6)
    #expect(abs(x.detached().norm().item() / (5 * scale) - 1) < 0x1p-22)
  }

  @Test func whatIsNotFiniteHasNoFiniteNorm() {
    #expect(Tensor([1.0, .nan]).norm().item().isNaN)
    #expect(!Tensor([1.0, .infinity]).norm().item().isFinite)
  }

  @Test(
    "A number that is not finite is found wherever it stands", arguments: [DType.float32, .float64])
  func allFinite(dtype: DType) {
    // In parts for threads, and in vectors with a rest.
    for count in [0, 1, 7, 300_003] {
      #expect(Tensor.zeros([count], dtype: dtype).allFinite())
    }
    let large =
      Tensor.zeros([300_003], dtype: dtype)
      + Tensor(Double(Float.greatestFiniteMagnitude)).to(dtype)
    #expect(large.allFinite())
    for place in [0, 150_000, 150_001, 300_002] {
      for odd in [Double.nan, .infinity, -.infinity] {
        let mark = Tensor(Array(0..<300_003)).equal(to: Double(place))
        #expect(!large.masked(mark, with: odd).allFinite(), "\(odd) at \(place)")
      }
    }
    // Not in succession, and whole numbers.
    #expect(!Tensor([1, .nan, 2, 3], shape: [2, 2]).T.allFinite())
    #expect(Tensor([1, 2]).allFinite())
  }
}
