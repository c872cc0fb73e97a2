import Files

/// For every query, the mass of its learned conditional below its partner and level with it, in each statistic
/// and, last, in the order of falling density. Walks over the queries in blocks; processes that share what is computed over
/// queries of their own each.
struct PartnerMass {
  struct Candidates {
    /// n × k.
    let statistics: Tensor
    /// log m, n; uniform when nil.
    let logWeights: Tensor?
    /// Whether the partners are among the candidates already; else each query gets its own added, with
    /// the weight of one candidate.
    let includePartner: Bool
  }

  /// Σ w 1[T_k < T*], Q × (k + 1).
  let below: Tensor
  /// Σ w 1[T_k = T*], the partner's own weight included.
  let tied: Tensor

  /// Scores in a block: 4 MB, of which half a dozen are held at once.
  private static let blockSize = 1 << 19

  init(
    _ scores: ScoreFactors, own: Tensor, ownStatistics: Tensor, among candidates: Candidates
  ) {
    let factors = scores.to(.float64)
    let count = candidates.statistics.shape[1]
    require(
      own.shape == [factors.rows] && ownStatistics.shape == [factors.rows, count]
        && candidates.statistics.shape[0] == factors.columns,
      "PartnerMass: \(factors.rows) × \(factors.columns) scores, own \(own.shape), statistics "
        + "\(ownStatistics.shape) and \(candidates.statistics.shape)")
    let own = own.to(.float64)
    let margin = PartnerRanks.margin(factors)
    let columns = (0..<count).map { candidates.statistics.select(dim: 1, $0) }
    let rows = max(1, PartnerMass.blockSize / factors.columns)
    let ranks = Communicator.sharing
    let queries = ranks.share(of: factors.rows)
    let parts = stride(from: queries.lowerBound, to: queries.upperBound, by: rows).map { start in
      let range = start..<min(start + rows, queries.upperBound)
      let s = factors.rows(range).matrix
      let ownScore = own[range].unsqueezed(1)
      let logits = candidates.logWeights.map { s + $0 } ?? s
      var normalizer = logits.logSumExp(dim: 1, keepDim: true)
      if !candidates.includePartner { normalizer = ownScore.logAddExp(normalizer) }
      let w = (logits - normalizer).exp()
      let extra =
        candidates.includePartner
        ? ownScore.zerosLike().squeezed(1) : (ownScore - normalizer).exp().squeezed(1)
      func mass(_ kept: Tensor) -> Tensor { w.masked(kept.not(), with: 0).sum(dim: 1) }
      let partners = (0..<count).map { ownStatistics[range].narrow(dim: 1, $0..<$0 + 1) }
      var below = zip(columns, partners).map { mass($0.less(than: $1)) }
      var tied = zip(columns, partners).map { mass($0.equal(to: $1)) + extra }
      // Scores that differ by no more than their rounding are equal.
      let slack = margin[range].unsqueezed(1)
      let excess = s - ownScore
      below.append(mass(excess.greater(than: slack)))
      tied.append(mass(excess.abs().lessOrEqual(slack)) + extra)
      return (stack(below, dim: 1), stack(tied, dim: 1))
    }
    let none = Tensor.zeros([0, count + 1], like: own)
    below = ranks.gather(cat([none] + parts.map(\.0)))
    tied = ranks.gather(cat([none] + parts.map(\.1)))
  }
}
