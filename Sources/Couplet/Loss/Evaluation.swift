/// How a loss is computed. The value and the gradient are the same to rounding.
public enum Evaluation: Sendable {
  /// Plain for small batches, tiled for large ones.
  case automatic
  /// By the stored N × M matrix of scores.
  case plain
  /// In tiles, without the matrix (MATH §7); on the processor.
  case tiled

  /// From this many scores on, tiles are faster.
  static let tiledFrom = 256 * 256

  /// From this many pairs on, the kernel losses are faster in tiles.
  static let kernelsTiledFrom = 2048

  /// Whether a maximum mean discrepancy loss of N pairs is computed in tiles.
  func tilesKernels(_ count: Int) -> Bool {
    switch self {
    case .plain: false
    case .tiled: true
    case .automatic: count >= Evaluation.kernelsTiledFrom
    }
  }

  func callAsFunction(_ sums: LogSums, _ factors: ScoreFactors) -> Tensor {
    switch self {
    case .plain: return sums.plain(factors)
    case .tiled: return sums.tiled(factors)
    case .automatic:
      let isLarge = factors.rows * factors.columns >= Evaluation.tiledFrom
      let canTile = factors.u.device == .cpu && factors.u.dtype != .bfloat16
      return isLarge && canTile ? sums.tiled(factors) : sums.plain(factors)
    }
  }
}
