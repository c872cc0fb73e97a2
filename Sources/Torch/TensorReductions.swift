import CTorch

// Reductions over one axis, or over all of them when `dim` is nil, and order.

extension Tensor {
  @inline(__always)
  private func reduce(_ op: ct_reduction, _ name: StaticString, _ dim: Int?, _ keep: Bool) -> Tensor
  {
    tensor(name, [self]) { ct_reduce($0, op, raw, dim.map(Int32.init) ?? Int32(CT_ALL_AXES), keep) }
  }

  /// Σ x; of whole and truth values in int64.
  public func sum(dim: Int? = nil, keepDim: Bool = false) -> Tensor {
    reduce(CT_SUM, "sum", dim, keepDim)
  }
  /// Σ x / n.
  public func mean(dim: Int? = nil, keepDim: Bool = false) -> Tensor {
    reduce(CT_MEAN, "mean", dim, keepDim)
  }
  /// The variance with the factor 1/(n − 1). In float32 it overflows from deviations of 10¹⁹ on: see `ColumnStatistics`.
  public func variance(dim: Int? = nil, keepDim: Bool = false) -> Tensor {
    reduce(CT_VARIANCE, "variance", dim, keepDim)
  }
  /// log Σ exp, by the largest element so that nothing overflows.
  public func logSumExp(dim: Int? = nil, keepDim: Bool = false) -> Tensor {
    reduce(CT_LOGSUMEXP, "logSumExp", dim, keepDim)
  }
  /// The largest element; NaN where there is one.
  public func max(dim: Int? = nil, keepDim: Bool = false) -> Tensor {
    reduce(CT_AMAX, "max", dim, keepDim)
  }
  /// The smallest element; NaN where there is one.
  public func min(dim: Int? = nil, keepDim: Bool = false) -> Tensor {
    reduce(CT_AMIN, "min", dim, keepDim)
  }
  /// The Euclidean norm, of numbers of any magnitude.
  public func norm(dim: Int? = nil, keepDim: Bool = false) -> Tensor {
    reduce(CT_NORM, "norm", dim, keepDim)
  }

  /// Whether every element is true (not zero).
  public func allTrue() -> Bool { tensor("all", [self]) { ct_all($0, raw) }.item() != 0 }
  /// Whether no element is NaN or infinite: in one pass over numbers in succession.
  public func allFinite() -> Bool {
    var result = false
    check(ct_all_finite(&result, raw), "allFinite", [self])
    return result
  }
  /// Where the largest element along `dim` stands (int64).
  public func argmax(dim: Int) -> Tensor {
    tensor("argmax", [self]) { ct_argmax($0, raw, Int64(dim)) }
  }
  /// The sums of the first 1, 2, … elements along `dim`, in the same shape.
  public func cumulativeSum(dim: Int) -> Tensor {
    tensor("cumulativeSum", [self]) { ct_cumulative_sum($0, raw, Int64(dim)) }
  }
  /// exp x / Σ exp x along `dim`, by the largest element so that nothing overflows.
  public func softmax(dim: Int) -> Tensor {
    tensor("softmax", [self]) { ct_softmax($0, raw, Int64(dim)) }
  }
  /// x − log Σ exp x along `dim`, by the largest element so that nothing overflows.
  public func logSoftmax(dim: Int) -> Tensor {
    tensor("logSoftmax", [self]) { ct_log_softmax($0, raw, Int64(dim)) }
  }

  /// The k largest (or smallest) elements along `dim`, in order, and where they stand.
  public func topK(_ k: Int, dim: Int = -1, largest: Bool = true) -> (
    values: Tensor, indices: Tensor
  ) {
    tensors("topK", [self]) { ct_top_k($0, $1, raw, Int64(k), Int64(dim), largest) }
  }

  /// The elements along `dim` in order, equal ones in their old order, and where they stood.
  public func sorted(dim: Int = -1, descending: Bool = false) -> (values: Tensor, indices: Tensor) {
    tensors("sorted", [self]) { ct_sort($0, $1, raw, Int64(dim), descending) }
  }
}
