import Files
import Foundation

/// The values of the bounds on the mutual information for many weightings of N pairs at once.
///
/// A column w of the N × B weights says how often each pair occurs in a resample; Σ w = N, and w = 1 is the sample
/// itself. With
///
///     C_j = Σ_{i≠j} w_i exp S_ij / (N − w_j)        (and R_i likewise over j)
///
/// the mean over the independent partners of pair j, the values are
///
///     InfoNCE   Σ_j w_j/N · [S_jj − log(exp S_jj / N + (N − 1)/N · C_j)],
///     Donsker–Varadhan   Σ_j w_j/N · S_jj − log[Σ_{i≠j} w_i w_j exp S_ij / (N² − Σ w²)],
///
/// which for w = 1 are those of MATH §2. Copies of one pair are never partners of each other: a copy of pair j
/// is not an independent draw, and counting exp S_jj among the negatives (as a resample of rows written out in full
/// does) would lower each replicate by up to about log 2 near the ceiling, and would put true partners among the
/// off-diagonal pairs. Left out, the replicates are those of a weighted U-statistic, centred at the estimate.
///
/// Sums over pairs are products of exp(S − shift) with the weights, tile by tile, with the shift of each row and
/// each column its largest off-diagonal score: 4 N² (B + d) operations in double precision, memory
/// O(N (B + d)) and one tile.
struct ResampledBounds {
  /// B values for each of ν(u | v) and ν(v | u), nats.
  let oneSidedInfoNCE: [[Double]]
  /// B values, nats.
  let donskerVaradhan: [Double]

  /// - Parameters:
  ///   - scores: N × N, partners on the diagonal.
  ///   - weights: N × B, whole numbers with Σ = N in every column.
  init(_ scores: ScoreFactors, weights: Tensor, tile: Int = 1024) {
    let factors = scores.to(.float64)
    let n = Double(factors.rows)
    let w = weights.to(.float64).to(deviceOf: scores.x)
    require(
      factors.rows == factors.columns && factors.rows >= 2 && w.shape[0] == factors.rows,
      "ResampledBounds: \(factors.rows) × \(factors.columns) scores for weights \(w.shape)")
    let tiles = OffDiagonalTiles(factors, tile: tile)
    let sums = tiles.weightedSums(w)

    let own = factors.diagonal.unsqueezed(1)
    let others = (-w + n).clamped(min: 1).log()
    func infoNCE(_ logSums: Tensor) -> [Double] {
      let negatives = logSums - others + log((n - 1) / n)
      return (w * (own - (own - log(n)).logAddExp(negatives))).sum(dim: 0)
        .array(Double.self).map { $0 / n }
    }
    oneSidedInfoNCE = [infoNCE(sums.columns), infoNCE(sums.rows)]
    let total = (w.log() + sums.rows).logSumExp(dim: 0)
    let pairs = (-w.square().sum(dim: 0) + n * n).log()
    donskerVaradhan = ((w * own).sum(dim: 0) / n - total + pairs).array(Double.self)
  }

  /// The two-sided InfoNCE values.
  var infoNCE: [Double] { zip(oneSidedInfoNCE[0], oneSidedInfoNCE[1]).map { ($0 + $1) / 2 } }

  /// N × (1 + B) weights: the sample itself, then B resamples of N pairs with replacement; one that is a single pair
  /// N times, which has no independent pairs, is drawn again.
  static func weights(pairs: Int, replicates: Int, key: Key) -> Tensor {
    let one = Tensor.ones([pairs], dtype: .float64)
    let zero = one.zerosLike()
    let draws = key.split(replicates).map { key in
      var (key, draw) = (key, zero)
      repeat {
        draw = zero.scatterAdd(dim: 0, .integers(0..<pairs, shape: [pairs], key: key), one)
        key = key.folded(with: 1)
      } while pairs > 1 && pairs < 10 && draw.max().item() == Double(pairs)
      return draw
    }
    return stack([one] + draws, dim: 1)
  }
}

/// A square matrix of scores without its diagonal, walked over in tiles.
private struct OffDiagonalTiles {
  let factors: ScoreFactors
  let blocks: [Range<Int>]

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
    for i in blocks {
      for j in blocks {
        let s = scores(i, j)
        rows[i].copy(from: rows[i].maximum(s.max(dim: 1)))
        columns[j].copy(from: columns[j].maximum(s.max(dim: 0)))
      }
    }
    return (rows, columns)
  }

  /// log Σ_{j≠i} w_jb exp S_ij for every row i and log Σ_{i≠j} w_ib exp S_ij for every column j, both N × B.
  func weightedSums(_ w: Tensor) -> (rows: Tensor, columns: Tensor) {
    let shift = largest()
    let (rowSums, columnSums) = (w.zerosLike(), w.zerosLike())
    for i in blocks {
      for j in blocks {
        let s = scores(i, j)
        let inRows = (s - shift.rows[i].unsqueezed(1)).exp()
        rowSums[i].copy(from: rowSums[i] + matmul(inRows, w[j]))
        let inColumns = (s - shift.columns[j]).exp()
        columnSums[j].copy(from: columnSums[j] + matmul(inColumns.T, w[i]))
      }
    }
    return (
      rowSums.log() + shift.rows.unsqueezed(1), columnSums.log() + shift.columns.unsqueezed(1)
    )
  }
}
