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
    let (squares, unit) = Kernel.squaredDistances(x, x)
    let found = squares.sqrt() * unit
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

  /// Kernels with a bandwidth of the data's own are the same at every magnitude that float32 holds, to the last digit where
  /// the unit changes by a power of two; |x − x'| has the magnitude itself.
  @Test(arguments: [-110, -83, -40, 40, 66, 122], [DType.float32, .float64])
  func magnitudesDoNotMatter(_ exponent: Int, _ dtype: DType) {
    let unit = Double(sign: .plus, exponent: exponent, significand: 1)
    // Multiples of 2⁻¹⁰ below 8, which stay exact where numbers begin to lose digits; some points coincide.
    let draws = ((normal([30, 3], Key(1)) * 1024).rounded() * 0x1p-10).clamped(min: -7, max: 7)
    let x = cat([draws, draws[0..<4]]).to(dtype)
    let large = (x.to(.float64) * unit).to(dtype)
    for kernel in [Kernel.gaussian(), .laplace()] {
      #expect(kernel.gram(large).equal(to: kernel.gram(x)).allTrue(), "\(kernel)")
      #expect(kernel.bandwidth(on: large) == kernel.bandwidth(on: x) * unit)
    }
    #expect(
      Kernel.energy.gram(large).to(.float64).equal(to: Kernel.energy.gram(x).to(.float64) * unit)
        .allTrue())
    // A bandwidth of another magnitude: 1 for the same point, and for all or for no others.
    for kernel in [Kernel.gaussian(.fixed(1e-30 * unit)), .laplace(.fixed(1e-30 * unit))] {
      let same = Kernel.energy.gram(x).equal(to: 0).to(dtype)
      #expect(kernel.gram(large).equal(to: same).allTrue(), "\(kernel)")
    }
    #expect(Kernel.gaussian(.fixed(1e30 * unit)).gram(large).equal(to: 1).allTrue())
  }

  /// exp(0.3 z) · 10²⁰ and 10⁻²⁵: the losses are those of the same numbers in double precision.
  @Test(
    arguments: [1e20, 1e-25],
    ["mmd-two-sided", "mmd-joint", "mmd-two-sided:kernel-u=laplace:kernel-v=laplace"])
  func lossesOfLargeAndSmallData(_ scale: Double, _ loss: String) throws {
    let data = [Key(1), Key(2)].map { (normal([40, 3], $0) * 0.3).exp() * scale }
    let factors = ScoreFactors(x: normal([40, 2], Key(3)), y: normal([40, 2], Key(4)))
    let loss = try LossSettings(loss).value
    let exact = loss(ScoredBatch(pairs: factors, data: data)).item()
    let found = loss(ScoredBatch(pairs: factors.to(.float32), data: data.map { $0.to(.float32) }))
    #expect(abs(found.item() - exact) < 1e-5)
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
