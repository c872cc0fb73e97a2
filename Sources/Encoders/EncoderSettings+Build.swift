import Couplet
import Files

extension EncoderSettings {
  /// The encoder, with parameters drawn from `key`.
  ///
  /// - Parameters:
  ///   - space: where the samples lie.
  ///   - dimension: d, the length of an embedding.
  ///   - data: training samples, from which an encoder takes the statistics of `standardized` and `whitened`;
  ///     without them it leaves samples as they are until weights are loaded.
  ///   - place: names the setting in failures, such as `--encoder-u`.
  /// - Throws: `Failure` when the encoder does not fit the samples or the dimension.
  public func build(
    for space: SampleSpace, dimension: Int, data: Tensor? = nil, key: Key,
    at place: String = "encoder"
  ) throws -> any Encoder {
    let encoder = try bare(
      for: space, dimension: dimension, data: data, key: key, at: "\(place) \(kind.name)")
    return isNormalized ? Normalized(encoder) : encoder
  }

  /// The potential of these settings: the same with one output, which the data's kind allows.
  /// - Throws: `Failure` when the encoder does not fit the samples or has more than one output.
  public func buildPotential(
    for space: SampleSpace, data: Tensor? = nil, key: Key, at place: String
  ) throws -> any Encoder {
    if let implied = impliedDimension(for: space), implied != 1 {
      throw Failure(
        "it has \(implied) outputs, and a potential has one", at: "\(place) \(kind.name)",
        remedy: kind.takesLabels
          ? "use embedding, a number for each label"
          : "use quadratic, linear or mlp:WIDTHS")
    }
    guard !isNormalized else {
      throw Failure(
        "a potential of length 1 is constant", at: "\(place) \(self)",
        remedy: "leave out :normalized")
    }
    let potential = try build(for: space, dimension: 1, data: data, key: key, at: place)
    // A table that starts at random would take the labels' frequencies for something else.
    if kind == .embedding {
      withoutGradients { potential.parameters.tensors.forEach { $0.fill(0) } }
    }
    return potential
  }

  private func bare(
    for space: SampleSpace, dimension: Int, data: Tensor?, key: Key, at place: String
  ) throws -> any Encoder {
    guard dimension > 0 else {
      throw Failure("an embedding of dimension \(dimension)", at: place, remedy: "give at least 1")
    }
    if let implied = impliedDimension(for: space), implied != dimension {
      throw Failure(
        "its embeddings have dimension \(implied), not \(dimension)", at: place,
        remedy: "use dimension \(implied), or \(kind.takesLabels ? "embedding" : "linear")")
    }
    switch space {
    case .labels(let labels):
      guard kind.takesLabels else {
        throw Failure("labels are no input for it", at: place, remedy: "use one-hot or embedding")
      }
      return kind == .oneHot
        ? OneHot(classes: labels.count) : Embedding(labels.count, dimension, key: key)
    case .text:
      throw Failure("texts are no input for it", at: place, remedy: "give numbers or labels")
    case .real(let shape), .image(let shape):
      guard !kind.takesLabels else {
        throw Failure(
          "it needs labels, not samples of shape \(space)", at: place,
          remedy: "use linear, mlp:WIDTHS or, for images, lenet")
      }
      let base = try onReal(shape: shape, dimension: dimension, key: key, at: place)
      return try prepared(base, shape: shape, data: data, at: place)
    }
  }

  /// The encoder behind the preparation of its samples that is asked for.
  private func prepared(_ base: any Encoder, shape: [Int], data: Tensor?, at place: String) throws
    -> any Encoder
  {
    let size = shape.reduce(1, *)
    guard !isWhitened || size <= Whitened.largestSize else {
      throw Failure(
        "whitening \(size) coordinates takes a matrix of \(size) × \(size)", at: place,
        remedy: "use :standardized, or at most \(Whitened.largestSize) coordinates")
    }
    let whitened = isWhitened ? Whitened(base, shape: shape) : nil
    guard isStandardized else {
      try data.map { try whitened?.fit(to: $0) }
      return whitened ?? base
    }
    let encoder = Standardized(whitened ?? base, shape: shape)
    if let data {
      encoder.fit(to: data)
      try whitened?.fit(to: encoder.standardized(data))
    }
    return encoder
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
    case .quadratic: return Quadratic(inputs)
    case .transformer(let settings):
      try settings.requireFits(shape, at: place)
      return TrajectoryTransformer(path: shape, dimension: dimension, settings: settings, key: key)
    case .fixed: return Fixed(dimension)
    case .embedding, .oneHot: preconditionFailure("\(kind.name) takes labels")
    }
  }
}
