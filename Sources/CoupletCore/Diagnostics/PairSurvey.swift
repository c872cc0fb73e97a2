import Files
import Foundation

/// What one walk over the scores of N independent pairs finds: the sums that every Kullback–Leibler loss is made of, those
/// of the doubled scores, the ranks of partners, and what each half of the pairs says alone.
///
/// For the halves, pairs are taken in their order, and the matrix in the four parts that they make; every score is still
/// computed once. Processes that share the scores (`Communicator.sharing`) take rows of their own each: what they find of
/// these is complete, sums and counts of columns are partial, and are added in the order of the ranks (MATH §12). Counts are
/// exact, whoever took them.
///
/// Arithmetic: one product of 2 N² d operations in double precision and an exponential a score, cut among the processes.
/// Memory O(N d).
///
/// ```swift
/// let survey = PairSurvey(factors.to(.float64), halves: true)
/// survey.ranks.inRows        // of each row's partner, from 1
/// survey.halves              // for the bound of Nguyen, Wainwright and Jordan
/// ```
struct PairSurvey {
  /// Of rows, of columns, of the total off the diagonal, and the scores of the pairs, in the order of the pairs.
  private(set) var sums: PairScores.LogSums
  /// log Σ_j exp 2S_ij and log Σ_i exp 2S_ij, N values each, where they were asked for.
  private(set) var doubled: (rows: Tensor, columns: Tensor)?
  /// The rank of each row's partner within its row and of each column's within its column: `PartnerRanks`.
  let ranks: (inRows: [Int], inColumns: [Int])
  /// What each half of the pairs says of independent ones, where it was asked for.
  let halves: [IndependentTotal.Value]

  /// - Parameters:
  ///   - scores: N × N in double precision, partners on the diagonal.
  ///   - doubled: whether the sums of the doubled scores are wanted.
  ///   - halves: whether those of halves are wanted, of at least four pairs.
  init(_ scores: ScoreFactors, doubled: Bool = false, halves: Bool = false) {
    let count = scores.rows
    let parts = halves ? JackknifedBounds.halves(count) : []
    let order = parts.flatMap { $0 }
    let factors = parts.isEmpty ? scores : scores.pairs(at: order)
    let cuts = parts.isEmpty ? [0..<count] : [0..<parts[0].count, parts[0].count..<count]
    let ranks = Communicator.sharing
    let own = PairTally(factors, own: ranks.share(of: count), cuts: cuts, doubled: doubled)
    let all = own.joined(ranks)

    var places = [Int](repeating: 0, count: order.count)
    for (place, pair) in order.enumerated() { places[pair] = place }
    func inOrder(_ values: Tensor) -> Tensor {
      places.isEmpty ? values : values.indexSelect(Tensor(places, device: values.device))
    }
    sums = PairScores.LogSums(
      rows: inOrder(all.rows), columns: inOrder(all.columns),
      total: all.totals.logSumExp(dim: 0), diagonal: inOrder(all.diagonal))
    if doubled { self.doubled = (inOrder(all.doubledRows), inOrder(all.doubledColumns)) }
    self.ranks = (
      inOrder(all.rowCounts).array(Int.self), inOrder(all.columnCounts).array(Int.self)
    )
    let totals = all.totals.array(Double.self)
    self.halves = parts.indices.map { half in
      let n = Double(cuts[half].count)
      return IndependentTotal.Value(
        own: all.diagonal[cuts[half]].mean().item(), logMean: totals[3 * half] - log(n * (n - 1)))
    }
  }
}

/// What is known of some rows of a matrix of scores and of all its columns: in double precision, counts in integers.
private struct PairTally {
  /// Of the rows, in their order.
  var rows, doubledRows, diagonal, rowCounts: Tensor
  /// Of all columns.
  var columns, doubledColumns, columnCounts: Tensor
  /// Off the diagonal, of each part of the matrix, row of parts after row.
  var totals: Tensor

  /// - Parameters:
  ///   - own: the rows.
  ///   - cuts: what rows and columns are cut into.
  init(_ factors: ScoreFactors, own: Range<Int>, cuts: [Range<Int>], doubled: Bool) {
    let floors = withoutGradients { PartnerRanks.floors(factors) }
    func log(_ count: Int) -> Tensor { .full([count], -.infinity, like: floors) }
    func zeros(_ count: Int) -> Tensor {
      .zeros([count], dtype: .int64, device: factors.device)
    }
    (rows, doubledRows, diagonal) = (log(own.count), log(own.count), log(own.count))
    (columns, doubledColumns) = (log(factors.columns), log(factors.columns))
    (rowCounts, columnCounts) = (zeros(own.count), zeros(factors.columns))
    totals = log(cuts.count * cuts.count)
    for (i, cut) in cuts.enumerated() {
      let here = cut.clamped(to: own)
      guard !here.isEmpty else { continue }
      let place = here.shifted(by: -own.lowerBound)
      for (j, columns) in cuts.enumerated() {
        var part = factors.rows(here).columns(columns).pairScores
        part.isTotalOffDiagonal = true
        let found = part.survey(
          rowFloors: floors[here], columnFloors: floors[columns], doubled: doubled)
        add(found, rows: place, columns: columns, part: i * cuts.count + j)
      }
    }
  }

  private func add(
    _ found: PairScores.Survey, rows place: Range<Int>, columns: Range<Int>, part: Int
  ) {
    func add(_ sums: Tensor?, to all: Tensor, _ range: Range<Int>) {
      guard let sums else { return }
      // −∞ where there was nothing before.
      all[range].copy(
        from: stack([all[range], sums.reshaped([range.count])]).logSumExp(dim: 0))
    }
    add(found.sums.rows, to: rows, place)
    add(found.sums.columns, to: self.columns, columns)
    add(found.doubledRows, to: doubledRows, place)
    add(found.doubledColumns, to: doubledColumns, columns)
    add(found.sums.total, to: totals, part..<part + 1)
    if let own = found.sums.diagonal, own.count > 0 { diagonal[place].copy(from: own) }
    rowCounts[place].copy(from: rowCounts[place] + found.rowCounts)
    columnCounts[columns].copy(from: columnCounts[columns] + found.columnCounts)
  }

  /// Of the rows of all processes.
  func joined(_ ranks: Communicator) -> PairTally {
    guard ranks.size > 1 else { return self }
    func logSum(_ own: Tensor) -> Tensor { ranks.gather(own.unsqueezed(0)).logSumExp(dim: 0) }
    var all = self
    all.rows = ranks.gather(rows)
    all.doubledRows = ranks.gather(doubledRows)
    all.diagonal = ranks.gather(diagonal)
    all.rowCounts = ranks.gather(rowCounts)
    all.columns = logSum(columns)
    all.doubledColumns = logSum(doubledColumns)
    all.totals = logSum(totals)
    all.columnCounts = ranks.sum(columnCounts)
    return all
  }
}
