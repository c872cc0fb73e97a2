/// How a loss is computed. The value and the gradient are the same to rounding.
public enum Evaluation: Sendable {
  /// The faster form. For the Kullback–Leibler losses that is the tiled one, for any batch: value and
  /// gradient take it 0.25 to 0.6 of the plain form's time from N = 16 on (`bench/loss.py --small`). The plain
  /// one serves where there are no kernels: off the processor, and in bfloat16.
  case automatic
  /// By the stored N × M matrix of scores.
  case plain
  /// In tiles, without the matrix (MATH §7).
  case tiled

  /// From this many pairs on, the kernel losses are computed in tiles: the time of the plain form over that of the
  /// tiled one is 0.9 to 1.0 for 512 pairs, 1.05 for 1,024, 1.2 for 2,048 (`bench/loss.py --kernels`), and a stored
  /// N × N matrix takes 4 MB here, of which both losses need several.
  static let kernelsTiledFrom = 1024

  /// Whether a maximum mean discrepancy loss of N pairs is computed in tiles.
  func tilesKernels(_ count: Int) -> Bool {
    switch self {
    case .plain: false
    case .tiled: true
    case .automatic: count >= Evaluation.kernelsTiledFrom
    }
  }

  func callAsFunction(_ sums: LogSums, _ factors: ScoreFactors) -> Tensor {
    if let value = factors.knownSums.flatMap(sums.value) { return value }
    // What is joined has parameters of its own, which only automatic differentiation reaches.
    guard !factors.isJoined else { return sums.plain(factors) }
    let ranks = Communicator.sharing
    if ranks.size > 1 { return sums.shared(factors, among: ranks) }
    switch self {
    case .plain: return sums.plain(factors)
    case .tiled: return sums.tiled(factors)
    case .automatic:
      let canTile = factors.device == .cpu && factors.dtype != .bfloat16
      return canTile ? sums.tiled(factors) : sums.plain(factors)
    }
  }
}
