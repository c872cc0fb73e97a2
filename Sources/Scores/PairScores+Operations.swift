import Files
import Torch

// The sums of `PairScores` by tensor operations: where there are no kernels, and the plain formulas that the kernels
// are held against. A tile of rows of S is stored at a time.

extension PairScores {
  private static let tileRows = 512

  private var tiles: [Range<Int>] {
    stride(from: 0, to: x.shape[0], by: PairScores.tileRows).map {
      $0..<min($0 + PairScores.tileRows, x.shape[0])
    }
  }

  /// These scores as those of inner products, part of the same automatic differentiation.
  private var factors: ScoreFactors {
    require(
      form == .innerProduct,
      "PairScores: no kernels for \(x.dtype) on \(x.device); form the factors first")
    let products = ScoreFactors(x, y, .innerProduct, scale, rowBias, columnBias, offset).formed
    return joined.map { products.adding($0) } ?? products
  }

  func logSumsByOperations(_ kinds: Kinds) -> LogSums {
    withoutGradients {
      let factors = factors
      var (rows, columns, totals, diagonals): ([Tensor], [Tensor], [Tensor], [Tensor]) =
        ([], [], [], [])
      for range in tiles {
        let part = factors.rows(range)
        let s = part.matrix
        if kinds.contains(.rows) { rows.append(s.logSumExp(dim: 1)) }
        // Joined with those before, so that the memory stays that of two rows.
        if kinds.contains(.columns) {
          columns = [stack(columns + [s.logSumExp(dim: 0)]).logSumExp(dim: 0)]
        }
        if kinds.contains(.diagonal) { diagonals.append(part.pairs(of: s)) }
        let counted = isTotalOffDiagonal ? s.masked(part.isPair, with: -.infinity) : s
        if kinds.contains(.total) { totals.append(counted.logSumExp()) }
      }
      return LogSums(
        rows: rows.isEmpty ? nil : cat(rows), columns: columns.first,
        total: totals.isEmpty ? nil : stack(totals).logSumExp(dim: 0),
        diagonal: diagonals.isEmpty ? nil : cat(diagonals))
    }
  }

  func countsByOperations(_ rowFloors: Tensor, _ columnFloors: Tensor) -> (
    rows: Tensor, columns: Tensor
  ) {
    withoutGradients {
      let factors = factors
      var rows: [Tensor] = []
      var columns = Tensor.zeros([y.shape[0]], dtype: .int64, device: y.device)
      for range in tiles {
        let s = factors.rows(range).matrix
        rows.append(s.less(than: rowFloors[range].unsqueezed(1)).not().sum(dim: 1))
        columns = columns + s.less(than: columnFloors).not().sum(dim: 0)
      }
      return (cat(rows), columns)
    }
  }

  func surveyByOperations(_ rowFloors: Tensor, _ columnFloors: Tensor, _ doubled: Bool) -> Survey {
    let counts = countsByOperations(rowFloors, columnFloors)
    let squares = doubled ? timesTwo.logSums([.rows, .columns]) : LogSums()
    return Survey(
      sums: logSums([.rows, .columns, .total, .diagonal]), doubledRows: squares.rows,
      doubledColumns: squares.columns, rowCounts: counts.rows, columnCounts: counts.columns)
  }

  /// 2 S.
  private var timesTwo: PairScores {
    var doubled = self
    doubled.x = x * 2
    doubled.rowBias = rowBias.map { $0 * 2 }
    doubled.columnBias = columnBias.map { $0 * 2 }
    doubled.joined = joined?.times(2)
    return doubled
  }

  /// The best columns of each row from the stored matrix. Scores within the rounding of the k-th best are among them.
  func bestByOperations(_ k: Int, floor: Tensor?, reference: Tensor?) -> Best {
    let s = factors.matrix.to(x.device.widestFloat)
    let top = s.max(dim: 1, keepDim: true)
    let shift = top.masked(top.equal(to: -.infinity), with: 0)
    let isOut = s.equal(to: -.infinity)
    let excess = (s - shift).masked(isOut, with: 0)
    let e = excess.exp().masked(isOut, with: 0)
    let reference = reference?.to(s.dtype)
    let weighed = reference.map { (e * $0).sum(dim: 1) } ?? e.zerosLike().sum(dim: 1)
    let best = reference.map { (s - $0).max(dim: 1) } ?? s.max(dim: 1)
    let moments = stack(
      [
        s.max(dim: 1), e.sum(dim: 1), e.square().sum(dim: 1), (e * excess).sum(dim: 1), weighed,
        best,
      ], dim: 1)
    let kth = s.topK(min(k, s.shape[1])).values.min(dim: 1)
    let least = floor.map { kth.maximum($0.to(s.dtype)) } ?? kth
    // −∞ stays −∞.
    let size = least.abs().maximum(.ones([1], like: least)).masked(
      least.equal(to: -.infinity), with: 1)
    let threshold = least - size * JoinedScores.rounding(joined?.origin ?? x.dtype)
    let places = s.less(than: threshold.unsqueezed(1)).or(isOut).not().nonzero()
    return Best(
      rows: places.select(dim: 1, 0).clone(), columns: places.select(dim: 1, 1).clone(),
      moments: moments.to(.float64), isFinite: x.allFinite() && y.allFinite())
  }

  /// `value` with its gradient with respect to the factors, which passes on through what these are made of.
  func valueByOperations(_ value: Tensor, of sums: LogSums, _ weights: Weights) -> Tensor {
    let formed = factors
    let gradients = withoutGradients { gradientByOperations(formed.detached, sums, weights) }
    let inputs = [formed.u, formed.v, formed.addedToRows, formed.addedToColumns]
    let present = zip(inputs, gradients).compactMap { input, gradient in
      input.map { ($0, gradient) }
    }
    return differentiated(value, inputs: present.map(\.0), gradients: present.map(\.1))
  }

  /// G y, Gᵀ x, and the sums of G over columns and rows.
  private func gradientByOperations(
    _ factors: ScoreFactors, _ sums: LogSums, _ weights: Weights
  ) -> [Tensor] {
    var (dx, da): ([Tensor], [Tensor]) = ([], [])
    var dy = y.zerosLike(), db = Tensor.zeros([y.shape[0]], like: y)
    var paired = 0
    for range in tiles {
      let part = factors.rows(range)
      let s = part.matrix
      var g = s.zerosLike()
      if let p = weights.rows, let rows = sums.rows {
        g = g + (s - finite(rows[range]).unsqueezed(1)).exp() * p[range].unsqueezed(1)
      }
      if let q = weights.columns, let columns = sums.columns {
        g = g + (s - finite(columns)).exp() * q
      }
      if weights.total != 0, let total = sums.total {
        let w = (s - finite(total)).exp() * weights.total
        g = g + (isTotalOffDiagonal ? w.masked(part.isPair, with: 0) : w)
      }
      if let t = weights.diagonal {
        let own = paired..<paired + part.pairedRows.count
        part.pairs(of: g).copy(from: part.pairs(of: g) - t[own])
        paired = own.upperBound
      }
      dx.append(matmul(g, part.v))
      da.append(g.sum(dim: 1))
      dy = dy + matmul(g.T, part.u)
      db = db + g.sum(dim: 0)
    }
    return [cat(dx), dy, cat(da), db]
  }
}

/// Logarithms of sums with those of empty ones, −∞, replaced: every term of these is 0 without them.
private func finite(_ logs: Tensor) -> Tensor { logs.masked(logs.equal(to: -.infinity), with: 0) }

extension ScoreFactors {
  /// The entries of a matrix of scores that belong to pairs, as a view.
  func pairs(of matrix: Tensor) -> Tensor {
    matrix.narrow(dim: 0, pairedRows).narrow(dim: 1, pairedColumns).diagonal()
  }
}
