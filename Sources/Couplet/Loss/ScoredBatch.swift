/// What a loss is a function of: the scores of a batch of N pairs, and of its reference measures.
public struct ScoredBatch {
  /// S_ij = s(uⁱ, vʲ), N × N; partners stand on the diagonal.
  public let pairs: ScoreFactors

  public init(pairs: ScoreFactors) {
    precondition(
      pairs.rows == pairs.columns, "ScoredBatch: \(pairs.rows) × \(pairs.columns) scores of pairs")
    self.pairs = pairs
  }

  /// N.
  public var count: Int { pairs.rows }
}
