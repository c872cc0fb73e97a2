import CScores
import CTorch
import Files
import Torch

// What is asked of the scores beside their sums: the best columns of each row, ranks, effective sizes.

extension PairScores {
  /// What a pass over the scores finds of each row.
  public struct Best {
    /// Pairs (row, column), row after row, that may be among the k best of their row in exact arithmetic: those whose
    /// scores are within the rounding of the k-th best, or better. int64 each.
    public let rows, columns: Tensor
    /// n × 6, float64: h = max_j S_ij, Σ e, Σ e², Σ e (S − h) and Σ e · reference, with e = exp(S − h), and
    /// max_j S_ij − reference_j. h is −∞ for a row without a possible column.
    public let moments: Tensor
    /// Whether all numbers of x and y are finite; false may also stand for lengths beyond the range of the type. What else was
    /// found holds only if so.
    public let isFinite: Bool
  }

  /// The k best columns of each row, in one pass: arithmetic one product of 2nmd operations and an exponential a
  /// score, memory O(n k).
  ///
  /// On the processor, in float32 or float64, where the operands are brought.
  /// - Parameters:
  ///   - floor: scores below it are not among the best (n values); absent for −∞.
  ///   - reference: what `columnBias` holds of log-weights (m finite values), whose moment is wanted.
  ///
  /// ```swift
  /// let best = PairScores(queries, gallery).best(10)
  /// best.columns   // the gallery's rows, ten or a few more a query, in no order within a query
  /// ```
  public func best(_ k: Int, floor: Tensor? = nil, reference: Tensor? = nil) -> Best {
    withoutGradients {
      guard joined == nil else {
        return bestByOperations(k, floor: floor, reference: reference)
      }
      var rows, columns, moments: ct_tensor?
      let status = withScores { scores in
        cs_search(scores, reference?.raw, floor?.raw, Int64(k), &rows, &columns, &moments)
      }
      check(status, "PairScores.best", operands)
      let found = Tensor(owning: moments)
      return Best(
        rows: Tensor(owning: rows), columns: Tensor(owning: columns),
        moments: found.narrow(dim: 1, 0..<6), isFinite: found.select(dim: 1, 6).allFinite())
    }
  }

  /// The sums of the scores, those of their doubles, and counts, from the same tiles.
  public struct Survey {
    /// As `logSums` gives them.
    public let sums: LogSums
    /// log Σ_j exp 2S_ij (n) and log Σ_i exp 2S_ij (m), where they were asked for.
    public let doubledRows, doubledColumns: Tensor?
    /// How many scores of each row, of each column, are not less than its floor: int64. A score that is not a number
    /// counts.
    public let rowCounts, columnCounts: Tensor
  }

  /// How many scores of each row, of each column, are not less than its floor; one that is not a number counts. In one
  /// pass, without exponentials.
  public func counts(rowFloors: Tensor, columnFloors: Tensor) -> (rows: Tensor, columns: Tensor) {
    guard hasKernels else { return countsByOperations(rowFloors, columnFloors) }
    return tensors("PairScores.counts", operands) { rows, columns in
      withScores {
        cs_survey(
          $0, rowFloors.raw, columnFloors.raw, nil, nil, nil, nil, nil, nil, rows, columns)
      }
    }
  }

  /// All sums, and how many scores reach a floor of their row (n values) and of their column (m values): one pass where
  /// there are kernels.
  /// - Parameter doubled: whether the sums of the doubled scores are wanted.
  public func survey(rowFloors: Tensor, columnFloors: Tensor, doubled: Bool = true) -> Survey {
    guard hasKernels else {
      return surveyByOperations(rowFloors, columnFloors, doubled)
    }
    var out = [ct_tensor?](repeating: nil, count: 8)
    let status = withScores { scores in
      out.withUnsafeMutableBufferPointer { out in
        // Eight places: there is a first.
        guard let place = out.baseAddress else { return Int32(CT_ERROR) }
        return cs_survey(
          scores, rowFloors.raw, columnFloors.raw, place, place + 1, place + 2, place + 3,
          doubled ? place + 4 : nil, doubled ? place + 5 : nil, place + 6, place + 7)
      }
    }
    check(status, "PairScores.survey", operands)
    let (sums, squares) = (out[..<4].map { Tensor(owning: $0) }, out[4..<6].compactMap { $0 })
    let doubles = squares.map { Tensor(owning: $0) }
    return Survey(
      sums: LogSums(rows: sums[0], columns: sums[1], total: sums[2], diagonal: sums[3]),
      doubledRows: doubles.first, doubledColumns: doubles.last,
      rowCounts: Tensor(owning: out[6]), columnCounts: Tensor(owning: out[7]))
  }
}
