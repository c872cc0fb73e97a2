import Files
import Torch

/// The second moments of a pair (u, v): C = [[C_uu, C_uv], [C_vu, C_vv]], and its mean.
///
/// ```swift
/// let c = try PairCovariance(Tensor([1.5, 1, 1, 1.5], shape: [2, 2]), uDimension: 1)
/// try c.canonicalAnalysis().correlations   // [0.6666666666666666]
/// ```
public struct PairCovariance {
  /// C_uu (n_u × n_u), C_uv (n_u × n_v) and C_vv (n_v × n_v), in float64.
  public let uu: Tensor, uv: Tensor, vv: Tensor
  /// The means of u (n_u) and v (n_v); zero unless given.
  public let meanU: Tensor, meanV: Tensor

  /// The dimensions of u and v.
  public var uDimension: Int { uu.shape[0] }
  /// n_v.
  public var vDimension: Int { vv.shape[0] }

  /// The whole matrix C, (n_u + n_v) × (n_u + n_v).
  public var joint: Tensor { cat([cat([uu, uv], dim: 1), cat([uv.T, vv], dim: 1)], dim: 0) }

  /// Splits a covariance matrix after its first `uDimension` coordinates.
  ///
  /// The matrix is made symmetric when it is so up to rounding. That it is positive definite is
  /// checked where it matters, by `canonicalAnalysis`.
  /// - Throws: `Failure` when the matrix is not square, is not split into two non-empty parts, holds
  ///   NaN or infinity, has a negative variance, or is not symmetric; the place is named.
  public init(_ matrix: Tensor, uDimension: Int, mean: Tensor? = nil) throws {
    let shape = matrix.shape
    guard shape.count == 2, shape[0] == shape[1] else {
      throw Failure(
        "a covariance is a square matrix; this array has the shape \(shape)",
        at: .input("covariance"),
        remedy: "pass the (n_u + n_v) × (n_u + n_v) covariance of u and v together")
    }
    let n = shape[0]
    guard uDimension > 0, uDimension < n else {
      throw Failure(
        "a \(n) × \(n) covariance cannot be split after coordinate \(uDimension)",
        at: .setting("u-dim"),
        remedy: "give the dimension of u, between 1 and \(n - 1)")
    }
    let symmetric = try Self.symmetrised(matrix.to(.float64).contiguous())
    let u = 0..<uDimension
    let v = uDimension..<n
    uu = symmetric[u].narrow(dim: 1, u).contiguous()
    uv = symmetric[u].narrow(dim: 1, v).contiguous()
    vv = symmetric[v].narrow(dim: 1, v).contiguous()
    let mean = mean?.to(.float64) ?? .zeros([n], dtype: .float64)
    require(mean.shape == [n], "PairCovariance: mean \(mean.shape), covariance \(shape)")
    meanU = mean[u]
    meanV = mean[v]
  }

  init(uu: Tensor, uv: Tensor, vv: Tensor, meanU: Tensor, meanV: Tensor) {
    (self.uu, self.uv, self.vv) = (uu, uv, vv)
    (self.meanU, self.meanV) = (meanU, meanV)
  }

  /// (1 − intensity) C + intensity · diag(C): the correlations shrink, the variances stay.
  ///
  /// The condition number of C scaled to unit variances is then at most (n_u + n_v) / intensity.
  /// - Throws: `Failure` unless 0 ≤ intensity ≤ 1.
  public func shrunk(by intensity: Double) throws -> PairCovariance {
    guard intensity >= 0, intensity <= 1 else {
      throw Failure(
        "shrinkage by \(intensity)", at: .setting("shrinkage"),
        remedy: "give an intensity between 0 (none) and 1 (no correlations left)")
    }
    let joint = joint
    let shrunk = joint * (1 - intensity) + (joint.diagonal() * intensity).diagonalMatrix()
    return try PairCovariance(shrunk, uDimension: uDimension, mean: cat([meanU, meanV]))
  }

  /// The largest |C_ij − C_ji| / √(C_ii C_jj) taken for rounding: entries written in single precision
  /// differ by up to 1.2e-7 of their size.
  private static let asymmetryLimit = 1e-6

  private static func symmetrised(_ matrix: Tensor) throws -> Tensor {
    let n = matrix.shape[0]
    func place(_ scores: Tensor) -> (row: Int, column: Int) {
      let worst = Int(scores.reshaped([n * n]).argmax(dim: 0).item())
      return (worst / n, worst % n)
    }
    let finite = matrix.isFinite()
    guard finite.allTrue() else {
      let (i, j) = place(finite.not().to(.float64))
      throw Failure(
        "\(matrix[i][j].item()) is not a covariance", at: .input("covariance", index: [i, j]),
        remedy: "compute the covariance from complete, finite data")
    }
    let variances = matrix.diagonal()
    if variances.min().item() < 0 {
      let i = Int((-variances).argmax(dim: 0).item())
      throw Failure(
        "the variance \(variances[i].item()) is negative", at: .input("covariance", index: [i, i]),
        remedy: "pass a positive semidefinite matrix")
    }
    let gap = (matrix - matrix.T).abs()
    // A zero variance leaves its row no scale: any asymmetry there is then infinite, as it should be.
    let scale = variances.sqrt()
    let relative = select(
      gap.greater(than: 0), gap / (scale.unsqueezed(1) * scale.unsqueezed(0)), gap)
    if relative.max().item() > asymmetryLimit {
      let (i, j) = place(relative)
      throw Failure(
        "the matrix is not symmetric: entries [\(i), \(j)] and [\(j), \(i)] are "
          + "\(matrix[i][j].item()) and \(matrix[j][i].item())",
        at: .input("covariance"),
        remedy: "pass a symmetric matrix; its halves may differ by rounding only")
    }
    return (matrix + matrix.T) * 0.5
  }
}
