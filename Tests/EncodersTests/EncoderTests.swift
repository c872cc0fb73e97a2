import Couplet
import Testing

@testable import Encoders

struct EncoderTests {
  /// An encoder of each kind that learns, with samples for it and its number of parameters.
  static var learning: [(name: String, encoder: any Encoder, data: Tensor, count: Int)] {
    [
      ("Linear", Linear(6, 3, key: Key(0)), .normal([5, 6], key: Key(1)), 6 * 3 + 3),
      (
        "Flattened", Flattened(Linear(6, 3, bias: false, key: Key(0)), inputs: 6),
        .normal([5, 2, 3], key: Key(1)), 6 * 3
      ),
      (
        "MLP", MLP([6, 8, 7, 3], activation: .tanh, key: Key(0)), .normal([5, 2, 3], key: Key(1)),
        6 * 8 + 8 + 8 * 7 + 7 + 7 * 3 + 3
      ),
      (
        "LeNet", LeNet(image: [12, 12], dimension: 3, key: Key(0)),
        .uniform([5, 12, 12], key: Key(1)), 15_031
      ),
      ("Embedding", Embedding(4, 3, key: Key(0)), Tensor([3, 2, 1, 0, 3]), 4 * 3),
    ]
  }

  @Test(arguments: 0..<5)
  func `every parameter of an encoder receives a gradient`(index: Int) {
    let (name, encoder, data, count) = Self.learning[index]
    let outputs = encoder(data, mode: .training(Key(2)))
    #expect(encoder.dimension == 3)
    #expect(outputs.shape == [5, 3])
    #expect(encoder.parameters.count == count, "\(name)")
    outputs.square().sum().backward()
    for (parameter, tensor) in encoder.parameters.entries {
      #expect(
        (tensor.gradient?.abs().max().item() ?? 0) > 0, "\(name): no gradient for \(parameter)")
    }
  }

  @Test func `a perceptron is its layers and activations in turn`() {
    let encoder = MLP([6, 8, 3], activation: .relu, key: Key(0))
    let x = Tensor.normal([5, 6], key: Key(1))
    let parameters = encoder.parameters
    #expect(
      parameters.entries.map(\.name)
        == ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"])
    let (w, b) = (parameters.tensors[0], parameters.tensors[1])
    let (w2, b2) = (parameters.tensors[2], parameters.tensors[3])
    let expected = matmul((matmul(x, w.T) + b).relu(), w2.T) + b2
    // Eight float32 terms of size 1.
    #expect(largestDifference(encoder(x), expected) < 1e-6)
  }

  @Test func `dropout acts in training only and is drawn from the key`() {
    let encoder = MLP([6, 64, 3], dropout: 0.5, key: Key(0))
    let x = Tensor.normal([5, 6], key: Key(1))
    let drawn = encoder(x, mode: .training(Key(2)))
    #expect(drawn.equal(to: encoder(x, mode: .training(Key(2)))).allTrue())
    #expect(!drawn.equal(to: encoder(x, mode: .training(Key(3)))).allTrue())
    #expect(!drawn.equal(to: encoder(x)).allTrue())
  }

  @Test(arguments: [DType.float32, .float64])
  func `one-hot rows are rows of the identity`(dtype: DType) {
    let rows = OneHot(classes: 4, dtype: dtype)(Tensor([2, 0, 3, 2]))
    #expect(rows.dtype == dtype)
    #expect(
      rows.equal(to: Tensor.eye(4, dtype: dtype).indexSelect(Tensor([2, 0, 3, 2]))).allTrue())
  }

  @Test func `fixed samples are their own embeddings`() {
    let x = Tensor.normal([5, 2, 3], key: Key(0))
    let encoder = Fixed(6)
    #expect(encoder(x).equal(to: x.reshaped([5, 6])).allTrue())
    #expect(encoder.parameters.count == 0)
  }
}

struct StandardizedTests {
  /// Coordinates of very different location and size, and one that does not vary.
  let data = cat(
    [
      Tensor.normal([1000, 1], key: Key(0)) * 1e3 + 1e4, .normal([1000, 1], key: Key(1)) * 1e-3,
      .full([1000, 1], 5),
    ], dim: 1)

  @Test func `the encoder sees mean 0 and variance 1`() {
    let encoder = Standardized(Fixed(3), shape: [3])
    #expect(encoder(data).equal(to: data).allTrue())
    encoder.fit(to: data)
    let seen = encoder(data).to(.float64)
    // float32: the mean of values at 10 deviations from 0 has an error of some 10 · 6e-8 of them.
    #expect(largestDifference(seen.mean(dim: 0), .zeros([3], dtype: .float64)) < 1e-5)
    let variance = seen.variance(dim: 0)
    #expect(largestDifference(variance, Tensor([1.0, 1, 0])) < 1e-5)
  }

  @Test func `mean and scale travel with the weights but are not learned`() throws {
    let encoder = Standardized(Linear(3, 2, key: Key(0)), shape: [3])
    encoder.fit(to: data)
    let mean = encoder.mean.clone()
    let optimizer: any Optimizer = Adam(encoder.parameters.tensors, learningRate: 0.1)
    let weight = try #require(encoder.parameters["encoder.weight"]).detached().clone()
    // Even when every parameter is asked for its gradient.
    encoder.parameters.setRequiresGradient(true)
    optimizer.step {
      let loss = encoder(data, mode: .training(Key(1))).square().sum()
      loss.backward()
      return loss
    }
    #expect(encoder.mean.detached().equal(to: mean).allTrue())
    #expect(!weight.equal(to: try #require(encoder.parameters["encoder.weight"])).allTrue())

    let copy = Standardized(Linear(3, 2, key: Key(2)), shape: [3])
    let entries = encoder.parameters.entries.map { ($0.name, $0.tensor.detached()) }
    try copy.parameters.load(Dictionary(uniqueKeysWithValues: entries), from: "memory")
    #expect(copy(data).equal(to: encoder(data)).allTrue())
  }
}
