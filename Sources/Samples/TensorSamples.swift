import Torch

/// Samples that are in memory as one tensor, a row each.
///
/// ```swift
/// TensorSamples(Tensor.normal([100, 3], key: Key(0))).space   // 3
/// ```
public struct TensorSamples: SampleSource {
  /// The samples, N × ….
  public let tensor: Tensor
  /// The set that they lie in.
  public let space: SampleSpace
  /// What the user calls them.
  public let name: String

  /// - Parameter space: nil to take vectors of int64 for labels 0, 1, …, and everything else for real numbers.
  public init(_ tensor: Tensor, space: SampleSpace? = nil, name: String = "samples") {
    self.tensor = tensor
    self.space = space ?? TensorSamples.space(of: tensor)
    self.name = name
  }

  /// N.
  public var count: Int { tensor.shape[0] }

  /// The samples at these rows, copied.
  public func rows(_ rows: [Int]) -> Tensor {
    tensor.indexSelect(Tensor(rows, device: tensor.device))
  }
  /// Samples in succession, as a view of the tensor.
  public func rows(_ range: Range<Int>) -> Tensor {
    range == 0..<count ? tensor : tensor[range]
  }

  private static func space(of tensor: Tensor) -> SampleSpace {
    guard tensor.rank == 1, tensor.dtype == .int64, tensor.count > 0 else {
      return .real(shape: Array(tensor.shape.dropFirst()))
    }
    return .labels(count: max(0, tensor.array(Int.self).max() ?? 0) + 1)
  }
}
