/// Data after its encoder: the vectors g(x), and the potential φ(x) where the coupling has one.
public struct Embedded {
  /// N × d.
  public let vectors: Tensor
  /// N.
  public let potential: Tensor?

  /// From vectors (N × d) and a potential (N) where there is one.
  public init(_ vectors: Tensor, potential: Tensor? = nil) {
    self.vectors = vectors
    self.potential = potential
  }

  /// N.
  public var count: Int { vectors.shape[0] }

  /// Rows in succession.
  public subscript(_ range: Range<Int>) -> Embedded {
    Embedded(vectors[range], potential: potential?[range])
  }

  /// The same in another precision.
  public func to(_ dtype: DType) -> Embedded {
    Embedded(vectors.to(dtype), potential: potential?.to(dtype))
  }

  /// The same on the device of a tensor.
  func to(deviceOf other: Tensor) -> Embedded {
    Embedded(vectors.to(deviceOf: other), potential: potential?.to(deviceOf: other))
  }

  package static func joined(_ parts: [Embedded]) -> Embedded {
    let potentials = parts.compactMap(\.potential)
    return Embedded(
      cat(parts.map(\.vectors)), potential: potentials.isEmpty ? nil : cat(potentials))
  }
}
