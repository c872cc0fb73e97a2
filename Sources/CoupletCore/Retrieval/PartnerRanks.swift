import Files

/// The ranks of partners within a matrix of scores that is walked over in blocks: a gallery of 100,000 needs
/// no N × N matrix. Arithmetic 2 N M d operations in double precision for partners on the diagonal. Processes that share
/// what is computed take queries of their own each: ranks are the same.
public enum PartnerRanks {
  /// Rows and columns of a block: 16 MB of scores.
  static let block = 1448

  /// For N queries and N candidates whose i-th belong together: the rank of each row's partner within its row
  /// and of each column's partner within its column, from one walk.
  public static func ofPairs(_ scores: ScoreFactors) -> (inRows: [Int], inColumns: [Int]) {
    withoutGradients {
      let factors = scores.to(.float64)
      let floors = floors(factors)
      let ranks = Communicator.sharing
      let own = ranks.share(of: factors.rows)
      var rows = Tensor.zeros([0], dtype: .int64, device: factors.device)
      var columns = Tensor.zeros([factors.columns], dtype: .int64, device: factors.device)
      if !own.isEmpty {
        (rows, columns) = factors.rows(own).pairScores.counts(
          rowFloors: floors[own], columnFloors: floors)
      }
      return (ranks.gather(rows).array(Int.self), ranks.sum(columns).array(Int.self))
    }
  }

  /// What a score must reach to count against a pair: the pair's own, less the rounding. Of formed scores in double
  /// precision.
  static func floors(_ factors: ScoreFactors) -> Tensor { factors.diagonal - margin(factors) }

  /// For queries (rows) and candidates (columns) that belong together when their groups are equal (images
  /// and labels, say): the rank of each query's best partner. Without any partner that is one
  /// more than the number of candidates.
  public static func ofGroups(
    _ scores: ScoreFactors, queries: [Int], candidates: [Int]
  ) -> [Int] {
    withoutGradients {
      let factors = scores.to(.float64)
      require(
        queries.count == factors.rows && candidates.count == factors.columns,
        "PartnerRanks: \(queries.count) × \(candidates.count) groups for \(factors.rows) × \(factors.columns) scores"
      )
      let slack = margin(factors)
      let candidateGroups = Tensor(candidates, device: factors.device)
      let ranks = Communicator.sharing
      let parts = blocks(ranks.share(of: factors.rows)).map { rows -> Tensor in
        let groups = Tensor(Array(queries[rows]), device: factors.device).unsqueezed(1)
        var best = Tensor.full([rows.count, 1], -.infinity, like: slack)
        for columns in blocks(0..<factors.columns) {
          let wrong = groups.equal(to: candidateGroups[columns]).not()
          let s = factors.rows(rows).columns(columns).matrix.masked(wrong, with: -.infinity)
          best = best.maximum(s.max(dim: 1, keepDim: true))
        }
        let threshold = best - slack[rows].unsqueezed(1)
        var rank = Tensor.ones([rows.count], like: candidateGroups)
        for columns in blocks(0..<factors.columns) {
          let wrong = groups.equal(to: candidateGroups[columns]).not()
          let s = factors.rows(rows).columns(columns).matrix
          rank = rank + reaches(s, threshold).and(wrong).sum(dim: 1)
        }
        return rank
      }
      let none = Tensor.zeros([0], like: candidateGroups)
      return ranks.gather(cat([none] + parts)).array(Int.self)
    }
  }

  /// The same for all partners of each query: their ranks in ascending order, of which the first is that of `ofGroups`.
  ///
  /// Partners do not count against one another, but stand in one list: the j-th has the rank j + the number of wrong
  /// candidates that score as high as it, or higher. One sort of every row: M log M operations for a query.
  public static func ofAllPartners(
    _ scores: ScoreFactors, queries: [Int], candidates: [Int]
  ) -> [[Int]] {
    withoutGradients {
      let factors = scores.to(.float64)
      require(
        queries.count == factors.rows && candidates.count == factors.columns,
        "PartnerRanks: \(queries.count) × \(candidates.count) groups for \(factors.rows) × \(factors.columns) scores"
      )
      // Also where scores are 0 exactly, a partner comes behind the wrong candidates of its score.
      let slack = margin(factors) + Double.leastNormalMagnitude
      let candidateGroups = Tensor(candidates, device: factors.device)
      let size = max(1, (1 << 21) / max(1, factors.columns))
      let ranks = Communicator.sharing
      let own = ranks.share(of: factors.rows)
      let found = stride(from: own.lowerBound, to: own.upperBound, by: size).flatMap {
        start -> [[Int]] in
        let rows = start..<min(start + size, own.upperBound)
        let groups = Tensor(Array(queries[rows]), device: factors.device).unsqueezed(1)
        let isPartner = groups.equal(to: candidateGroups)
        let s = factors.rows(rows).matrix
        // A score that is not a number counts against a partner, and never for one.
        let isNoNumber = s.equal(to: s).not()
        let wrong = s.masked(isNoNumber, with: .infinity)
        let own = (s - slack[rows].unsqueezed(1)).masked(isNoNumber, with: -.infinity)
        let keys = wrong.masked(isPartner, with: 0) + own.masked(isPartner.not(), with: 0)
        let order = keys.sorted(dim: 1, descending: true).indices
        let found = isPartner.to(.int64).gather(dim: 1, order).array(Int.self)
        return (0..<rows.count).map { row in
          (0..<candidates.count).compactMap {
            found[row * candidates.count + $0] > 0 ? $0 + 1 : nil
          }
        }
      }
      return ranks.gather(found)
    }
  }

  /// For N pairs that form groups, all of whose members are right answers (MATH §2): how well each row's
  /// partners are found among the columns, and each column's among the rows.
  /// - Parameter marks: of the samples in the rows and in the columns; those of one group with equal marks are one
  ///   candidate.
  /// - Parameter ofAll: measures the ranks of all partners, not of the best alone.
  static func metrics(
    _ scores: ScoreFactors, _ groups: Groups, marks: (rows: [Int?]?, columns: [Int?]?),
    ofAll: Bool = true
  ) -> (inRows: RetrievalMetrics, inColumns: RetrievalMetrics) {
    func metrics(_ scores: ScoreFactors, _ marks: [Int?]?) -> RetrievalMetrics {
      let candidates = groups.distinct(marks)
      return self.metrics(
        candidates.count == groups.numbers.count ? scores : scores.columns(at: candidates),
        queries: groups.numbers, candidates: candidates.map { groups.numbers[$0] }, ofAll: ofAll)
    }
    return (metrics(scores, marks.columns), metrics(scores.transposed, marks.rows))
  }

  /// Of queries and candidates that belong together when their groups are equal.
  static func metrics(
    _ scores: ScoreFactors, queries: [Int], candidates: [Int], ofAll: Bool
  ) -> RetrievalMetrics {
    ofAll
      ? RetrievalMetrics(
        partners: ofAllPartners(scores, queries: queries, candidates: candidates),
        candidates: candidates.count)
      : RetrievalMetrics(ranks: ofGroups(scores, queries: queries, candidates: candidates))
  }

  /// Whether scores count against a partner: a score that is not a number does.
  private static func reaches(_ scores: Tensor, _ threshold: Tensor) -> Tensor {
    scores.less(than: threshold).not()
  }

  /// What a score may be off by rounding, for each row: d ε (|x_i| max|y| + |a_i| + max|b|). Scores that are
  /// equal in exact arithmetic — candidates with the same embedding — must count as ties wherever in
  /// a block they are computed.
  static func margin(_ factors: ScoreFactors) -> Tensor {
    let epsilon = Double(factors.x.shape[1] + 2) * 0x1p-52
    var size = factors.x.norm(dim: 1) * factors.y.norm(dim: 1).max()
    // A bias of −∞ (a label of weight 0) is exact.
    func magnitude(_ bias: Tensor) -> Tensor {
      bias.abs().masked(bias.equal(to: -.infinity), with: 0)
    }
    if let a = factors.rowBias { size = size + magnitude(a) }
    if let b = factors.columnBias { size = size + magnitude(b).max() }
    // What is joined is evaluated in the precision of its weights.
    return size * epsilon + factors.joinedRounding
  }

  private static func blocks(_ range: Range<Int>) -> [Range<Int>] {
    stride(from: range.lowerBound, to: range.upperBound, by: block).map {
      $0..<min($0 + block, range.upperBound)
    }
  }
}
