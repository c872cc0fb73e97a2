/// A matrix of scores in factored form,
///
///     S_ij = ⟨x_i, y_j⟩ + a_i + b_j,
///
/// which every tilting of MATH §1 has: the N × M matrix itself need not be stored (MATH §7).
public struct ScoreFactors {
  /// x, N × d.
  public let x: Tensor
  /// y, M × d.
  public let y: Tensor
  /// a, N; absent stands for 0.
  public let rowBias: Tensor?
  /// b, M; absent stands for 0.
  public let columnBias: Tensor?

  public init(x: Tensor, y: Tensor, rowBias: Tensor? = nil, columnBias: Tensor? = nil) {
    precondition(
      x.rank == 2 && y.rank == 2 && x.shape[1] == y.shape[1],
      "ScoreFactors: x is \(x.shape) and y is \(y.shape); both need the same number of columns")
    self.x = x
    self.y = y
    self.rowBias = rowBias
    self.columnBias = columnBias
  }

  /// N.
  public var rows: Int { x.shape[0] }
  /// M.
  public var columns: Int { y.shape[0] }

  /// S, N × M, stored.
  public var matrix: Tensor {
    var s = matmul(x, y.T)
    if let rowBias { s = s + rowBias.unsqueezed(1) }
    if let columnBias { s = s + columnBias }
    return s
  }

  /// S_ii for a square S, without the rest of it.
  public var diagonal: Tensor {
    precondition(rows == columns, "ScoreFactors.diagonal: \(rows) × \(columns) scores")
    var s = (x * y).sum(dim: 1)
    if let rowBias { s = s + rowBias }
    if let columnBias { s = s + columnBias }
    return s
  }

  /// Sᵀ: the roles of the two modalities exchanged.
  public var transposed: ScoreFactors {
    ScoreFactors(x: y, y: x, rowBias: columnBias, columnBias: rowBias)
  }

  /// With potentials or log-weights added: S_ij + a'_i + b'_j.
  public func adding(rowBias a: Tensor? = nil, columnBias b: Tensor? = nil) -> ScoreFactors {
    ScoreFactors(
      x: x, y: y, rowBias: ScoreFactors.sum(rowBias, a), columnBias: ScoreFactors.sum(columnBias, b)
    )
  }

  /// The scores of a range of rows.
  public func rows(_ range: Range<Int>) -> ScoreFactors {
    ScoreFactors(x: x[range], y: y, rowBias: rowBias?[range], columnBias: columnBias)
  }

  /// The scores of a range of columns.
  public func columns(_ range: Range<Int>) -> ScoreFactors {
    ScoreFactors(x: x, y: y[range], rowBias: rowBias, columnBias: columnBias?[range])
  }

  /// The same scores computed in another precision.
  public func to(_ dtype: DType) -> ScoreFactors {
    ScoreFactors(
      x: x.to(dtype), y: y.to(dtype), rowBias: rowBias?.to(dtype), columnBias: columnBias?.to(dtype)
    )
  }

  private static func sum(_ first: Tensor?, _ second: Tensor?) -> Tensor? {
    guard let first, let second else { return first ?? second }
    return first + second
  }
}
