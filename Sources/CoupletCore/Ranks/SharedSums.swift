// The sums of a loss over ranks (MATH §12): every rank holds the embeddings of the whole batch, and walks over the tiles of
// rows of its own.

extension LogSums {
  /// The value of the whole matrix, the same on all ranks, whose gradient is this rank's part of the whole: the parts of
  /// all ranks add up to it.
  ///
  /// Sums over the rank's rows are complete; those of columns and of the whole are partial, gathered (P × M) and added in
  /// the order of the ranks. Then every tile's gradient is that of the whole.
  func shared(_ factors: ScoreFactors, among ranks: Communicator) -> Tensor {
    let (count, own) = (factors.rows, ranks.share(of: factors.rows))
    var part: PairScores? = own.isEmpty ? nil : factors.rows(own).pairScores
    part?.isTotalOffDiagonal = isTotalOffDiagonal
    let sums = gathered(part, like: factors, among: ranks)
    func each(_ weight: Double, _ count: Int, of all: Int) -> Tensor? {
      weight == 0
        ? nil
        : .full([count], weight / Double(all), dtype: factors.dtype, device: factors.device)
    }
    let p = each(rows, own.count, of: count)
    let t = each(diagonal, own.count, of: count)
    let q = each(columns, factors.columns, of: factors.columns)
    let value = withoutGradients {
      let wide = factors.device.widestFloat
      func weighed(_ values: Tensor?, _ weight: Double) -> Tensor {
        values.map { $0.to(wide).sum() * weight } ?? .zeros([], dtype: wide, device: factors.device)
      }
      let mine =
        weighed(sums.rows, rows / Double(count)) - weighed(sums.diagonal, diagonal / Double(count))
      var value = ranks.sum(mine.unsqueezed(0)).squeezed(0)
      value = value + weighed(sums.columns, columns / Double(factors.columns))
      if total != 0 { value = value + weighed(sums.total, total) }
      return value.to(factors.dtype)
    }
    return part?.value(rows: p, columns: q, total: total, diagonal: t, of: sums, known: value)
      ?? value
  }

  /// The rank's own sums of rows and scores of pairs, and everybody's of columns and of the whole.
  private func gathered(
    _ part: PairScores?, like factors: ScoreFactors, among ranks: Communicator
  ) -> PairScores.LogSums {
    var kinds: PairScores.Kinds = []
    if rows != 0 { kinds.insert(.rows) }
    if columns != 0 { kinds.insert(.columns) }
    if total != 0 { kinds.insert(.total) }
    if diagonal != 0 { kinds.insert(.diagonal) }
    return withoutGradients {
      var sums = part?.logSums(kinds) ?? PairScores.LogSums()
      func whole(_ own: Tensor?, _ shape: [Int]) -> Tensor {
        let own =
          own
          ?? .full(shape, -.infinity, dtype: factors.dtype, device: factors.device)
        return ranks.gather(own.unsqueezed(0)).logSumExp(dim: 0)
      }
      if columns != 0 { sums.columns = whole(sums.columns, [factors.columns]) }
      if total != 0 { sums.total = whole(sums.total, []) }
      return sums
    }
  }
}
