import Files
import Torch

/// How an estimated covariance is stabilised.
public enum Shrinkage: Equatable, Sendable {
  /// Not at all.
  case none
  /// Correlations times (1 − intensity); see `PairCovariance.shrunk(by:)`.
  case intensity(Double)
  /// The intensity of Ledoit and Wolf ("A well-conditioned estimator for large-dimensional covariance
  /// matrices", 2004), for data scaled to unit variances.
  case ledoitWolf
}

extension PairCovariance {
  /// The sample mean and covariance of N pairs, rows of u (N × n_u) and v (N × n_v), with divisor N − 1.
  ///
  /// - Returns: the covariance, and the intensity by which its correlations were shrunk.
  /// - Throws: `Failure` when the rows do not pair up, there are fewer than two, or a value is NaN or
  ///   infinite; the place is named.
  public static func estimated(u: Tensor, v: Tensor, shrinkage: Shrinkage = .none) throws -> (
    covariance: PairCovariance, intensity: Double
  ) {
    // Of large samples no more copies are kept than are needed.
    var data = try joined(u, v)
    let least = data.min(dim: 0)
    // What is constant keeps its very value, so that rounding does not give it a variance.
    let mean = select(data.max(dim: 0).equal(to: least), least, data.mean(dim: 0))
    data = data - mean.unsqueezed(0)
    let matrix = matmul(data.T, data) / Double(data.shape[0] - 1)
    let plain = try PairCovariance(matrix, uDimension: u.shape[1], mean: mean)
    let intensity: Double
    switch shrinkage {
    case .none: return (plain, 0)
    case .intensity(let given): intensity = given
    case .ledoitWolf: intensity = ledoitWolfIntensity(data)
    }
    return (try plain.shrunk(by: intensity), intensity)
  }

  /// Rows of u beside those of v, in double precision.
  private static func joined(_ u: Tensor, _ v: Tensor) throws -> Tensor {
    let (u, v) = (try observations(u, "u"), try observations(v, "v"))
    let count = u.shape[0]
    guard count == v.shape[0] else {
      throw Failure(
        "\(count) rows of u and \(v.shape[0]) rows of v", at: .input("samples"),
        remedy: "pass pairs: row i of u belongs to row i of v")
    }
    guard count > 1 else {
      throw Failure(
        "a single pair has no covariance", at: .input("samples"), remedy: "pass more pairs")
    }
    return cat([u, v], dim: 1)
  }

  private static func observations(_ data: Tensor, _ name: String) throws -> Tensor {
    guard data.rank == 2, data.shape[1] > 0 else {
      throw Failure(
        "an array of shape \(data.shape)", at: .input(name), remedy: "pass one sample a row, N × n")
    }
    let data = data.to(.float64)
    let finite = data.isFinite()
    guard finite.allTrue() else {
      let place = finite.not().nonzero()[0].array(Int.self)
      throw Failure(
        "a value is not a finite number", at: .input(name, index: place),
        remedy: "remove or fill in such rows")
    }
    return data
  }

  /// The Ledoit–Wolf intensity min(1, b² / d²) for z, the centred data over their standard deviations
  /// (divisor N): S = zᵀz/N, d² = |S − I|², b² = (Σ_k |z_k|⁴ / N − |S|²) / N. With unit variances their
  /// target, the mean variance times the identity, is the diagonal.
  private static func ledoitWolfIntensity(_ centred: Tensor) -> Double {
    let count = Double(centred.shape[0])
    let deviations = centred.square().mean(dim: 0).sqrt()
    // A constant coordinate stays zero.
    let z = centred / deviations.masked(deviations.equal(to: 0), with: 1).unsqueezed(0)
    let s = matmul(z.T, z) / count
    let size = s.square().sum().item()
    let distance = size - s.diagonal().square().sum().item()
    let fourth = z.square().sum(dim: 1).square().mean().item()
    let noise = (fourth - size) / count
    return distance > 0 ? Swift.min(1, Swift.max(noise, 0) / distance) : 1
  }
}
