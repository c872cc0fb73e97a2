/// How a loss is computed. The value and the gradient are the same to rounding.
public enum Evaluation: Sendable {
  /// The faster form. For the Kullback–Leibler losses that is the tiled one, for any batch: value and
  /// gradient take it 0.25 to 0.6 of the plain form's time from N = 16 on (`bench/loss.py --small`). The plain
  /// one serves where there are no tiles: off the processor, and in bfloat16.
  case automatic
  /// By the stored N × M matrix of scores.
  case plain
  /// In tiles, without the matrix (MATH §7); on the processor.
  case tiled

  /// From this many pairs on, the kernel losses are computed in tiles: a stored N × N matrix then takes 16 MB,
  /// and both losses need several.
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
      let canTile = factors.u.device == .cpu && factors.u.dtype != .bfloat16
      return canTile ? sums.tiled(factors) : sums.plain(factors)
    }
  }
}
