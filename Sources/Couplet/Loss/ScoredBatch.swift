/// What a loss is a function of: the scores of a batch of N pairs and of its reference measures, and the data
/// themselves where a kernel compares them.
public struct ScoredBatch {
  /// S_ij = s(uⁱ, vʲ), N × N; partners stand on the diagonal.
  public let pairs: ScoreFactors
  /// Scores of a reference {(uᵏ, m_k)} with the batch's v, M × N, log m_k added; nil when the reference is the
  /// batch itself. Σ m = 1.
  public let referenceU: ScoreFactors?
  /// Scores of the batch's u with a reference {(vᵏ, m_k)}, N × M, log m_k added; nil for the batch.
  public let referenceV: ScoreFactors?
  /// Scores of both references, log m_k of both added: what a joint normaliser is taken over. Present when
  /// either reference is.
  public let referenceBoth: ScoreFactors?
  /// The pairs' data, for losses with kernels.
  public let data: PairedData?

  public init(pairs: ScoreFactors, data: PairedData? = nil) {
    self.init(pairs: pairs, referenceU: nil, referenceV: nil, referenceBoth: nil, data: data)
  }

  init(
    pairs: ScoreFactors, referenceU: ScoreFactors?, referenceV: ScoreFactors?,
    referenceBoth: ScoreFactors?, data: PairedData?
  ) {
    precondition(
      pairs.rows == pairs.columns, "ScoredBatch: \(pairs.rows) × \(pairs.columns) scores of pairs")
    self.pairs = pairs
    self.referenceU = referenceU
    self.referenceV = referenceV
    self.referenceBoth = referenceBoth
    self.data = data
  }

  /// N.
  public var count: Int { pairs.rows }

  func requireData(for loss: String) -> PairedData {
    guard let data else { preconditionFailure("the loss \(loss) needs the data of the pairs") }
    precondition(data.count == count, "ScoredBatch: \(count) pairs scored, data of \(data.count)")
    return data
  }
}

extension Coupling {
  /// The scores of embedded pairs, over references on request (eqs. 9, 15, 16).
  public func score(
    _ u: Embedded, _ v: Embedded, over references: (u: ReferenceMeasure?, v: ReferenceMeasure?),
    data: PairedData? = nil
  ) -> ScoredBatch {
    let (ru, rv) = references
    let both: ScoreFactors? =
      ru == nil && rv == nil
      ? nil
      : factors(ru?.embedded ?? u, rv?.embedded ?? v).adding(
        rowBias: ru?.logWeights ?? .uniformLogWeights(like: u.vectors),
        columnBias: rv?.logWeights ?? .uniformLogWeights(like: v.vectors))
    return ScoredBatch(
      pairs: factors(u, v),
      referenceU: ru.map { factors($0.embedded, v).adding(rowBias: $0.logWeights) },
      referenceV: rv.map { factors(u, $0.embedded).adding(columnBias: $0.logWeights) },
      referenceBoth: both, data: data)
  }
}
