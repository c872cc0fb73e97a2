import Foundation
import Testing
import Torch

@Suite struct LayersTests {
  let key = Key(3)

  /// Output and all gradients as PyTorch computes them, in float64. Sums of fewer than a hundred terms of
  /// order 1 agree to 1e-13 whatever their order.
  func expectAsPyTorch(
    _ name: String, _ parameters: Parameters = [:], location: SourceLocation = #_sourceLocation,
    _ function: (Tensor) -> Tensor
  ) throws {
    let fixture = try Fixture()
    parameters.convert(to: .float64)
    try parameters.load(fixture.tensors("\(name).weights."), from: name)
    let input = try fixture["\(name).input"]
    input.requiresGradient = input.dtype.isFloatingPoint
    let output = function(input)
    output.backward(gradient: try fixture["\(name).seed"])
    #expect(
      discrepancy(output, try fixture["\(name).output"]) <= 1e-13, "output",
      sourceLocation: location)
    var gradients = Dictionary(uniqueKeysWithValues: parameters.entries.map { ($0, $1.gradient) })
    if input.requiresGradient { gradients["input"] = input.gradient }
    let expected = try fixture.tensors("\(name).gradients.")
    #expect(expected.keys.sorted() == gradients.keys.sorted(), sourceLocation: location)
    for (name, gradient) in expected {
      let found = try #require(gradients[name] ?? nil)
      #expect(
        discrepancy(found, gradient) <= 1e-13, "gradient of \(name)", sourceLocation: location)
    }
  }

  @Test func linearAsPyTorch() throws {
    let layer = Linear(3, 2, key: key)
    try expectAsPyTorch("linear", layer.parameters) { layer($0) }
  }

  @Test func convolutionAsPyTorch() throws {
    let layer = Conv2d(3, 4, window: 3, stride: 2, padding: 1, key: key)
    try expectAsPyTorch("conv2d", layer.parameters) { layer($0) }
    try expectAsPyTorch("conv2d", layer.parameters) {
      clearGradients(layer.parameters.tensors)
      return layer($0.channelsLast())
    }
  }

  @Test func poolingAsPyTorch() throws {
    try expectAsPyTorch("max-pool") { maxPool2d($0, window: 2) }
    try expectAsPyTorch("max-pool-overlapping") { maxPool2d($0, window: 3, stride: 2) }
    try expectAsPyTorch("average-pool") { averagePool2d($0, window: 2) }
  }

  @Test func layerNormAsPyTorch() throws {
    let layer = LayerNorm(6)
    try expectAsPyTorch("layer-norm", layer.parameters) { layer($0) }
  }

  @Test func embeddingAsPyTorch() throws {
    let layer = Embedding(5, 3, key: key)
    try expectAsPyTorch("embedding", layer.parameters) { layer($0) }
  }

  @Test(arguments: [false, true])
  func attentionAsPyTorch(causal: Bool) throws {
    let layer = MultiHeadAttention(width: 8, heads: 2, causal: causal, key: key)
    try expectAsPyTorch(causal ? "attention-causal" : "attention", layer.parameters) { layer($0) }
  }

  @Test func crossEntropyAsPyTorch() throws {
    try expectAsPyTorch("cross-entropy") { crossEntropy($0, labels: Tensor([2, 0, 1, 2])) }
  }

  // MARK: By definition

  /// The sums of a few rows are the product with the matrix that has zeros elsewhere, gradient included.
  @Test func bagIsAProductWithASparseMatrix() throws {
    let bag = EmbeddingBag(5, 3, key: key)
    bag.parameters.convert(to: .float64)
    let rows: [[(place: Int, weight: Double)]] = [[(4, 2), (1, 0.5)], [], [(1, -1)], []]
    let dense = Tensor(
      [0, 0.5, 0, 0, 2, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0], shape: [4, 5])
    let cotangent = Tensor.normal([4, 3], key: Key(1), dtype: .float64)
    bag(rows).backward(gradient: cotangent)
    let gradient = try #require(bag.table.gradient)
    #expect(discrepancy(bag(rows), bag(dense)) <= 1e-15)
    #expect(discrepancy(gradient, matmul(dense.T, cotangent)) <= 1e-15)
    #expect(bag([[], []]).equal(to: .zeros([2, 3], dtype: .float64)).allTrue())
  }

  @Test func convolutionBySums() {
    let layer = Conv2d(2, 3, window: 2, key: key)
    layer.parameters.convert(to: .float64)
    let x = Tensor.normal([1, 2, 4, 3], key: Key(1), dtype: .float64)
    let output = layer(x)
    #expect(output.shape == [1, 3, 3, 2])
    for (o, i, j) in [(0, 0, 0), (1, 2, 1), (2, 1, 0)] {
      let patch = x[0].narrow(dim: 1, i..<i + 2).narrow(dim: 2, j..<j + 2)
      let sum = (patch * layer.weight[o]).sum().item() + layer.bias[o].item()
      #expect(abs(output[0][o][i][j].item() - sum) <= 1e-14)
    }
  }

  /// softmax(Q Kᵀ / √w) V, with −∞ above the diagonal when causal.
  @Test(arguments: [false, true])
  func attentionByMatrices(causal: Bool) {
    let (q, k, v) = (
      Tensor.normal([2, 5, 3], key: Key(1), dtype: .float64),
      Tensor.normal([2, 5, 3], key: Key(2), dtype: .float64),
      Tensor.normal([2, 5, 3], key: Key(4), dtype: .float64)
    )
    let future = Tensor.ones([5, 5], dtype: .float64).upperTriangle(diagonal: 1).to(.bool)
    let scores = matmul(q, k.T) / 3.0.squareRoot()
    let plain = causal ? scores.masked(future, with: -.infinity) : scores
    let expected = matmul(plain.softmax(dim: -1), v)
    #expect(discrepancy(scaledDotProductAttention(q, k, v, causal: causal), expected) <= 1e-14)
  }

  @Test func causalAttentionIgnoresTheFuture() {
    let layer = MultiHeadAttention(width: 4, heads: 2, causal: true, key: key)
    let x = Tensor.normal([1, 6, 4], key: Key(1))
    let y = x.clone()
    y[0][4..<6].fill(9)
    #expect(discrepancy(layer(x)[0][0..<4], layer(y)[0][0..<4]) <= 1e-6)
    #expect(discrepancy(layer(x)[0][4..<6], layer(y)[0][4..<6]) > 1e-2)
  }

  @Test func linearWithoutBias() {
    let layer = Linear(3, 2, bias: false, key: key)
    #expect(layer.parameters.entries.map(\.name) == ["weight"])
    #expect(layer(.zeros([5, 4, 3])).values == [Double](repeating: 0, count: 40))
  }

  @Test func layerNormStandardises() {
    let x = Tensor.normal([10, 64], key: key) * 3 + 5
    let y = LayerNorm(64)(x)
    #expect(y.mean(dim: 1).abs().max().item() <= 1e-6)
    // The factor 63/64 of the unbiased variance, and ε = 10⁻⁵ against a variance of about 9.
    #expect((y.variance(dim: 1) * (63.0 / 64) - 1).abs().max().item() <= 1e-5)
  }

  /// Weights start in U(−1/√fanIn, 1/√fanIn), each layer's from its own key, and are learned.
  @Test func start() {
    let layer = Linear(100, 50, key: key)
    #expect(layer.weight.abs().max().item() <= 0.1)
    // The variance of 5000 draws of U(−0.1, 0.1), within five standard errors (its relative one is √(0.8/n)).
    #expect(abs(layer.weight.variance().item() * 300 - 1) <= 5 * (0.8 / 5000).squareRoot())
    #expect(layer.parameters.tensors.allSatisfy { $0.requiresGradient })
    #expect(Linear(100, 50, key: key).weight.values == layer.weight.values)
    #expect(Linear(100, 50, key: Key(4)).weight.values != layer.weight.values)
    #expect(Conv2d(4, 2, window: 5, key: key).weight.abs().max().item() <= 0.1)
    #expect(Embedding(4, 2, key: key).table.requiresGradient)
  }

  /// Glorot: variance 2/(n + m), within five standard errors; a convolution counts the points of its window.
  @Test func glorot() {
    let layer = Linear(100, 50, initialization: .glorot, key: key)
    #expect(layer.weight.abs().max().item() <= 0.2)
    #expect(abs(layer.weight.variance().item() * 75 - 1) <= 5 * (0.8 / 5000).squareRoot())
    #expect(layer.bias?.values.allSatisfy { $0 == 0 } == true)
    let convolution = Conv2d(16, 32, window: 5, initialization: .glorot, key: key)
    #expect(abs(convolution.weight.variance().item() * 600 - 1) <= 5 * (0.8 / 12_800).squareRoot())
    #expect(convolution.bias.values.allSatisfy { $0 == 0 })
    #expect(convolution.bias.requiresGradient)
  }

  @Test func gradientsByDifferences() {
    let x = Tensor.normal([2, 3, 4], key: Key(5), dtype: .float64)
    expectGradients(of: [x, Tensor.normal([2, 4], key: Key(6), dtype: .float64)]) {
      linear($0[0], weight: $0[1])
    }
    expectGradients(of: [x, x.flipped(dim: 1), x.flipped(dim: 2)]) {
      scaledDotProductAttention($0[0], $0[1], $0[2], causal: true)
    }
  }

  // MARK: Dropout

  @Test func dropoutAtInference() {
    let x = Tensor.ones([100])
    #expect(Dropout(0.5)(x).values == x.values)
    #expect(Dropout(0)(x, mode: .training(key)).values == x.values)
    #expect(Dropout(0.5).parameters.count == 0)
  }

  /// Kept elements are multiplied by 1/(1 − p), exactly; the share of dropped ones is p within five standard
  /// errors, so the expectation is the input.
  @Test func dropoutRate() {
    let n = 100_000.0
    for p in [0.1, 0.5, 0.9] {
      let y = Dropout(p)(.ones([1000, 100], dtype: .float64), mode: .training(key)).values
      #expect(Set(y) == [0, 1 / (1 - p)])
      #expect(abs(Double(y.count { $0 == 0 }) - n * p) <= 5 * (n * p * (1 - p)).squareRoot())
    }
  }

  @Test func dropoutIsReproducible() {
    let (x, layer) = (Tensor.ones([40, 10]), Dropout(0.3))
    let whole = layer(x, mode: .training(key)).values
    #expect(layer(x, mode: .training(key)).values == whole)
    #expect(layer(x, mode: .training(Key(4))).values != whole)
    #expect(layer(x, mode: Mode.training(key).folded(with: 1)).values != whole)
    // A batch in chunks draws as it does whole.
    let chunks = [0..<15, 15..<40].map {
      layer(x[$0], mode: .training(key, firstRow: $0.lowerBound))
    }
    #expect(cat(chunks).values == whole)
  }

  @Test func dropoutPassesGradientsOfKeptElements() {
    let x = Tensor.ones([100], dtype: .float64)
    x.requiresGradient = true
    let y = Dropout(0.5)(x, mode: .training(key))
    y.sum().backward()
    #expect(x.gradient?.values == y.values)
  }
}
