/// How good a coupling is on given pairs: the numbers that `couplet evaluate` prints.
public struct EvaluationReport: Codable, Equatable, Sendable {
  /// The loss with all pairs as one batch, relative to the reference, in nats; nil for a single pair, which has no
  /// independent partner to be compared with.
  public var loss: Double?
  /// The same as the usual contrastive (CLIP) value, loss + log N for two sides (Theorem 2.8); for conditional
  /// losses.
  public var clipLoss: Double?
  /// For each modality that is retrieved, given the other: k ↦ the fraction of queries with a partner among
  /// the best k.
  public var recall: [String: [String: Double]]
  /// For each modality that is retrieved: the middle rank of the best partner, from 1.
  public var medianRank: [String: Double]
  /// For each modality that is retrieved: the mean of 1 / rank, in (0, 1].
  public var meanReciprocalRank: [String: Double]
  /// For each modality that is retrieved: nDCG@10, in [0, 1] (`RetrievalMetrics.ndcg`); nil where only the best
  /// partners were looked at.
  public var ndcg10: [String: Double]?
  /// For each modality that is retrieved: the mean average precision, in (0, 1]; nil as `ndcg10`.
  public var meanAveragePrecision: [String: Double]?
  /// The fraction of u whose label is the mode of ν(label | u), when v is a label.
  public var accuracy: Double?

  /// From numbers of a client's own, for a metric given to the trainer.
  public init(
    loss: Double?, clipLoss: Double? = nil, recall: [String: [String: Double]] = [:],
    medianRank: [String: Double] = [:], meanReciprocalRank: [String: Double] = [:],
    ndcg10: [String: Double]? = nil, meanAveragePrecision: [String: Double]? = nil,
    accuracy: Double? = nil
  ) {
    self.loss = loss
    self.clipLoss = clipLoss
    self.recall = recall
    self.medianRank = medianRank
    self.meanReciprocalRank = meanReciprocalRank
    self.ndcg10 = ndcg10
    self.meanAveragePrecision = meanAveragePrecision
    self.accuracy = accuracy
  }
}

extension Coupling {
  /// Measures retrieval in both directions, the loss and, for labels, the accuracy.
  ///
  /// Where a modality is a label (int64, one number a pair) the candidates are the distinct labels, and every
  /// pair with the same label is a correct partner.
  ///
  /// - Parameters:
  ///   - ks: the k of recall at k.
  ///   - ofAllPartners: measures nDCG and the mean average precision, for which the ranks of all right answers are looked
  ///     at: a sort of the candidates for every query that has several.
  /// - Throws: `Failure` when the samples cannot be read.
  public func evaluate(
    on pairs: PairedData, loss: any Loss, ks: [Int] = [1, 5, 10], ofAllPartners: Bool = true
  ) throws -> EvaluationReport {
    try withoutGradients {
      let embedded = try embed(pairs)
      let label = modalities.last { pairs[$0].space.labels != nil }
      let all = factors(embedded[0], embedded[1])
      // Ranks and loss take the same scores.
      var scores = all.isJoined ? all.formed : all
      let metrics: [String: RetrievalMetrics]
      if let label {
        metrics = try metricsOfLabels(label, pairs, embedded, ofAllPartners)
      } else if let groups = pairs.groups {
        metrics = try metricsOfGroups(groups, pairs, scores, ofAllPartners)
      } else {
        metrics = metricsOfPairs(&scores, loss)
      }
      let value = try self.value(of: loss, pairs, scores)
      let isLabel = pairs[modalities[1]].space.labels != nil
      return EvaluationReport(
        loss: value,
        clipLoss: value.flatMap { value in
          loss.usualOffset(pairs: pairs.pairsPerEpoch).map { value + $0 }
        },
        recall: metrics.mapValues { metric in
          Dictionary(ks.map { ("\($0)", metric.recall(at: $0)) }) { first, _ in first }
        },
        medianRank: metrics.mapValues(\.medianRank),
        meanReciprocalRank: metrics.mapValues(\.meanReciprocalRank),
        ndcg10: ofAllPartners ? metrics.mapValues { $0.ndcg(at: 10) } : nil,
        meanAveragePrecision: ofAllPartners ? metrics.mapValues(\.meanAveragePrecision) : nil,
        accuracy: isLabel ? metrics[modalities[1].name]?.recall(at: 1) : nil)
    }
  }

  /// All pairs as one batch; where they form groups, the mean over batches of one pair of each (MATH §2). nil where
  /// there are no independent partners.
  private func value(of loss: any Loss, _ pairs: PairedData, _ scores: ScoreFactors) throws
    -> Double?
  {
    guard pairs.pairsPerEpoch >= 2 else { return nil }
    guard let groups = pairs.groups else {
      let data = loss.usesData ? try pairs.batch(Array(0..<pairs.count)).map(brought) : nil
      return loss(ScoredBatch(pairs: scores, data: data)).item()
    }
    let values = try groups.draws(key: Key(0)).map { rows in
      loss(
        ScoredBatch(
          pairs: scores.pairs(at: rows),
          data: loss.usesData ? try pairs.batch(rows).map(brought) : nil)
      ).item()
    }
    return values.reduce(0, +) / Double(values.count)
  }

  /// The mean loss over consecutive batches of `size` pairs, as in training, relative to the reference, in nats; pairs
  /// beyond the last whole batch are left out.
  /// - Parameter pairs: independent ones, at least `size`.
  /// - Throws: `Failure` when the samples cannot be read.
  public func loss(_ loss: any Loss, on pairs: PairedData, batch size: Int) throws -> Double {
    require(size >= 2 && size <= pairs.count, "Coupling.loss: batches of \(size) of \(pairs.count)")
    return try withoutGradients {
      let embedded = try embed(pairs)
      let scores = factors(embedded[0], embedded[1])
      let values = try (0..<pairs.count / size).map { number in
        let rows = Array(number * size..<(number + 1) * size)
        return value(
          of: loss,
          ScoredBatch(
            pairs: scores.pairs(at: rows),
            data: loss.usesData ? try pairs.batch(rows).map(brought) : nil)
        ).item()
      }
      return values.reduce(0, +) / Double(values.count)
    }
  }

  /// How well partners are found; a loss that is a function of sums gets them from the same walk over the scores.
  private func metricsOfPairs(_ scores: inout ScoreFactors, _ loss: any Loss) -> [String:
    RetrievalMetrics]
  {
    let ranks: (inRows: [Int], inColumns: [Int])
    if loss.isShared && scores.rows > 1 {
      let survey = PairSurvey(scores.to(.float64))
      (ranks, scores) = (survey.ranks, scores.knowing(survey.sums))
    } else {
      ranks = PartnerRanks.ofPairs(scores)
    }
    return [
      modalities[0].name: RetrievalMetrics(ranks: ranks.inColumns),
      modalities[1].name: RetrievalMetrics(ranks: ranks.inRows),
    ]
  }

  /// Where pairs form groups, each distinct sample of a group is a candidate, and all of a group are right.
  private func metricsOfGroups(
    _ groups: Groups, _ pairs: PairedData, _ scores: ScoreFactors, _ ofAll: Bool
  ) throws -> [String: RetrievalMetrics] {
    let marks = try modalities.map { try Repeats.marks(of: pairs[$0]) }
    let metrics = PartnerRanks.metrics(
      scores, groups, marks: (marks[0], marks[1]), ofAll: ofAll)
    return [modalities[0].name: metrics.inColumns, modalities[1].name: metrics.inRows]
  }

  /// How well labels are found given their partners, and those partners given each label that occurs.
  private func metricsOfLabels(
    _ modality: Modality, _ pairs: PairedData, _ embedded: [Embedded], _ ofAll: Bool
  ) throws -> [String: RetrievalMetrics] {
    let partners = embedded[1 - place(of: modality)]
    let weights = self[modality].marginal
    func scores(_ classes: [Int]) -> ScoreFactors {
      factors(of: modality, given: partners, among: embed(modality, Tensor(classes)))
    }
    let truth = try pairs[modality].all().array(Int.self)
    let present = Set(truth).sorted()
    let classes = weights.map { Array(0..<$0.count) } ?? present
    let logWeights = weights?.to(partners.vectors.dtype).log()
    // Each distinct partner is one candidate.
    let partner = partner(of: modality)
    let rows = try pairs.groups.map { $0.distinct(try Repeats.marks(of: pairs[partner])) }
    let candidates = scores(present).transposed
    return [
      partner.name: PartnerRanks.metrics(
        rows.map(candidates.columns(at:)) ?? candidates, queries: present,
        candidates: rows.map { $0.map { truth[$0] } } ?? truth, ofAll: ofAll),
      modality.name: RetrievalMetrics(
        ranks: PartnerRanks.ofGroups(
          scores(classes).adding(columnBias: logWeights), queries: truth, candidates: classes)),
    ]
  }
}
