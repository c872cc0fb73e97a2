import Couplet

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
}

extension Encoder {
  /// The linear part of a linear encoder, whatever brings the samples to it; nil for every other encoder.
  public var linearPart: LinearPart? {
    func part(_ base: any Encoder, after first: @escaping (Tensor) -> Tensor) -> LinearPart? {
      base.linearPart.map { part in LinearPart(layer: part.layer) { part.inputs(first($0)) } }
    }
    return switch self {
    case let linear as Linear: LinearPart(layer: linear) { $0 }
    case let flattened as Flattened:
      part(flattened.base, after: { $0.reshaped([$0.shape[0], flattened.inputs]) })
    case let standardized as Standardized: part(standardized.base, after: standardized.standardized)
    case let whitened as Whitened: part(whitened.base, after: whitened.whitened)
    default: nil
    }
  }

  /// The number of directions of the samples that whitening leaves at less than variance 1 (`Whitened.floored`);
  /// 0 without whitening.
  public var flooredDirections: Int {
    switch self {
    case let whitened as Whitened: whitened.floored
    case let standardized as Standardized: standardized.base.flooredDirections
    case let normalized as Normalized: normalized.base.flooredDirections
    default: 0
    }
  }
}
