/// How good a coupling is on given pairs: the numbers that `couplet evaluate` prints.
public struct EvaluationReport: Codable, Equatable, Sendable {
  /// The loss with all pairs as one batch, relative to the reference, in nats.
  public var loss: Double
  /// The same as the usual contrastive (CLIP) value, loss + log N for two sides (Theorem 2.8); for conditional
  /// losses.
  public var clipLoss: Double?
  /// For each modality that is retrieved, given the other: k ↦ the fraction of queries with a partner among
  /// the best k.
  public var recall: [String: [String: Double]]
  public var medianRank: [String: Double]
  public var meanReciprocalRank: [String: Double]
  /// The fraction of u whose label is the mode of ν(label | u), when v is a label.
  public var accuracy: Double?
}

extension Coupling {
  /// Measures retrieval in both directions, the loss and, for labels, the accuracy.
  ///
  /// Where a modality is a label (int64, one number a pair) the candidates are the distinct labels, and every
  /// pair with the same label is a correct partner.
  ///
  /// - Parameters:
  ///   - ks: the k of recall at k.
  ///   - labelWeights: reference weights of the labels 0, 1, … for the accuracy; uniform when nil.
  public func evaluate(
    on pairs: PairedData, loss: any Loss, ks: [Int] = [1, 5, 10], labelWeights: Tensor? = nil
  ) -> EvaluationReport {
    withoutGradients {
      let (u, v) = (embed(.u, pairs.u), embed(.v, pairs.v))
      let label = [Modality.v, .u].first { Coupling.isLabel(pairs[$0]) }
      let ranks =
        label.map { ranksOfLabels($0, pairs[$0], of: $0 == .v ? u : v, weights: labelWeights) }
        ?? ranksOfPairs(u, v)
      let metrics = ranks.mapValues(RetrievalMetrics.init)
      let value = loss(
        ScoredBatch(pairs: factors(u, v), data: loss.usesData ? pairs : nil)
      ).item()
      return EvaluationReport(
        loss: value, clipLoss: loss.usualOffset(pairs: pairs.count).map { value + $0 },
        recall: metrics.mapValues { metric in
          Dictionary(ks.map { ("\($0)", metric.recall(at: $0)) }) { first, _ in first }
        },
        medianRank: metrics.mapValues(\.medianRank),
        meanReciprocalRank: metrics.mapValues(\.meanReciprocalRank),
        accuracy: Coupling.isLabel(pairs.v) ? metrics["v"]?.recall(at: 1) : nil)
    }
  }

  /// Whether data is labels: one integer a pair.
  public static func isLabel(_ data: Tensor) -> Bool { data.rank == 1 && data.dtype == .int64 }

  private func ranksOfPairs(_ u: Embedded, _ v: Embedded) -> [String: [Int]] {
    let ranks = PartnerRanks.ofPairs(factors(u, v))
    return ["u": ranks.inColumns, "v": ranks.inRows]
  }

  /// Ranks of the labels given their partners, and of the best of those partners given each label that occurs.
  private func ranksOfLabels(
    _ modality: Modality, _ labels: Tensor, of partners: Embedded, weights: Tensor?
  ) -> [String: [Int]] {
    func scores(_ classes: [Int]) -> ScoreFactors {
      let embedded = embed(modality, Tensor(classes))
      return modality == .v
        ? factors(partners, embedded) : factors(embedded, partners).transposed
    }
    let truth = labels.array(Int.self)
    let present = Set(truth).sorted()
    let classes = weights.map { Array(0..<$0.count) } ?? present
    let logWeights = weights?.to(partners.vectors.dtype).log()
    return [
      modality.partner.rawValue: PartnerRanks.ofGroups(
        scores(present).transposed, queries: present, candidates: truth),
      modality.rawValue: PartnerRanks.ofGroups(
        scores(classes).adding(columnBias: logWeights), queries: truth, candidates: classes),
    ]
  }
}
