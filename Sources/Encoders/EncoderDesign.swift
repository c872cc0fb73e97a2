import CoupletCore
import Files

/// One kind of encoder with its options: what an encoder is built from. One conforming type stands beside each
/// encoder, with the entry by which `EncoderRegistry` knows it.
///
/// ```swift
/// extension Cubic {
///   struct Design: EncoderDesign {
///     var hasOffset = false
///     func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
///       Cubic(try space.requireShape().reduce(1, *), dimension, offset: hasOffset, key: key)
///     }
///   }
///   static let entry = EncoderRegistry.Entry("cubic", Design(), [.flag("offset", \.hasOffset)]) { $0 }
/// }
/// EncoderRegistry.register(Cubic.entry)
/// try EncoderSettings("cubic:offset:standardized")
/// ```
public protocol EncoderDesign: Sendable {
  /// Whether samples are arrays of real numbers, the default; then they can be standardised and whitened first.
  var takesNumbers: Bool { get }
  /// The embedding dimension that the encoder has by itself on samples of a space; nil, the default, when it is free.
  func impliedDimension(for space: SampleSpace) -> Int?
  /// The encoder, with parameters drawn from `key`.
  /// - Throws: `Failure`, without a place, when samples of the space are no input for it.
  func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder
  /// The encoder as a potential, with one output; by default `build` with the dimension 1.
  /// - Throws: as `build` does.
  func buildPotential(for space: SampleSpace, key: Key) throws -> any SampleEncoder
}

extension EncoderDesign {
  /// True: samples are arrays of real numbers.
  public var takesNumbers: Bool { true }

  /// None: the dimension is free.
  public func impliedDimension(for space: SampleSpace) -> Int? { nil }

  /// The encoder with the dimension 1.
  /// - Throws: what `build` throws.
  public func buildPotential(for space: SampleSpace, key: Key) throws -> any SampleEncoder {
    try build(for: space, dimension: 1, key: key)
  }
}

/// The encoders by name.
///
/// ```swift
/// EncoderRegistry.register("mine") { space, dimension, key in
///   Mine(inputs: try space.requireShape()[0], dimension: dimension, key: key)
/// }
/// try EncoderSettings("mine:standardized")   // also in the config.json of a run that is opened again
/// ```
public enum EncoderRegistry: Registrable {
  /// What a name stands for.
  public typealias Value = any EncoderDesign

  /// The encoders of this module, and what a client adds.
  public static let registry = Registry<any EncoderDesign>(
    "encoder",
    [
      Linear.entry, MLP.entry, LeNet.entry, CNN.entry, Quadratic.entry, TrajectoryTransformer.entry,
      NGrams.entry, Embedding.entry, OneHot.entry, Fixed.entry, Pretrained.entry,
      Pretrained.package,
    ])

  /// Adds an encoder of arrays of real numbers that has no options of its own, in place of one of the same name if
  /// there is one.
  /// - Parameter build: the encoder of samples of a space, with a dimension and a key for its parameters; throws a
  ///   `Failure` when such samples are no input for it.
  public static func register(
    _ name: String,
    build: @escaping @Sendable (SampleSpace, Int, Key) throws -> any SampleEncoder
  ) {
    register(Entry(name, BuiltBy(build: build)) { $0 })
  }

  private struct BuiltBy: EncoderDesign {
    let build: @Sendable (SampleSpace, Int, Key) throws -> any SampleEncoder

    func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
      try build(space, dimension, key)
    }
  }
}

extension SampleSpace {
  /// The shape of a sample that is an array of real numbers.
  /// - Throws: `Failure` for labels, texts, and for shapes that no memory holds.
  public func requireShape() throws -> [Int] {
    guard let shape else {
      throw Failure(
        "\(labels == nil ? "texts" : "labels") are no input for it",
        remedy: labels == nil ? "use ngrams" : "use one-hot or embedding")
    }
    guard shape.allSatisfy({ $0 >= 0 }), shape.reduce(1.0, { $0 * Double($1) }) < 0x1p48 else {
      throw Failure(
        "there are no samples of shape \(self)", remedy: "give data that fit into memory")
    }
    return shape
  }

  /// The number of labels.
  /// - Throws: `Failure` for samples that are not labels, and for more labels than there can be.
  public func requireLabelCount() throws -> Int {
    guard let labels else {
      throw Failure(
        "it needs labels, not samples of shape \(self)",
        remedy: "use linear, mlp:WIDTHS or, for images, lenet")
    }
    return labels.count
  }
}

/// Refuses parameters that no memory of this machine holds with their gradients.
/// - Parameter shapes: of the tensors that can be large, each with how often it is there.
func requireRoom(_ shapes: [[Int]]) throws {
  let numbers = shapes.reduce(0.0) { $0 + $1.reduce(1.0) { $0 * Double($1) } }
  // Weights, their gradient, and the two moments of Adam.
  guard numbers * 16 > Double(Memory.limit) else { return }
  let products = shapes.map { $0.map(String.init).joined(separator: " × ") }
  throw Failure(
    "its \(products.joined(separator: " + ")) parameters do not fit into memory",
    remedy: "make it smaller")
}
