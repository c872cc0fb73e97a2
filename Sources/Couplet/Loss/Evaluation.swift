/// How a Kullback–Leibler loss is computed. The value and the gradient are the same to rounding.
public enum Evaluation: Sendable {
  /// Plain for small batches, tiled for large ones.
  case automatic
  /// By the stored N × M matrix of scores.
  case plain
  /// In tiles, without the matrix (MATH §7); on the processor.
  case tiled

  /// From this many scores on, tiles are faster.
  static let tiledFrom = 256 * 256

  func callAsFunction(_ sums: LogSums, _ factors: ScoreFactors) -> Tensor {
    switch self {
    case .plain: return sums.plain(factors)
    case .tiled: return sums.tiled(factors)
    case .automatic:
      let isLarge = factors.rows * factors.columns >= Evaluation.tiledFrom
      let canTile = factors.x.device == .cpu && factors.x.dtype != .bfloat16
      return isLarge && canTile ? sums.tiled(factors) : sums.plain(factors)
    }
  }
}
