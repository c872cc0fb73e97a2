import Files
import Torch

/// The best linear encoders of a given embedding dimension for a Gaussian pair, in closed form: one
/// entry of the atlas of optima (MATH.md §4.2; Theorems 5.1, 5.3, 5.6).
///
///     G = diag(g) P_rᵀ C_uu^{−1/2},   H = diag(h) Q_rᵀ C_vv^{−1/2},   A = Gᵀ H
///
/// with the r largest canonical correlations and g, h a mode from the table at `ModeOptimum`.
///
/// ```swift
/// let pair = try PairCovariance(Tensor([1.5, 1, 1, 1.5], shape: [2, 2]), uDimension: 1)
/// let best = try pair.canonicalAnalysis()
///   .optimum(rank: 1, tilting: .squaredDistance, loss: .uGivenV)
/// best.divergence                               // 0: u given v is matched exactly
/// best.model.u.covariance.item()                // 0.8333 = 1.5 − 1/1.5
/// ```
public struct GaussianOptimum {
  /// The canonical correlations and directions that it is made of.
  public let analysis: CanonicalAnalysis
  /// Of the model.
  public let tilting: GaussianTilting
  /// What it is the optimum of.
  public let loss: GaussianLoss
  /// G, r × n_u, and H, r × n_v. Rows beyond the number of modes are zero.
  public let g: Tensor, h: Tensor
  /// A = Gᵀ H, n_u × n_v.
  public let a: Tensor
  /// J, the expected KL divergence of the loss at the optimum, in nats; 0 when what the loss looks at
  /// is matched exactly. With weights (λ_u, λ_v) it is (λ_u/2) J_{u|v} + (λ_v/2) J_{v|u}: for the
  /// two-sided loss the mean of the two sides. Summed over modes from terms that do not cancel.
  public let divergence: Double
  /// The learned law ν.
  public let model: LearnedGaussian

  /// The loss itself, relative to the reference as in MATH.md §2: J less the mutual information times
  /// its weight. Its negative bounds the mutual information from below.
  public var lossValue: Double {
    divergence - loss.informationWeight * analysis.mutualInformation
  }
  /// The encoders u ↦ G (u − m_u) and v ↦ H (v − m_v), as weight and bias, to start training from.
  public var encoders: (u: AffineEncoder, v: AffineEncoder) {
    (
      AffineEncoder(weight: g, center: analysis.covariance.meanU),
      AffineEncoder(weight: h, center: analysis.covariance.meanV)
    )
  }

  init(
    _ analysis: CanonicalAnalysis, rank: Int, tilting: GaussianTilting, loss: GaussianLoss
  ) throws {
    require(rank > 0, "GaussianOptimum: rank \(rank) is not positive")
    (self.analysis, self.tilting, self.loss) = (analysis, tilting, loss)
    let used = Swift.min(rank, analysis.modes.count)
    let best = analysis.modes[..<used].map { ModeOptimum($0, tilting: tilting, loss: loss) }
    let leftOut = analysis.modes[used...].reduce(0) { $0 + $1.information }
    divergence = best.reduce(loss.informationWeight * leftOut) { $0 + $1.divergence }
    let (gs, hs) = (Tensor(best.map(\.g)), Tensor(best.map(\.h)))
    let gRows = analysis.directionsU[0..<used] * gs.unsqueezed(1)
    let hRows = analysis.directionsV[0..<used] * hs.unsqueezed(1)
    a = matmul(gRows.T, hRows)
    model = LearnedGaussian(
      tilting: tilting, covariance: analysis.covariance, g: gRows, h: hRows,
      loadingsU: analysis.loadingsU.narrow(dim: 1, 0..<used) * gs.unsqueezed(0),
      loadingsV: analysis.loadingsV.narrow(dim: 1, 0..<used) * hs.unsqueezed(0),
      gramU: gs.square().diagonalMatrix(), gramV: hs.square().diagonalMatrix())
    g = Self.padded(gRows, to: rank)
    h = Self.padded(hRows, to: rank)
  }

  private static func padded(_ rows: Tensor, to rank: Int) -> Tensor {
    let missing = rank - rows.shape[0]
    return missing == 0
      ? rows : cat([rows, .zeros([missing, rows.shape[1]], dtype: .float64)], dim: 0)
  }
}

extension CanonicalAnalysis {
  /// The population optimum over linear encoders into `rank` dimensions; see `GaussianOptimum`.
  public func optimum(
    rank: Int, tilting: GaussianTilting, loss: GaussianLoss
  ) throws -> GaussianOptimum {
    try GaussianOptimum(self, rank: rank, tilting: tilting, loss: loss)
  }
}

/// An encoder x ↦ W (x − m) = W x + b.
public struct AffineEncoder {
  /// W, r × n.
  public let weight: Tensor
  /// b = −W m, r.
  public let bias: Tensor

  init(weight: Tensor, center: Tensor) {
    self.weight = weight
    bias = -matmul(weight, center.unsqueezed(1)).squeezed(1)
  }

  /// The embeddings (N × r) of the rows of `data` (N × n).
  public func callAsFunction(_ data: Tensor) -> Tensor { matmul(data, weight.T) + bias }
}
