import Files

/// How well partners are found, in one direction (MATH §6).
///
/// The rank of a query is 1 + the number of wrong candidates that score as high as its best partner or
/// higher: ties count against the model. Where a query has several partners, other partners are never
/// counted as wrong.
public struct RetrievalMetrics: Equatable, Sendable {
  /// The rank of each query's best partner, from 1.
  public let ranks: [Int]

  /// From the rank of each query's best partner, from 1; at least one query.
  public init(ranks: [Int]) {
    require(!ranks.isEmpty, "RetrievalMetrics: no queries")
    self.ranks = ranks
  }

  /// The fraction of queries with a partner among the best k.
  public func recall(at k: Int) -> Double {
    Double(ranks.count { $0 <= k }) / Double(ranks.count)
  }

  /// The middle rank; the mean of the two middle ones for an even number of queries.
  public var medianRank: Double {
    let sorted = ranks.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1
      ? Double(sorted[middle]) : Double(sorted[middle - 1] + sorted[middle]) / 2
  }

  /// The mean of 1 / rank.
  public var meanReciprocalRank: Double {
    ranks.reduce(0) { $0 + 1 / Double($1) } / Double(ranks.count)
  }
}
