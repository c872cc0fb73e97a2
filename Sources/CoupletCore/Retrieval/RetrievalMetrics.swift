import Files
import Foundation

/// How well partners are found, in one direction (MATH §6).
///
/// The rank of a query is 1 + the number of wrong candidates that score as high as its best partner or
/// higher: ties count against the model. Where a query has several partners, other partners are never
/// counted as wrong.
public struct RetrievalMetrics: Equatable, Sendable {
  /// The rank of each query's best partner, from 1.
  public let ranks: [Int]
  /// The ranks of all partners of each query, ascending; nil where each has one, or only the best is known.
  private let partners: [[Int]]?

  /// From the rank of each query's best partner, from 1; at least one query.
  public init(ranks: [Int]) {
    require(!ranks.isEmpty, "RetrievalMetrics: no queries")
    self.ranks = ranks
    partners = nil
  }

  /// From the ranks of all partners of each query, ascending from 1; at least one query.
  ///
  /// ```swift
  /// RetrievalMetrics(partners: [[1, 3], [2]], candidates: 10).meanAveragePrecision   // (5/6 + 1/2) / 2
  /// ```
  /// - Parameter candidates: their number; a query without a partner has the rank behind the last.
  public init(partners: [[Int]], candidates: Int) {
    require(!partners.isEmpty, "RetrievalMetrics: no queries")
    ranks = partners.map { $0.first ?? candidates + 1 }
    self.partners = partners.allSatisfy { $0.count == 1 } ? nil : partners
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

  /// The mean over queries of the average precision, in [0, 1]: of Σ_j j / rank_j over the partners of a query, divided by
  /// their number. For queries of one partner each it is the mean reciprocal rank.
  ///
  /// Manning, Raghavan and Schütze, Introduction to Information Retrieval (2008), section 8.4.
  public var meanAveragePrecision: Double {
    mean { ranks in
      let precisions = ranks.enumerated().map { Double($0 + 1) / Double($1) }
      return precisions.reduce(0, +) / Double(ranks.count)
    }
  }

  /// The mean over queries of nDCG@k, in [0, 1]: of Σ 1 / log₂(1 + rank) over the partners among the best k, divided by
  /// its value where partners fill the first places.
  ///
  /// Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques (2002), with gains 0 and 1.
  public func ndcg(at k: Int) -> Double {
    func gain(_ ranks: some Sequence<Int>) -> Double {
      ranks.reduce(0) { $0 + ($1 <= k ? 1 / log2(1 + Double($1)) : 0) }
    }
    return mean { gain($0) / gain(1...min(k, $0.count)) }
  }

  /// The mean over queries; 0 for one without a partner.
  private func mean(_ value: ([Int]) -> Double) -> Double {
    let sum =
      partners?.reduce(0) { $1.isEmpty ? $0 : $0 + value($1) }
      ?? ranks.reduce(0) { $0 + value([$1]) }
    return sum / Double(ranks.count)
  }
}
