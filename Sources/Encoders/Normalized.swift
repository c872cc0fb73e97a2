import CoupletCore

/// An encoder whose embeddings are brought to length 1: ḡ = g / |g| (MATH §1).
///
/// The cosine tilting does this by itself; apart from it, the other tiltings take the directions of
/// embeddings with it. An embedding of length 0 stays 0.
public struct Normalized: SampleEncoder {
  let base: any SampleEncoder

  public init(_ base: any SampleEncoder) { self.base = base }

  public var dimension: Int { base.dimension }
  public var flooredDirections: Int { base.flooredDirections }
  public var parameters: Parameters { base.parameters }

  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    Cosine.normalized(base(input, mode: mode))
  }

  public func encode(_ samples: Tensor, mode: Mode) -> Tensor {
    Cosine.normalized(base.encode(samples, mode: mode))
  }
}
