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

extension ScoredBatch {
  /// The scores of pairs in succession with one another, over the same references.
  func parts(_ ranges: [Range<Int>]) -> [ScoredBatch] {
    zip(ranges, pairs.blocks(ranges)).map { range, pairs in
      ScoredBatch(
        pairs: pairs, references: [references[0]?.columns(range), references[1]?.rows(range)],
        jointReference: jointReference, data: data?.map { $0[range] })
    }
  }
}

extension Coupling {
  /// The loss of a batch, a scalar: of all pairs with one another or, of a pair score, the mean over blocks of K + 1 of
  /// them (MATH §14). Of K + 1 pairs it is the plain loss.
  ///
  /// ```swift
  /// coupling.value(of: ConditionalLoss(.twoSided), coupling.score([u, v])).backward()
  /// ```
  public func value(of loss: any Loss, _ batch: ScoredBatch) -> Tensor {
    guard let blocks = tilting.pair?.batches(of: batch.count), blocks.count > 1 else {
      return loss(batch)
    }
    let terms = batch.parts(blocks).map {
      loss($0) * (Double($0.count) / Double(batch.count))
    }
    return terms.dropFirst().reduce(terms[0], +)
  }

  /// How many pairs of a batch of `count` are contrasted with one another: all or, of a pair score, a block of K + 1.
  public func contrasted(of count: Int) -> Int {
    tilting.pair?.batches(of: count)[0].count ?? count
  }

  /// By how much the usual contrastive value of a batch of so many pairs exceeds their loss; nil where the loss has none.
  public func usualOffset(of loss: any Loss, pairs: Int) -> Double? {
    let blocks = tilting.pair?.batches(of: pairs) ?? [0..<pairs]
    let offsets = blocks.compactMap { block in
      loss.usualOffset(pairs: block.count).map { $0 * Double(block.count) / Double(pairs) }
    }
    return offsets.isEmpty ? nil : offsets.reduce(0, +)
  }

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
