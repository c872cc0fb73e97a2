import Couplet
import Files

extension EncoderSettings {
  /// The encoder, with parameters drawn from `key`.
  ///
  /// - Parameters:
  ///   - space: where the samples lie.
  ///   - dimension: d, the length of an embedding.
  ///   - data: training samples, from which a standardised encoder takes mean and scale; without them
  ///     it has 0 and 1 until weights are loaded.
  ///   - place: names the setting in failures, such as `--encoder-u`.
  /// - Throws: `Failure` when the encoder does not fit the samples or the dimension.
  public func build(
    for space: SampleSpace, dimension: Int, data: Tensor? = nil, key: Key,
    at place: String = "encoder"
  ) throws -> any Encoder {
    let place = "\(place) \(kind.name)"
    guard dimension > 0 else {
      throw Failure("an embedding of dimension \(dimension)", at: place, remedy: "give at least 1")
    }
    if let implied = impliedDimension(for: space), implied != dimension {
      throw Failure(
        "its embeddings have dimension \(implied), not \(dimension)", at: place,
        remedy: "use dimension \(implied), or \(kind.takesLabels ? "embedding" : "linear")")
    }
    switch space {
    case .labels(let classes):
      guard kind.takesLabels else {
        throw Failure("labels are no input for it", at: place, remedy: "use one-hot or embedding")
      }
      return kind == .oneHot
        ? OneHot(classes: classes) : Embedding(classes, dimension, key: key)
    case .real(let shape):
      guard !kind.takesLabels else {
        throw Failure(
          "it needs labels, not samples of shape \(space)", at: place,
          remedy: "use linear, mlp:WIDTHS or, for images, lenet")
      }
      let base = try onReal(shape: shape, dimension: dimension, key: key, at: place)
      guard isStandardized else { return base }
      let encoder = Standardized(base, shape: shape)
      data.map(encoder.fit)
      return encoder
    }
  }

  private func onReal(shape: [Int], dimension: Int, key: Key, at place: String) throws
    -> any Encoder
  {
    let inputs = shape.reduce(1, *)
    switch kind {
    case .linear(let bias):
      let linear = Linear(inputs, dimension, bias: bias, key: key)
      return shape.count == 1 ? linear : Flattened(linear, inputs: inputs)
    case .mlp(let widths, let activation, let dropout):
      return MLP(
        [inputs] + widths + [dimension], activation: activation, dropout: dropout, key: key)
    case .leNet:
      guard LeNet.accepts(shape) else {
        throw Failure(
          "it needs images of at least \(LeNet.shortestSide) × \(LeNet.shortestSide), not samples of "
            + "shape \(SampleSpace.real(shape: shape))", at: place,
          remedy: "use linear or mlp:WIDTHS, or save the images as N × height × width")
      }
      return LeNet(image: shape, dimension: dimension, key: key)
    case .fixed: return Fixed(dimension)
    case .embedding, .oneHot: preconditionFailure("\(kind.name) takes labels")
    }
  }
}
