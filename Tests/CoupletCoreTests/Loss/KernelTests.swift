import Foundation
import TestModels
import Testing

@testable import CoupletCore

@Suite struct KernelTests {
  @Test func valuesAreTheFormulas() {
    let x = Tensor([0.0, 0, 3, 4], shape: [2, 2])  // distance 5
    func off(_ kernel: Kernel) -> Double { kernel.gram(x)[0][1].item() }
    func own(_ kernel: Kernel) -> Double { kernel.gram(x)[1][1].item() }
    #expect(abs(off(.gaussian(.fixed(2))) - exp(-25.0 / 8)) < 1e-15)
    #expect(abs(off(.laplace(.fixed(2))) - exp(-2.5)) < 1e-15)
    #expect(off(.polynomial(degree: 3, offset: 2)) == 8)
    #expect(own(.polynomial()) == 676)
    #expect(off(.energy) == -5)
    #expect(own(.gaussian()) == 1 && own(.laplace()) == 1 && own(.energy) == 0)
  }

  /// Labels are points at distance √2 of each other, as one-hot vectors are.
  @Test(arguments: [Kernel.gaussian(), .laplace(), .polynomial(), .energy])
  func labelsAreOneHotVectors(_ kernel: Kernel) {
    let labels = [2, 0, 1, 0, 2, 2]
    let vectors = Tensor.eye(3, dtype: .float64).indexSelect(Tensor(labels))
    // Labels have kernels in float32.
    #expect(distance(kernel.gram(Tensor(labels)), kernel.gram(vectors)) < 1e-6)
  }

  /// Distances by products agree with differences to 10⁻¹⁰ where points are far, near, equal, and far off the origin.
  @Test(arguments: [DType.float64, .float32])
  func distancesAreThoseOfDifferences(_ dtype: DType) {
    let base = normal([40, 5], Key(1))
    let near = base + normal([40, 5], Key(2)) * 1e-5
    let x = (cat([base, near, base]) + 100).to(dtype)
    let exact = (x.unsqueezed(1) - x).square().sum(dim: 2).sqrt()
    let found = Kernel.squaredDistances(x, x).sqrt()
    // float32: 2⁻²⁴ of squares of up to 2¹⁰ distances, 2⁻¹⁴ relatively, at distances of about 3.
    #expect(distance(found, exact) < (dtype == .float64 ? 1e-11 : 1e-3))
    #expect(found.diagonal().abs().max().item() == 0)
    let twins = found.narrow(dim: 0, 0..<40).narrow(dim: 1, 80..<120).diagonal()
    #expect(twins.abs().max().item() == 0)
    // Points 2e-5 apart are that far apart, to the precision of their coordinates.
    let pairs = found.narrow(dim: 0, 0..<40).narrow(dim: 1, 40..<80).diagonal()
    let truth = exact.narrow(dim: 0, 0..<40).narrow(dim: 1, 40..<80).diagonal()
    #expect(distance(pairs, truth) < 1e-12)
  }

  @Test func theMedianIsThatOfTheDistances() {
    let x = Tensor([0.0, 1, 3, 7], shape: [4, 1])  // distances 1, 2, 3, 4, 6, 7
    #expect(Kernel.gaussian().bandwidth(on: x) == 3)
    #expect(Kernel.laplace(.fixed(0.5)).bandwidth(on: x) == 0.5)
    #expect(Kernel.gaussian().bandwidth(on: Tensor.full([4, 2], 3)) == 1)
    // Most pairs equal: the largest distance.
    let few = Tensor([0.0, 0, 0, 0, 2], shape: [5, 1])
    #expect(Kernel.gaussian().bandwidth(on: few) == 2)
  }

  /// |x − x'| of standard normal numbers is N(0, 2) folded: median √2 · 0.6745. The median of 256 points has a
  /// standard error of about 5 %.
  @Test func theMedianOfALargeBatchIsEstimated() {
    let median = Kernel.gaussian().bandwidth(on: normal([20_000, 1], Key(1)))
    #expect(abs(median - 2.0.squareRoot() * 0.6745) < 0.15)
    // Also when like stand beside like.
    let sorted = normal([20_000, 1], Key(1)).flattened().sorted().values.reshaped([20_000, 1])
    #expect(abs(Kernel.gaussian().bandwidth(on: sorted) - 2.0.squareRoot() * 0.6745) < 0.15)
  }
}
