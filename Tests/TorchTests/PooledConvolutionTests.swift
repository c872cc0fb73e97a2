import CTorch
import TestDevice
import Testing
import Torch

/// Convolution, pooling and ReLU as one layer, against the chain of the three layers of libtorch.
@Suite struct PooledConvolutionTests {
  struct Case: CustomTestStringConvertible {
    var input: [Int]
    var outputs: Int
    var window: Int
    var padding = 0
    var testDescription: String { "\(input) → \(outputs), window \(window), padding \(padding)" }
  }

  /// LeNet's two layers; rows and columns that no window covers; one image; more images than parts; every
  /// remainder of six output channels; the smallest and largest windows; images too narrow for the layer's own
  /// code.
  static let cases = [
    Case(input: [5, 1, 28, 28], outputs: 6, window: 5, padding: 2),
    Case(input: [5, 6, 14, 14], outputs: 16, window: 5),
    Case(input: [1, 2, 17, 19], outputs: 3, window: 3),
    Case(input: [37, 3, 12, 17], outputs: 11, window: 4, padding: 1),
    Case(input: [2, 1, 15, 15], outputs: 1, window: 8, padding: 3),
    Case(input: [2, 3, 9, 11], outputs: 2, window: 1),
    Case(input: [2, 3, 10, 20], outputs: 10, window: 6),
    Case(input: [2, 2, 7, 7], outputs: 4, window: 3),
  ]

  private func chain(_ layer: Conv2d, _ x: Tensor) -> Tensor {
    maxPool2d(layer(x).relu(), window: 2)
  }

  /// The output, and the gradients of ⟨seed, output⟩ with respect to input, weights and bias.
  private func results(
    _ layer: Conv2d, _ input: Tensor, _ function: (Tensor) -> Tensor
  ) -> [(String, Tensor)] {
    let x = input.clone()
    x.requiresGradient = true
    clearGradients(layer.parameters.tensors)
    let output = function(x)
    output.backward(
      gradient: .normal(output.shape, key: Key(5), dtype: output.dtype, device: .test))
    let gradients = [x] + layer.parameters.tensors
    return [("output", output.detached())]
      + zip(["input", "weight", "bias"], gradients).map { ($0, $1.gradient ?? $1.zerosLike()) }
  }

  private func layer(_ c: Case) -> Conv2d {
    let layer = Conv2d(c.input[1], c.outputs, window: c.window, padding: c.padding, key: Key(1))
    do { try layer.parameters.move(to: .test) } catch { Issue.record(error) }
    return layer
  }

  /// In float32, sums of up to some thousand terms of size 1 in another order: 1e-7 · √1000 of their size,
  /// which is up to a hundred for the weights' gradients.
  @Test(arguments: cases, [CT_PORTABLE, CT_AVX512])
  func `values and gradients are those of the three layers`(c: Case, instructions: Int) {
    ct_limit_instructions(Int32(instructions))
    defer { ct_limit_instructions(Int32(CT_AVX512)) }
    let layer = layer(c)
    let x = Tensor.normal(c.input, key: Key(2), device: .test)
    let (ours, theirs) = (
      results(layer, x, layer.pooledRectified), results(layer, x) { chain(layer, $0) }
    )
    for ((name, found), (_, expected)) in zip(ours, theirs) {
      let scale = max(1, expected.abs().max().item())
      #expect(found.shape == expected.shape, "\(name)")
      #expect((found - expected).abs().max().item() < 1e-5 * scale, "\(name)")
    }
  }

  /// Where all numbers of a window are equal, the gradient goes to the first, as in libtorch; small whole
  /// numbers leave no rounding.
  @Test func `ties go where libtorch sends them`() {
    let layer = layer(Self.cases[0])
    withoutGradients { layer.parameters.tensors.forEach { $0.fill(1) } }
    let x = Tensor.ones([2, 1, 28, 28], device: .test)
    let seed = Tensor.integers(-3..<4, shape: [2, 6, 14, 14], key: Key(3), device: .test)
      .to(.float32)
    let gradients = [layer.pooledRectified, { chain(layer, $0) }].map { function in
      let leaf = x.clone()
      leaf.requiresGradient = true
      function(leaf).backward(gradient: seed)
      return leaf.gradient?.array(Float.self)
    }
    #expect(gradients[0] == gradients[1])
  }

  @Test(arguments: [cases[0], cases[1]])
  func `where ReLU cuts everything off nothing has a gradient`(c: Case) {
    let layer = layer(c)
    withoutGradients { layer.bias.fill(-1000) }
    for (name, tensor) in results(
      layer, .normal(c.input, key: Key(2), device: .test), layer.pooledRectified)
    {
      #expect(tensor.abs().max().item() == 0, "\(name)")
    }
  }

  @Test(arguments: [cases[0], cases[1]])
  func `a number that is none reaches the output`(c: Case) {
    let layer = layer(c)
    let x = Tensor.normal(c.input, key: Key(2), device: .test)
    x[0].fill(.nan)
    let isNaN = layer.pooledRectified(x).isNaN()
    #expect(isNaN[0].allTrue())
    #expect(!isNaN[1].allTrue())
  }

  @Test func `the bits do not depend on the number of threads`() {
    let before = Runtime.threads
    defer { Runtime.threads = before }
    let layer = layer(Self.cases[1])
    let x = Tensor.normal([40, 6, 14, 14], key: Key(2), device: .test)
    let runs = [1, 2, 3].map { threads in
      Runtime.threads = threads
      return results(layer, x, layer.pooledRectified).dropFirst().map { $0.1.array(Float.self) }
    }
    #expect(runs[0] == runs[1] && runs[1] == runs[2])
  }
}
