import Files

/// The one functional of scores that every Kullback–Leibler loss is,
///
///     r · mean_i log Σ_j exp S_ij + c · mean_j log Σ_i exp S_ij + t · log Σ_ij exp S_ij − d · mean_i S_ii,
///
/// with the numbers r, c, t and d of the loss.
///
/// Logarithms of sums are always taken by the largest entry: exp S overflows float32 from S = 89 on.
struct LogSums {
  /// r, the weight of the mean over rows.
  var rows = 0.0
  /// c, the weight of the mean over columns.
  var columns = 0.0
  /// t, the weight of the sum over all pairs.
  var total = 0.0
  /// Whether that sum leaves out the pairs i = j.
  var isTotalOffDiagonal = false
  /// d, the weight of the mean of the diagonal.
  var diagonal = 0.0

  /// The value by the stored matrix: the plain formula, memory O(N M), differentiable by automatic
  /// differentiation. The reference for the tiled form.
  func plain(_ factors: ScoreFactors) -> Tensor {
    let s = factors.matrix
    var terms: [Tensor] = []
    if rows != 0 { terms.append(s.logSumExp(dim: 1).mean() * rows) }
    if columns != 0 { terms.append(s.logSumExp(dim: 0).mean() * columns) }
    if total != 0 {
      let used =
        isTotalOffDiagonal ? s.masked(factors.isPair, with: -.infinity) : s
      terms.append(used.logSumExp() * total)
    }
    if diagonal != 0 { terms.append(s.diagonal().mean() * -diagonal) }
    require(!terms.isEmpty, "LogSums: every weight is 0")
    return terms.dropFirst().reduce(terms[0], +)
  }

  /// The same in tiles: memory O(N + M) beyond the embeddings and their gradients where there are kernels, and a band of
  /// S elsewhere.
  func tiled(_ factors: ScoreFactors) -> Tensor {
    func each(_ weight: Double, _ count: Int) -> Tensor? {
      weight == 0
        ? nil
        : .full(
          [count], weight / Double(count), dtype: factors.dtype, device: factors.device)
    }
    var scores = factors.pairScores
    scores.isTotalOffDiagonal = isTotalOffDiagonal
    return scores.value(
      rows: each(rows, factors.rows), columns: each(columns, factors.columns), total: total,
      diagonal: each(diagonal, factors.rows))
  }

  /// The same of sums that were taken before, in their precision; nil where one is missing.
  func value(of known: PairScores.LogSums) -> Tensor? {
    let all = isTotalOffDiagonal ? known.total : known.rows?.logSumExp(dim: 0)
    let terms = [
      (rows, known.rows?.mean()), (columns, known.columns?.mean()), (total, all),
      (-diagonal, known.diagonal?.mean()),
    ].filter { $0.0 != 0 }
    let values = terms.compactMap { weight, value in value.map { $0 * weight } }
    guard let first = values.first, values.count == terms.count else { return nil }
    return values.dropFirst().reduce(first, +)
  }
}
