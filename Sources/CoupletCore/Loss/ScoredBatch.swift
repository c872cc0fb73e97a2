/// What a loss is a function of: the scores of a batch of N pairs and of its reference measures, and the data
/// themselves where a kernel compares them.
public struct ScoredBatch {
  /// S_ij = s(uⁱ, vʲ), N × N; partners stand on the diagonal.
  public let pairs: ScoreFactors
  /// For the first side the scores of a reference {(uᵏ, m_k)} with the batch's v, M × N, for the second those of the
  /// batch's u with a reference {(vᵏ, m_k)}, N × M; log m_k added, Σ m = 1. nil when the reference is the batch
  /// itself.
  public let references: [ScoreFactors?]
  /// Scores of both references, log m_k of both added: what a joint normaliser is taken over. Present when
  /// either reference is.
  public let jointReference: ScoreFactors?
  /// The pairs' samples, one tensor a side, for losses with kernels.
  public let data: [Tensor]?

  /// Pairs whose reference is the batch.
  public init(pairs: ScoreFactors, data: [Tensor]? = nil) {
    self.init(pairs: pairs, references: [nil, nil], jointReference: nil, data: data)
  }

  init(
    pairs: ScoreFactors, references: [ScoreFactors?], jointReference: ScoreFactors?,
    data: [Tensor]?
  ) {
    require(
      pairs.rows == pairs.columns, "ScoredBatch: \(pairs.rows) × \(pairs.columns) scores of pairs")
    self.pairs = pairs
    self.references = references
    self.jointReference = jointReference
    self.data = data
  }

  /// N.
  public var count: Int { pairs.rows }

  func requireData(for loss: String) -> [Tensor] {
    guard let data, data.allSatisfy({ $0.shape[0] == count }) else {
      // A programmer's error: whoever scores a batch for a loss that `usesData` gives them.
      fatalError("ScoredBatch: the loss \(loss) needs the data of all \(count) pairs")
    }
    return data
  }
}

extension Coupling {
  /// The scores of embedded pairs, over references on request (eqs. 9, 15, 16).
  /// - Parameters:
  ///   - batch: the embeddings of the pairs, in the order of the sides.
  ///   - references: likewise; nil for the batch itself.
  public func score(
    _ batch: [Embedded], over references: [ReferenceMeasure?] = [nil, nil], data: [Tensor]? = nil
  ) -> ScoredBatch {
    let (u, v) = (batch[0], batch[1])
    let (ru, rv) = (references[0], references[1])
    let joint: ScoreFactors? =
      ru == nil && rv == nil
      ? nil
      : factors(ru?.embedded ?? u, rv?.embedded ?? v).adding(
        rowBias: ru?.logWeights ?? .uniformLogWeights(like: u.vectors),
        columnBias: rv?.logWeights ?? .uniformLogWeights(like: v.vectors))
    return ScoredBatch(
      pairs: factors(u, v),
      references: [
        ru.map { factors($0.embedded, v).adding(rowBias: $0.logWeights) },
        rv.map { factors(u, $0.embedded).adding(columnBias: $0.logWeights) },
      ],
      jointReference: joint, data: data)
  }
}
