import CoupletCore
import Foundation
import Testing

@testable import Encoders

struct EncoderTests {
  /// An encoder of each kind that learns, with samples for it and its number of parameters.
  static var learning: [(name: String, encoder: any SampleEncoder, data: Tensor, count: Int)] {
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
        .uniform([5, 12, 12], key: Key(1)), 51_391
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

  /// Embeddings of both sides are multiplied with each other, those of learned encoders are float32.
  @Test func `fixed samples in double precision become embeddings of single precision`() throws {
    let encoder = try EncoderSettings("fixed").build(
      for: .real(shape: [3]), dimension: 3, key: Key(0))
    let x = Tensor.normal([5, 3], key: Key(0), dtype: .float64)
    #expect(encoder.encode(x, mode: .inference).equal(to: x.to(.float32)).allTrue())
    #expect(encoder.encode(x, mode: .inference).dtype == .float32)
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

  @Test func `scaled jointly, the encoder sees mean 0, mean variance 1, and the same proportions`()
  {
    let encoder = Standardized(Fixed(3), shape: [3], jointly: true)
    encoder.fit(to: data)
    let seen = encoder(data).to(.float64)
    #expect(largestDifference(seen.mean(dim: 0), .zeros([3], dtype: .float64)) < 1e-5)
    let (before, after) = (data.to(.float64).variance(dim: 0), seen.variance(dim: 0))
    // The standard deviation is that of N, the variance here of N − 1 samples, and float32 has 1e-7 of 10.
    #expect(abs(after.mean().item() - 1) < 2e-3)
    #expect(largestDifference(after, before / before.mean()) < 1e-2)
    encoder.fit(to: data.zerosLike())
    #expect(encoder(data).equal(to: data).allTrue())
  }

  @Test(arguments: [
    "fixed:standardized", "fixed:scaled", "fixed:whitened", "fixed:standardized:normalized",
  ])
  func `an offset costs no digits`(text: String) throws {
    let samples = Tensor.normal([500, 3], key: Key(5), dtype: .float64)
    func seen(_ offset: Double) throws -> Tensor {
      let samples = samples + offset
      return try EncoderSettings(text).build(
        for: .real(shape: [3]), dimension: 3, data: samples, key: Key(0)
      ).encode(samples, mode: .inference)
    }
    // 10⁸ leaves 8 digits of float64; float32 would leave none.
    #expect(largestDifference(try seen(1e8), try seen(0)) < 1e-6)
  }

  @Test func `mean and scale travel with the weights but are not learned`() throws {
    let encoder = Standardized(Linear(3, 2, key: Key(0)), shape: [3])
    encoder.fit(to: data)
    try expectToTravel(
      encoder, encoder.mean, to: Standardized(Linear(3, 2, key: Key(2)), shape: [3]), on: data)
  }
}

/// A step of training changes the weights and not the statistic, even when every parameter is asked for its
/// gradient; and a copy that the parameters are loaded into is the same encoder.
private func expectToTravel(
  _ encoder: any SampleEncoder, _ statistic: Tensor, to copy: any SampleEncoder, on samples: Tensor
) throws {
  let before = statistic.detached().clone()
  let weight = try #require(encoder.parameters["encoder.weight"]).detached().clone()
  encoder.parameters.setRequiresGradient(true)
  let optimizer: any Optimizer = Adam(encoder.parameters.tensors, learningRate: 0.1)
  optimizer.step {
    let loss = encoder(samples, mode: .training(Key(1))).square().sum()
    loss.backward()
    return loss
  }
  #expect(statistic.detached().equal(to: before).allTrue())
  #expect(!weight.equal(to: try #require(encoder.parameters["encoder.weight"])).allTrue())

  let entries = encoder.parameters.entries.map { ($0.name, $0.tensor.detached()) }
  try copy.parameters.load(Dictionary(uniqueKeysWithValues: entries), from: "memory")
  #expect(copy(samples).equal(to: encoder(samples)).allTrue())
}

struct WhitenedTests {
  /// 2,000 samples of shape 2 × 3 around 1, whose covariance has eigenvalues from 1 down to 1/condition.
  private func data(condition: Double, rank: Int = 6) -> Tensor {
    let rotation = Tensor.normal([6, 6], key: Key(3), dtype: .float64).qr().q
    let scales = (0..<6).map { index in
      index < rank ? pow(condition, -Double(index) / 10) : 0
    }
    let draws = Tensor.normal([2_000, 6], key: Key(4), dtype: .float64) * Tensor(scales)
    return (matmul(draws, rotation.T) + 1).reshaped([2_000, 2, 3])
  }

  private func covariance(_ samples: Tensor) -> Tensor {
    let rows = samples.reshaped([samples.shape[0], samples.count / samples.shape[0]])
    let centered = rows.to(.float64) - rows.to(.float64).mean(dim: 0)
    return matmul(centered.T, centered) / Double(rows.shape[0] - 1)
  }

  @Test(arguments: [1, 1e3, 1e6])
  func `the encoder sees covariance I`(condition: Double) throws {
    let samples = data(condition: condition).to(.float32)
    let encoder = Whitened(Fixed(6), shape: [2, 3])
    #expect(encoder(samples).equal(to: samples.reshaped([2_000, 6])).allTrue())
    try encoder.fit(to: samples)
    let seen = encoder(samples)
    // Rounding of samples of size 1 in single precision, 6e-8, grows by the root of the condition number; it is
    // random from sample to sample, but the rounding of the mean and of the matrix is not.
    let tolerance = 1e-6 * condition.squareRoot() + 1e-5
    #expect(largestDifference(covariance(seen), .eye(6, dtype: .float64)) < tolerance)
    #expect(seen.to(.float64).mean(dim: 0).abs().max().item() < tolerance)
    #expect(encoder.floored == 0)
    // W is the symmetric root: of all whitenings the one that moves samples least.
    let largest = encoder.matrix.abs().max().item()
    #expect(largestDifference(encoder.matrix, encoder.matrix.T) < 1e-6 * largest)
  }

  @Test func `directions below the floor are counted and not blown up`() throws {
    let samples = data(condition: 1e2, rank: 4).to(.float32)
    let encoder = Whitened(Fixed(6), shape: [2, 3])
    try encoder.fit(to: samples)
    #expect(encoder.floored == 2)
    #expect(encoder.flooredDirections == 2)
    let spectrum = try covariance(encoder(samples)).eigenvalues().array(Double.self)
    // The four that vary have variance 1; what the other two hold is rounding, 6e-8 of the samples' size,
    // times at most 1e4.
    #expect(spectrum[2...].allSatisfy { abs($0 - 1) < 1e-3 })
    #expect(spectrum[..<2].allSatisfy { $0 < 1e-5 })
    let constant = Whitened(Fixed(6), shape: [2, 3])
    try constant.fit(to: .full([5, 2, 3], 7))
    #expect(constant.floored == 6)
    #expect(constant(.full([5, 2, 3], 7)).equal(to: 0).allTrue())
  }

  @Test func `standardising comes before whitening`() throws {
    // Coordinates of sizes from 1e-3 to 1e3: a covariance beyond the floor, but not a correlation.
    let sizes = Tensor([1e-3, 1, 1e3, 1, 10, 1e-2], shape: [2, 3])
    let samples = (data(condition: 10) * sizes).to(.float32)
    let settings = try EncoderSettings("fixed:standardized:whitened")
    let encoder = try settings.build(
      for: .real(shape: [2, 3]), dimension: 6, data: samples, key: Key(0))
    #expect(encoder.flooredDirections == 0)
    #expect(largestDifference(covariance(encoder(samples)), .eye(6, dtype: .float64)) < 1e-4)
    let plain = try EncoderSettings("fixed:whitened").build(
      for: .real(shape: [2, 3]), dimension: 6, data: samples, key: Key(0))
    #expect(plain.flooredDirections > 0)
  }

  @Test func `mean and matrix travel with the weights but are not learned`() throws {
    let samples = data(condition: 1e2).to(.float32)
    let encoder = Whitened(Flattened(Linear(6, 2, key: Key(0)), inputs: 6), shape: [2, 3])
    try encoder.fit(to: samples)
    #expect(encoder.parameters.count == 6 * 2 + 2)
    try expectToTravel(
      encoder, encoder.matrix,
      to: Whitened(Flattened(Linear(6, 2, key: Key(2)), inputs: 6), shape: [2, 3]), on: samples)
  }

  @Test func `the linear part of an encoder sees what the layer sees`() throws {
    let samples = data(condition: 1e2).to(.float32)
    for text in [
      "linear", "linear:standardized", "linear:whitened", "linear:standardized:whitened",
    ] {
      let encoder = try EncoderSettings(text).build(
        for: .real(shape: [2, 3]), dimension: 2, data: samples, key: Key(0))
      let part = try #require(encoder.linearPart)
      #expect(part.layer(part.inputs(samples)).equal(to: encoder(samples)).allTrue(), "\(text)")
    }
    for text in ["mlp:4", "linear:normalized", "quadratic"] {
      let encoder = try EncoderSettings(text).build(
        for: .real(shape: [2, 3]), dimension: text == "quadratic" ? 1 : 2, key: Key(0))
      #expect(encoder.linearPart == nil, "\(text)")
    }
  }
}
