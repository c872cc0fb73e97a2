import Testing
import Torch

@Suite struct AutogradTests {
  @Test func accumulation() {
    let x = Tensor([3.0])
    #expect(!x.requiresGradient)
    x.requiresGradient = true
    #expect(x.gradient == nil)
    x.square().sum().backward()
    x.square().sum().backward()
    #expect(x.gradient?.values == [12])
    clearGradients([x])
    #expect(x.gradient == nil)
  }

  /// Gradients that were computed by hand enter at several roots in one sweep; a missing one is 1.
  @Test func severalRoots() {
    let x = Tensor([1.0, 2])
    x.requiresGradient = true
    let (y, z) = (x * 3, x.square().sum())
    backward([y, z], gradients: [Tensor([10.0, 100]), nil])
    #expect(x.gradient?.values == [30 + 2, 300 + 4])
  }

  @Test func cuts() {
    let x = Tensor([2.0])
    x.requiresGradient = true
    #expect(!x.detached().requiresGradient)
    #expect((x * 2).requiresGradient)
    #expect(!withoutGradients { x * 2 }.requiresGradient)
    struct Interruption: Error {}
    #expect(throws: Interruption.self) { try withoutGradients { throw Interruption() } }
    #expect((x * 2).requiresGradient)
    (x.detached() * x).sum().backward()
    #expect(x.gradient?.values == [2])
  }

  @Test func settingGradients() {
    let x = Tensor.zeros([2, 3])
    x.requiresGradient = true
    x.gradient = Tensor.arange(6, dtype: .float32).reshaped([3, 2]).T
    #expect(x.gradient?.values == [0, 2, 4, 1, 3, 5])
    #expect(x.gradient?.isContiguous == true)
    x.gradient = nil
    #expect(x.gradient == nil)
  }

  @Test func norms() {
    let (x, y, z) = (Tensor([0.0, 0]), Tensor([0.0]), Tensor([0.0]))
    for tensor in [x, y, z] { tensor.requiresGradient = true }
    #expect(gradientNorm([x, y, z]) == 0)
    x.gradient = Tensor([3.0, 0])
    y.gradient = Tensor([4.0])
    #expect(gradientNorm([x, y, z]) == 5)
    #expect(clipGradients([x, y, z], norm: 10) == 5)
    #expect(x.gradient?.values == [3, 0])
    #expect(clipGradients([x, y, z], norm: 1) == 5)
    // 1/5 is not a binary fraction: each product is rounded once.
    #expect(abs(gradientNorm([x, y, z]) - 1) <= 2 * .ulpOfOne)
    #expect(z.gradient == nil)
  }

  /// Gradients whose squares overflow float32, or keep no digit, are clipped like others.
  @Test(arguments: [1e-30, 1e30]) func clippingAtAnyMagnitude(_ scale: Double) {
    let x = Tensor([0.0, 0], dtype: .float32)
    x.requiresGradient = true
    x.gradient = Tensor([3 * scale, 4 * scale], dtype: .float32)
    #expect(abs(clipGradients([x], norm: scale) / (5 * scale) - 1) < 1e-6)
    #expect(discrepancy(x.gradient! * (1 / scale), Tensor([0.6, 0.8])) < 1e-6)
  }
}
