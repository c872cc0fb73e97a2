import CoupletCore
import Files

/// The identity: the data, flattened, are their own embeddings. Nothing is learned.
///
/// It stands for features that were computed elsewhere and for data that are coordinates already.
public struct Fixed: SampleEncoder {
  /// d, the number of coordinates of a sample.
  public let dimension: Int

  /// - Parameter dimension: the number of coordinates of a sample, which is d.
  public init(_ dimension: Int) { self.dimension = dimension }

  /// None: nothing is learned.
  public var parameters: Parameters { [:] }

  /// N × … ↦ N × d, the same numbers.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    input.reshaped([input.shape[0], dimension])
  }
}

extension Fixed {
  /// `fixed`.
  struct Design: EncoderDesign {
    func impliedDimension(for space: SampleSpace) -> Int? {
      try? space.requireShape().reduce(1, *)
    }

    func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
      Fixed(try space.requireShape().reduce(1, *))
    }
  }

  static let entry = EncoderRegistry.Entry("fixed", Design()) { $0 }
}
