import Couplet

/// label k ↦ the k-th unit vector of ℝ^classes; nothing is learned.
///
/// ```swift
/// OneHot(classes: 3)(Tensor([2, 0]))  // float32[2, 3] [0.0, 0.0, 1.0, 1.0, 0.0, 0.0]
/// ```
public struct OneHot: Encoder {
  public let dimension: Int
  let dtype: DType

  public init(classes: Int, dtype: DType = .float32) {
    self.dimension = classes
    self.dtype = dtype
  }

  public var parameters: Parameters { [:] }

  /// - Parameter input: int64 labels of shape N, from 0 to classes − 1.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    let labels = input.unsqueezed(1)
    return .zeros([input.shape[0], dimension], dtype: dtype, device: input.device)
      .scatterAdd(dim: 1, labels, .ones(labels.shape, dtype: dtype, device: input.device))
  }
}
