import CoupletCore
import Files

extension EncoderSettings {
  /// More coordinates than this are no embedding.
  public static let largestDimension = 1_000_000

  /// The encoder, with parameters drawn from `key`.
  ///
  /// - Parameters:
  ///   - space: where the samples lie.
  ///   - dimension: d, the length of an embedding.
  ///   - data: training samples, from which an encoder takes the statistics of `standardized` and `whitened`;
  ///     without them it leaves samples as they are until weights are loaded.
  ///   - setting: its key in failures, such as `encoder-u`.
  /// - Throws: `Failure` when the encoder does not fit the samples or the dimension.
  public func build(
    for space: SampleSpace, dimension: Int, data: Tensor? = nil, key: Key,
    at setting: String = "encoder"
  ) throws -> any SampleEncoder {
    try Failure.at(.setting(setting, value: design.name)) {
      guard (1...EncoderSettings.largestDimension).contains(dimension) else {
        throw Failure(
          "an embedding of dimension \(dimension)",
          remedy: "give at least 1"
            + (dimension < 1 ? "" : ", at most \(EncoderSettings.largestDimension)"))
      }
      if let implied = impliedDimension(for: space), implied != dimension {
        throw Failure(
          "its embeddings have dimension \(implied), not \(dimension)",
          remedy:
            "use dimension \(implied), or \(design.value.takesNumbers ? "linear" : "embedding")")
      }
      let bare = try design.value.build(for: space, dimension: dimension, key: key)
      let encoder = try prepared(bare, for: space, data: data)
      return isNormalized ? Normalized(encoder) : encoder
    }
  }

  /// The potential of these settings: the same with one output, which the data's kind allows.
  /// - Throws: `Failure` when the encoder does not fit the samples or has more than one output.
  public func buildPotential(
    for space: SampleSpace, data: Tensor? = nil, key: Key, at setting: String
  ) throws -> any SampleEncoder {
    try Failure.at(.setting(setting, value: isNormalized ? description : design.name)) {
      if let implied = impliedDimension(for: space), implied != 1 {
        throw Failure(
          "it has \(implied) outputs, and a potential has one",
          remedy: design.value.takesNumbers
            ? "use quadratic, linear or mlp:WIDTHS" : "use embedding, a number for each label")
      }
      guard !isNormalized else {
        throw Failure("a potential of length 1 is constant", remedy: "leave out :normalized")
      }
      return try prepared(
        try design.value.buildPotential(for: space, key: key), for: space, data: data)
    }
  }

  /// The encoder behind the preparation of its samples that is asked for.
  private func prepared(_ base: any SampleEncoder, for space: SampleSpace, data: Tensor?) throws
    -> any SampleEncoder
  {
    guard needsStatistics else { return base }
    let shape = try space.requireShape()
    let size = shape.reduce(1, *)
    guard !isWhitened || size <= Whitened.largestSize else {
      throw Failure(
        "whitening \(size) coordinates takes a matrix of \(size) × \(size)",
        remedy: "use :standardized, or at most \(Whitened.largestSize) coordinates")
    }
    let whitened = isWhitened ? Whitened(base, shape: shape) : nil
    guard isStandardized || isScaled else {
      try data.map { try whitened?.fit(to: $0) }
      return whitened ?? base
    }
    let encoder = Standardized(whitened ?? base, shape: shape, jointly: isScaled)
    if let data {
      encoder.fit(to: data)
      try whitened?.fit(to: encoder.standardized(data))
    }
    return encoder
  }
}
