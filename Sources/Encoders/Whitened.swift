import CoupletCore
import Files

/// An encoder of whitened samples: x ↦ encoder(W (x − m)), W = C^{−1/2} symmetric, with the mean m and the
/// covariance C of the training samples, which it then sees with mean 0 and covariance I.
///
/// Gradient steps do not depend any more on how the samples' coordinates are scaled and correlated: for linear
/// encoders of Gaussian pairs the curvature of the loss at the optimum is that of the canonical correlations
/// alone, whatever the condition number of C.
///
/// Directions that hardly vary are not blown up without bound: an eigenvalue of C below `floor` times the largest
/// counts as that much, so that such a direction comes out with a variance below 1. How many did is `floored`;
/// `couplet train` warns of them. With `floor` = 1e-8 a sample's rounding in single precision, 6e-8 of its size,
/// grows by at most 1e4 and stays below a thousandth of a deviation.
///
/// Mean and matrix are not learned: `fit(to:)` sets them. They are among the parameters, so that they travel with
/// the weights, but no gradient ever reaches them.
///
/// ```swift
/// let encoder = Whitened(MLP([12, 64, 5], key: key), shape: [12])
/// try encoder.fit(to: pairs.u)
/// ```
public struct Whitened: SampleEncoder {
  let base: any SampleEncoder
  /// m, float64, of a sample's shape: samples come as they are stored, and are rounded once their mean is taken off.
  public let mean: Tensor
  /// W, n × n for samples of n coordinates.
  public let matrix: Tensor
  /// The number of directions whose eigenvalue was below the floor, one number.
  let flooredCount: Tensor

  /// The smallest eigenvalue that counts, relative to the largest.
  public static let floor = 1e-8
  /// The largest n: W and the decomposition behind it have n² numbers, and take some 10 n³ operations.
  public static let largestSize = 8_192

  /// - Parameter shape: that of one sample. Until `fit(to:)`, the mean is 0 and the matrix I.
  public init(_ base: any SampleEncoder, shape: [Int]) {
    self.base = base
    mean = .zeros(shape, dtype: .float64)
    matrix = .eye(shape.reduce(1, *))
    flooredCount = .zeros([1])
  }

  /// How many directions of the samples vary so little that they are not scaled to variance 1.
  public var floored: Int { Int(saturating: flooredCount.item()) }

  /// Takes the mean and the covariance (divisor N − 1) of these samples.
  /// - Throws: `Failure` when the covariance has no eigenvectors, because a value is not finite.
  public func fit(to data: Tensor) throws {
    let rows = data.reshaped([data.shape[0], matrix.shape[0]]).to(.float64)
    let center = ColumnStatistics(rows).mean
    let centered = rows - center
    let covariance = matmul(centered.T, centered) / Double(max(data.shape[0] - 1, 1))
    let (values, vectors) = try covariance.eigh()
    let spectrum = values.array(Double.self)
    let smallest = (spectrum.last ?? 0) * Whitened.floor
    // Samples that do not vary at all are left as they are.
    let scales = spectrum.map { $0 > 0 || smallest > 0 ? 1 / max($0, smallest).squareRoot() : 1 }
    withoutGradients {
      mean.copy(from: center.reshaped(mean.shape))
      matrix.copy(from: matmul(vectors * Tensor(scales), vectors.T))
      flooredCount.fill(Double(spectrum.count { $0 < smallest || smallest <= 0 }))
    }
  }

  /// d of the encoder within.
  public var dimension: Int { base.dimension }
  /// That of the encoder within, on whitened samples.
  public var linearPart: LinearPart? { base.linearPart?.after(whitened) }
  /// How many directions of the samples vary too little to be scaled to variance 1: `floored`.
  public var flooredDirections: Int { floored }

  /// `input.mean`, `input.matrix` and `input.floored`, which no gradient reaches, and `encoder.…` of the encoder within.
  public var parameters: Parameters {
    Parameters(parts: [
      "input": ["mean": mean, "matrix": matrix, "floored": flooredCount],
      "encoder": base.parameters,
    ])
  }

  /// That of the encoder within.
  public var isDifferentiable: Bool { base.isDifferentiable }
  /// The encoder within, in `whitened`, with `mean` and `matrix`.
  public var portable: PortableEncoder? {
    base.portable?.wrapped(
      in: "whitened", ["shape": .array(mean.shape)], ["mean": mean, "matrix": matrix])
  }

  /// N × … ↦ N × d.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    base.encode(whitened(input), mode: mode)
  }

  /// The same: the mean is taken off in float64 whatever the type of the samples.
  public func encode(_ samples: Tensor, mode: Mode) -> Tensor {
    self(samples, mode: mode)
  }

  /// W (x − m) for each sample x.
  func whitened(_ input: Tensor) -> Tensor {
    let rows = (input.to(mean.dtype) - mean.detached()).reshaped([input.shape[0], matrix.shape[0]])
    return matmul(rows.to(matrix.dtype), matrix.detached()).reshaped(input.shape)
  }
}
