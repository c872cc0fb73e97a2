import CoupletCore
import Files

/// label k ↦ the k-th unit vector of ℝ^classes; nothing is learned.
///
/// ```swift
/// OneHot(classes: 3)(Tensor([2, 0]))  // float32[2, 3] [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
/// ```
public struct OneHot: SampleEncoder {
  /// d, the number of classes.
  public let dimension: Int
  let dtype: DType

  /// For the labels 0 … classes − 1; `dtype` is the type of the unit vectors.
  public init(classes: Int, dtype: DType = .float32) {
    self.dimension = classes
    self.dtype = dtype
  }

  /// None: nothing is learned.
  public var parameters: Parameters { [:] }

  /// `one-hot`, with the number of labels.
  public var portable: PortableEncoder? {
    PortableEncoder("one-hot", ["labels": .integer(dimension)])
  }

  /// - Parameter input: int64 labels of shape N, from 0 to classes − 1.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    let labels = input.unsqueezed(1)
    return .zeros([input.shape[0], dimension], dtype: dtype, device: input.device)
      .scatterAdd(dim: 1, labels, .ones(labels.shape, dtype: dtype, device: input.device))
  }
}

extension OneHot {
  /// `one-hot`.
  struct Design: EncoderDesign {
    var takesNumbers: Bool { false }

    func impliedDimension(for space: SampleSpace) -> Int? { try? space.requireLabelCount() }

    func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
      OneHot(classes: try space.requireLabelCount())
    }
  }

  static let entry = EncoderRegistry.Entry("one-hot", Design()) { $0 }
}
