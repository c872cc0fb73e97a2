import Files
import Foundation

/// The statements on the mutual information that N pairs make, with their values when each pair is left out.
///
/// With R_i = log Σ_{j≠i} exp S_ij, C_j likewise over i, D_i = log(exp S_ii + exp R_i), and L = log Σ_i exp R_i,
///
///     InfoNCE of ν(v | u)   mean_i [S_ii − D_i] + log N,
///     Donsker–Varadhan      mean_i S_ii − L + log N(N − 1),
///     NWJ                   mean_i S_ii − exp(L − c) / a − log a + 1,   c = log N(N − 1),
///
/// NWJ on each half of the pairs with log a = L − c of the other half, and the mean of both: for an a that does not depend
/// on the pairs it is a bound in expectation (MATH §2). Without pair k, D_i becomes D_i + log(1 − exp(S_ik − D_i)), and L
/// becomes L + log(1 − exp(R_k − L) − exp(C_k − L)): all N values take one more pass over the scores.
///
/// Four passes over S in tiles and double precision, 8 N² d operations and 8 N² exponentials; memory O(N d) and one tile.
struct JackknifedBounds {
  /// Of ν(u | v) and of ν(v | u), in this order.
  let oneSidedInfoNCE: [Jackknife]
  let donskerVaradhan: Jackknife
  /// nil for fewer than four pairs, whose halves hold no independent ones.
  let nwj: Jackknife?
  /// The mean of the one-sided values.
  var infoNCE: Jackknife { .mean(oneSidedInfoNCE[0], oneSidedInfoNCE[1]) }

  /// - Parameter scores: N × N, N ≥ 2, partners on the diagonal.
  init(_ scores: ScoreFactors, tile: Int = 1024) {
    let factors = scores.to(.float64)
    require(
      factors.rows == factors.columns && factors.rows >= 2,
      "JackknifedBounds: \(factors.rows) × \(factors.columns) scores")
    let tiles = OffDiagonalTiles(factors, tile: tile)
    let sums = tiles.logSums()
    let own = factors.diagonal
    let (rows, columns) = (own.logAddExp(sums.rows), own.logAddExp(sums.columns))
    oneSidedInfoNCE = [
      Self.infoNCE(own - columns, tiles.transposed.logSumChanges(columns)),
      Self.infoNCE(own - rows, tiles.logSumChanges(rows)),
    ]
    let total = IndependentTotal(factors, sums, tile)
    donskerVaradhan = total.donskerVaradhan
    nwj = Self.nwj(factors, tile)
  }

  /// - Parameters:
  ///   - terms: S_ii − D_i.
  ///   - changes: for each pair k, Σ_{i≠k} of the change of D_i without it.
  private static func infoNCE(_ terms: Tensor, _ changes: Tensor) -> Jackknife {
    let n = Double(terms.count)
    let sum = terms.sum().item()
    let left = (-(terms + changes) + sum) / (n - 1) + log(n - 1)
    return Jackknife(value: sum / n + log(n), leftOut: left.array(Double.self))
  }

  // MARK: NWJ

  /// The two halves whose values of a serve each other: random ones, always the same.
  static func halves(_ count: Int) -> [[Int]] {
    let order = Tensor.permutation(count, key: Key(0)).array(Int.self)
    return [Array(order[..<(count / 2)]), Array(order[(count / 2)...])]
  }

  private static func nwj(_ factors: ScoreFactors, _ tile: Int) -> Jackknife? {
    guard factors.rows >= 4 else { return nil }
    let halves = halves(factors.rows)
    let totals = halves.map { rows in
      let part = factors.pairs(at: rows)
      return IndependentTotal(part, OffDiagonalTiles(part, tile: tile).logSums(), tile)
    }
    let (first, second) = (totals[0].value, totals[1].value)
    var left = [Double](repeating: 0, count: factors.rows)
    for (k, row) in halves[0].enumerated() { left[row] = nwj(totals[0].leftOut[k], second) }
    for (k, row) in halves[1].enumerated() { left[row] = nwj(first, totals[1].leftOut[k]) }
    return Jackknife(value: nwj(first, second), leftOut: left)
  }

  /// The mean of E s − E exp s / a − log a + 1 of two halves, a = E exp s of the other.
  static func nwj(_ a: IndependentTotal.Value, _ b: IndependentTotal.Value) -> Double {
    func bound(_ total: IndependentTotal.Value, _ logNormalizer: Double) -> Double {
      // Finite where the exponential is not: what is below −10¹³⁰ says nothing anyway.
      total.own - exp(min(total.logMean - logNormalizer, 300)) - logNormalizer + 1
    }
    return (bound(a, b.logMean) + bound(b, a.logMean)) / 2
  }
}

/// The mean over independent pairs i ≠ j, and what it is without each pair.
struct IndependentTotal {
  /// Of some pairs: mean S_ii and log mean_{i≠j} exp S_ij.
  struct Value {
    let own, logMean: Double
  }

  let value: Value
  let leftOut: [Value]

  /// Below this part of the sum that is left, it is summed anew: the difference has lost its digits.
  private static let cancellation = 1e-6

  init(_ factors: ScoreFactors, _ sums: (rows: Tensor, columns: Tensor), _ tile: Int) {
    let n = factors.rows
    let own = factors.diagonal.array(Double.self)
    let ownSum = own.reduce(0, +)
    let total = sums.rows.logSumExp().item()
    func logCount(_ n: Int) -> Double { log(Double(n) * Double(n - 1)) }
    value = Value(own: ownSum / Double(n), logMean: total - logCount(n))
    let (r, c) = (sums.rows.array(Double.self), sums.columns.array(Double.self))
    leftOut = (0..<n).map { k in
      // A single pair is left, which has no independent partner.
      guard n > 2 else { return Value(own: 0, logMean: 0) }
      let rest = 1 - exp(r[k] - total) - exp(c[k] - total)
      let left =
        rest > Self.cancellation
        ? total + log(rest)
        : OffDiagonalTiles(factors.pairs(at: (0..<n).filter { $0 != k }), tile: tile)
          .logSums().rows.logSumExp().item()
      return Value(
        own: (ownSum - own[k]) / Double(n - 1), logMean: left - logCount(n - 1))
    }
  }

  var donskerVaradhan: Jackknife {
    Jackknife(
      value: value.own - value.logMean, leftOut: leftOut.map { $0.own - $0.logMean })
  }
}

/// A square matrix of scores without its diagonal, walked over in tiles. Processes that share what is computed take rows of
/// tiles of their own each.
struct OffDiagonalTiles {
  private let factors: ScoreFactors
  private let blocks: [Range<Int>]
  private let ranks = Communicator.sharing

  /// The rows of tiles of this process.
  private var ownBlocks: ArraySlice<Range<Int>> { blocks[ranks.share(of: blocks.count)] }

  init(_ factors: ScoreFactors, tile: Int) {
    self.factors = factors
    blocks = stride(from: 0, to: factors.rows, by: tile).map {
      $0..<min($0 + tile, factors.rows)
    }
  }

  private func scores(_ rows: Range<Int>, _ columns: Range<Int>) -> Tensor {
    let s = factors.rows(rows).columns(columns).matrix
    return rows == columns
      ? s.masked(.eye(rows.count, dtype: .bool, device: s.device), with: -.infinity) : s
  }

  /// The largest entry of every row and of every column.
  private func largest() -> (rows: Tensor, columns: Tensor) {
    let rows = Tensor.full(
      [factors.rows], -.infinity, dtype: .float64, device: factors.device)
    let columns = rows.clone()
    for i in ownBlocks {
      for j in blocks {
        let s = scores(i, j)
        rows[i].copy(from: rows[i].maximum(s.max(dim: 1)))
        columns[j].copy(from: columns[j].maximum(s.max(dim: 0)))
      }
    }
    // What a process has not seen is −∞ there.
    func most(_ own: Tensor) -> Tensor {
      ranks.size > 1 ? ranks.gather(own.unsqueezed(0)).max(dim: 0) : own
    }
    return (most(rows), most(columns))
  }

  /// log Σ_{j≠i} exp S_ij for every row i, and log Σ_{i≠j} exp S_ij for every column j.
  func logSums() -> (rows: Tensor, columns: Tensor) {
    let shift = largest()
    let (rows, columns) = (shift.rows.zerosLike(), shift.rows.zerosLike())
    for i in ownBlocks {
      for j in blocks {
        let s = scores(i, j)
        rows[i] += (s - shift.rows[i].unsqueezed(1)).exp().sum(dim: 1)
        columns[j] += (s - shift.columns[j]).exp().sum(dim: 0)
      }
    }
    return (ranks.sum(rows).log() + shift.rows, ranks.sum(columns).log() + shift.columns)
  }

  /// For every pair k, Σ_{i≠k} log(1 − exp(S_ik − D_i)): by how much the log-sums D over rows, partners included, change
  /// without it. Where k makes all but a millionth of a sum, the sum is taken anew.
  func logSumChanges(_ logSums: Tensor) -> Tensor {
    let changes = logSums.zerosLike()
    for i in ownBlocks {
      let sums = logSums[i].unsqueezed(1)
      for j in blocks {
        // Rounding may put a term above the sum that holds it.
        let x = (scores(i, j) - sums).clamped(max: 0)
        let isLost = x.greater(than: -1e-6)
        changes[j] += (-x.exp()).log1p().masked(isLost, with: 0).sum(dim: 0)
        let lost = isLost.nonzero()
        guard lost.shape[0] > 0 else { continue }
        let (row, column) = (lost.select(dim: 1, 0), lost.select(dim: 1, 1) + Double(j.lowerBound))
        // Of every row one pair can make more than half: these are a tile's height of rows at most.
        let places = (row.to(.int64) + Double(i.lowerBound)).to(.int64)
        let whole = factors.transposed.columns(at: places.array(Int.self)).transposed.matrix
        let left = whole.scatterAdd(
          dim: 1, column.to(.int64).unsqueezed(1),
          .full([whole.shape[0], 1], -.infinity, like: whole)
        ).logSumExp(dim: 1)
        let exact = left - logSums.indexSelect(places)
        changes.copy(from: changes.scatterAdd(dim: 0, column.to(.int64), exact))
      }
    }
    return ranks.sum(changes)
  }

  /// The transpose.
  var transposed: OffDiagonalTiles { OffDiagonalTiles(factors.transposed, blocks) }

  private init(_ factors: ScoreFactors, _ blocks: [Range<Int>]) {
    (self.factors, self.blocks) = (factors, blocks)
  }
}
