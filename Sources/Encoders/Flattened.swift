import CoupletCore

/// An encoder of vectors, applied to samples of any shape by laying their coordinates in a row.
///
/// ```swift
/// let encoder = Flattened(Linear(784, 10, key: key), inputs: 784)   // linear on 28 × 28 images
/// ```
public struct Flattened: SampleEncoder {
  let base: any SampleEncoder
  let inputs: Int

  /// - Parameter inputs: the number of coordinates of a sample.
  public init(_ base: any SampleEncoder, inputs: Int) {
    self.base = base
    self.inputs = inputs
  }

  /// d of the encoder within.
  public var dimension: Int { base.dimension }
  /// That of the encoder within, on flattened samples.
  public var linearPart: LinearPart? {
    base.linearPart?.after { $0.reshaped([$0.shape[0], inputs]) }
  }
  /// Those of the encoder within.
  public var flooredDirections: Int { base.flooredDirections }
  /// Those of the encoder within, by the same names.
  public var parameters: Parameters { base.parameters }

  /// That of the encoder within.
  public var isDifferentiable: Bool { base.isDifferentiable }
  /// That of the encoder within, which flattens in the loader.
  public var portable: PortableEncoder? { base.portable }

  /// N × … ↦ N × inputs ↦ N × d.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    base(input.reshaped([input.shape[0], inputs]), mode: mode)
  }
}
