/// How a Kullback–Leibler loss is computed. The value and the gradient are the same to rounding.
public enum Evaluation: Sendable {
  /// Plain for small batches, tiled for large ones.
  case automatic
  /// By the stored N × M matrix of scores.
  case plain

  func callAsFunction(_ sums: LogSums, _ factors: ScoreFactors) -> Tensor { sums.plain(factors) }
}
