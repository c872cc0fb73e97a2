import CoupletCore

/// An encoder whose embeddings are brought to length 1: ḡ = g / |g| (MATH §1).
///
/// The cosine tilting does this by itself; apart from it, the other tiltings take the directions of
/// embeddings with it. An embedding of length 0 stays 0.
public struct Normalized: SampleEncoder {
  let base: any SampleEncoder

  /// Around an encoder g, whose parameters it shares.
  public init(_ base: any SampleEncoder) { self.base = base }

  /// d of the encoder within.
  public var dimension: Int { base.dimension }
  /// Those of the encoder within.
  public var flooredDirections: Int { base.flooredDirections }
  /// Those of the encoder within, by the same names.
  public var parameters: Parameters { base.parameters }

  /// That of the encoder within.
  public var isDifferentiable: Bool { base.isDifferentiable }
  /// The encoder within, in `normalized`.
  public var portable: PortableEncoder? { base.portable?.wrapped(in: "normalized") }

  /// N × d rows of length 1, or 0.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    Cosine.normalized(base(input, mode: mode))
  }

  /// The same of samples as they are stored, which the encoder within gets unrounded.
  public func encode(_ samples: Tensor, mode: Mode) -> Tensor {
    Cosine.normalized(base.encode(samples, mode: mode))
  }
}
