import CoupletCore
import Files

/// The identity: the data, flattened, are their own embeddings. Nothing is learned.
///
/// It stands for features that were computed elsewhere and for data that are coordinates already.
public struct Fixed: SampleEncoder {
  /// d, the number of coordinates of a sample.
  public let dimension: Int

  let dtype: DType?

  /// - Parameters:
  ///   - dimension: the number of coordinates of a sample, which is d.
  ///   - dtype: the type of the embeddings; that of the samples when nil.
  public init(_ dimension: Int, dtype: DType? = nil) {
    self.dimension = dimension
    self.dtype = dtype
  }

  /// None: nothing is learned.
  public var parameters: Parameters { [:] }

  /// `fixed`, with d.
  public var portable: PortableEncoder? {
    PortableEncoder("fixed", ["outputs": .integer(dimension)])
  }

  /// N × … ↦ N × d, the same numbers.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    let rows = input.reshaped([input.shape[0], dimension])
    return dtype.map(rows.to) ?? rows
  }
}

extension Fixed {
  /// `fixed`.
  struct Design: EncoderDesign {
    func impliedDimension(for space: SampleSpace) -> Int? {
      try? space.requireShape().reduce(1, *)
    }

    func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
      // That of learned encoders, with whose embeddings these are multiplied.
      Fixed(try space.requireShape().reduce(1, *), dtype: .float32)
    }
  }

  static let entry = EncoderRegistry.Entry("fixed", Design()) { $0 }
}
