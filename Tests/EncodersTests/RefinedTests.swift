import CoupletCore
import Testing

@testable import Encoders

struct RefinedTests {
  @Test func `it starts as the answer it is given, and learns from there`() {
    let encoder = Refined(inputs: 5, dimension: 3, hidden: 8, key: Key(0))
    let x = Tensor.normal([7, 5], key: Key(1))
    let y = encoder(x)
    #expect(y.equal(to: x.narrow(dim: 1, 0..<3)).allTrue())
    y.square().sum().backward()
    // The scale and the last map move at once: d/dscale Σ y² = 2 Σ z² at scale 1. Fourteen terms in float32.
    let expected = x.narrow(dim: 1, 0..<3).square().sum(dim: 0) * 2
    let gradient = encoder.scale.gradient
    #expect(gradient.map { largestDifference($0, expected) < 1e-5 } ?? false)
    #expect(encoder.output.weight.gradient?.abs().max().item() ?? 0 > 0)
  }
}
