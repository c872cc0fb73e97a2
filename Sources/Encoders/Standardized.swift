import CoupletCore

/// An encoder of standardised samples: x ↦ encoder((x − mean) / scale), coordinate by coordinate.
///
/// Mean and scale are not learned: `fit(to:)` sets them from the training data. They are among the
/// parameters, so that they travel with the weights, but no gradient ever reaches them.
///
/// ```swift
/// let encoder = Standardized(MLP([12, 64, 5], key: key), shape: [12])
/// encoder.fit(to: pairs.u)
/// ```
public struct Standardized: SampleEncoder {
  let base: any SampleEncoder
  /// Both of a sample's shape.
  public let mean: Tensor, scale: Tensor

  /// - Parameter shape: that of one sample. Until `fit(to:)`, the mean is 0 and the scale 1.
  public init(_ base: any SampleEncoder, shape: [Int]) {
    self.base = base
    self.mean = .zeros(shape)
    self.scale = .ones(shape)
  }

  /// Takes the means and standard deviations of these samples' coordinates; one that does not vary
  /// keeps the scale 1.
  public func fit(to data: Tensor) {
    let variance = data.variance(dim: 0)
    mean.copy(from: data.mean(dim: 0))
    scale.copy(
      from: Torch.select(variance.greater(than: 0), variance.sqrt(), variance.zerosLike() + 1))
  }

  public var dimension: Int { base.dimension }
  public var linearPart: LinearPart? { base.linearPart?.after(standardized) }
  public var flooredDirections: Int { base.flooredDirections }

  public var parameters: Parameters {
    Parameters(parts: ["input": ["mean": mean, "scale": scale], "encoder": base.parameters])
  }

  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    base(standardized(input), mode: mode)
  }

  /// (x − mean) / scale for each sample x.
  func standardized(_ input: Tensor) -> Tensor {
    (input - mean.detached()) / scale.detached()
  }
}
