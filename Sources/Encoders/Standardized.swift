import CoupletCore

/// An encoder of standardised samples: x ↦ encoder((x − mean) / scale), coordinate by coordinate.
///
/// Both are float64, and samples come as they are stored: what is rounded to the type of the encoder's weights is the
/// standardised sample, so that an offset, a time or a unit of measurement costs no digits.
///
/// Scaled jointly, samples are divided by one number, the root of the mean variance of their coordinates: what varies
/// little beside the rest goes on doing so, as leading principal components and pixels should, where coordinates have
/// one unit.
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
  /// Both float64, of a sample's shape.
  public let mean: Tensor, scale: Tensor

  private let scalesJointly: Bool

  /// - Parameters:
  ///   - shape: that of one sample. Until `fit(to:)`, the mean is 0 and the scale 1.
  ///   - jointly: whether all coordinates have one scale.
  public init(_ base: any SampleEncoder, shape: [Int], jointly: Bool = false) {
    self.base = base
    scalesJointly = jointly
    self.mean = .zeros(shape, dtype: .float64)
    self.scale = .ones(shape, dtype: .float64)
  }

  /// Takes the means and standard deviations of these samples' coordinates; one that does not vary
  /// keeps the scale 1.
  public func fit(to data: Tensor) {
    let statistics = ColumnStatistics(data)
    var deviation = statistics.standardDeviation
    if scalesJointly, deviation.count > 0 {
      // The largest is taken out, so that no square overflows.
      let largest = deviation.max()
      let relative = deviation / largest.masked(largest.equal(to: 0), with: 1)
      deviation = (relative.square().mean().sqrt() * largest).expanded(deviation.shape)
    }
    mean.copy(from: statistics.mean)
    scale.copy(
      from: Torch.select(deviation.greater(than: 0), deviation, deviation.zerosLike() + 1))
  }

  /// d of the encoder within.
  public var dimension: Int { base.dimension }
  /// That of the encoder within, on standardised samples.
  public var linearPart: LinearPart? { base.linearPart?.after(standardized) }
  /// Those of the encoder within.
  public var flooredDirections: Int { base.flooredDirections }

  /// `input.mean` and `input.scale`, which no gradient reaches, and `encoder.…` of the encoder within.
  public var parameters: Parameters {
    Parameters(parts: ["input": ["mean": mean, "scale": scale], "encoder": base.parameters])
  }

  /// That of the encoder within.
  public var isDifferentiable: Bool { base.isDifferentiable }
  /// The encoder within, in `standardized`, with `mean` and `scale`.
  public var portable: PortableEncoder? {
    base.portable?.wrapped(
      in: "standardized", ["shape": .array(mean.shape)], ["mean": mean, "scale": scale])
  }

  /// N × … ↦ N × d.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    base.encode(standardized(input), mode: mode)
  }

  /// The same: samples are standardised in float64 whatever their type.
  public func encode(_ samples: Tensor, mode: Mode) -> Tensor { self(samples, mode: mode) }

  /// (x − mean) / scale for each sample x, in float64, as the type of x.
  func standardized(_ input: Tensor) -> Tensor {
    ((input.to(mean.dtype) - mean.detached()) / scale.detached()).to(input.dtype)
  }
}
