import Torch

/// What is linear in an affine encoder, x ↦ G t(x) + b: the layer with G and b, and the fixed map t before it.
///
/// ```swift
/// let encoder = try EncoderSettings("linear:standardized").build(
///   for: .real(shape: [12]), dimension: 5, data: pairs.u, key: Key(0))
/// encoder.linearPart?.inputs(pairs.u)   // N × 12, mean 0 and variance 1
/// ```
public struct LinearPart {
  /// G and b.
  public let layer: Linear
  /// t on rows of samples: what the layer sees of them, N × n.
  public let inputs: (Tensor) -> Tensor

  /// - Parameters: G and b, and t.
  public init(layer: Linear, inputs: @escaping (Tensor) -> Tensor) {
    self.layer = layer
    self.inputs = inputs
  }

  /// The linear part of the encoder that applies `first` to samples before this one.
  public func after(_ first: @escaping (Tensor) -> Tensor) -> LinearPart {
    LinearPart(layer: layer) { inputs(first($0)) }
  }
}
