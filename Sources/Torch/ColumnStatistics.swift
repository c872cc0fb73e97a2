import Files

/// Count, mean, variance and range of each coordinate of samples that come block by block, right at every magnitude that
/// the samples' type holds and for any common offset.
///
/// Sums are float64 on the processor, whatever the type and device of the blocks. A block's mean is subtracted before
/// anything is squared, and blocks are joined by their means and sums of squared deviations (Chan, Golub and LeVeque 1983),
/// so that nothing cancels: with E x² − (E x)², an offset of 10⁸ leaves no digit of a variance of 1.
///
/// A coordinate whose samples are all equal has exactly that mean and the variance 0.
///
/// ```swift
/// var statistics = ColumnStatistics(shape: [3])
/// for block in blocks { statistics.add(block) }   // N × 3 each
/// statistics.standardDeviation                    // float64[3]
/// ```
public struct ColumnStatistics {
  /// The number of samples so far.
  public private(set) var count = 0
  /// Of each coordinate, float64, of a sample's shape: the mean (0 without samples), the least and the largest value (∞ and
  /// −∞ without samples).
  public private(set) var mean, minimum, maximum: Tensor
  /// Σ (x − mean)².
  private var squares: Tensor

  /// Of no samples yet.
  /// - Parameter shape: that of one sample.
  public init(shape: [Int]) {
    mean = .zeros(shape, dtype: .float64)
    squares = mean
    minimum = .full(shape, .infinity, like: mean)
    maximum = -minimum
  }

  /// Of the samples of one tensor, N × shape.
  public init(_ samples: Tensor) {
    self.init(shape: Array(samples.shape.dropFirst()))
    add(samples)
  }

  /// Takes in samples: N × shape, of any type, without derivatives.
  public mutating func add(_ samples: Tensor) {
    require(
      Array(samples.shape.dropFirst()) == mean.shape,
      "ColumnStatistics: samples \(samples.shape) of the shape \(mean.shape)")
    // A copy in float64 of a megabyte at a time.
    let rows = max(1, (1 << 17) / max(1, mean.count))
    for start in stride(from: 0, to: samples.shape[0], by: rows) {
      let end = min(start + rows, samples.shape[0])
      withoutGradients { merge(Self.block(samples[start..<end].moved(to: .cpu).to(.float64))) }
    }
  }

  /// Takes in the samples of other statistics of the same shape.
  public mutating func merge(_ other: ColumnStatistics) {
    guard other.count > 0 else { return }
    let total = Double(count + other.count), share = Double(other.count) / total
    let difference = other.mean - mean
    squares = squares + other.squares + difference.square() * (Double(count) * share)
    minimum = minimum.minimum(other.minimum)
    maximum = maximum.maximum(other.maximum)
    count += other.count
    // What is constant keeps its very value: no rounding of sums.
    let isConstant = minimum.equal(to: maximum)
    mean = select(isConstant, minimum, mean + difference * share)
    squares = squares.masked(isConstant, with: 0)
  }

  private static func block(_ samples: Tensor) -> ColumnStatistics {
    var block = ColumnStatistics(shape: Array(samples.shape.dropFirst()))
    block.count = samples.shape[0]
    block.minimum = samples.min(dim: 0)
    block.maximum = samples.max(dim: 0)
    // Twice: the second takes out the rounding of the first, which matters beside a large offset.
    let first = samples.mean(dim: 0)
    block.mean = first + (samples - first).mean(dim: 0)
    block.squares = (samples - block.mean).square().sum(dim: 0)
    return block
  }

  /// The variance of each coordinate, with the factor 1/(N − 1); 0 for one sample.
  public var variance: Tensor { squares * (1 / Double(max(1, count - 1))) }

  /// Its root.
  public var standardDeviation: Tensor { variance.sqrt() }

  /// Samples less the mean, in units of the standard deviation where a coordinate varies; N × shape, float64.
  ///
  /// ```swift
  /// let x = Tensor([1.0, 3], shape: [2, 1])
  /// ColumnStatistics(x).standardized(x)   // −0.7071, 0.7071
  /// ```
  public func standardized(_ samples: Tensor) -> Tensor {
    let scale = standardDeviation
    return (samples.to(.float64) - mean) / scale.masked(scale.equal(to: 0), with: 1)
  }
}
