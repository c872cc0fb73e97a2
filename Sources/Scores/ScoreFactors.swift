import Files
import Torch

/// A matrix of scores in factored form,
///
///     S_ij = ⟨x_i, y_j⟩ + a_i + b_j,
///
/// which every tilting of MATH §1 has: the N × M matrix itself need not be stored (MATH §7).
///
/// The embeddings are kept as they are, and x, y and the biases formed when asked, or tile by tile in the sums of
/// large batches, which then need no second copy of the embeddings.
///
/// The partner of row i is column i + `offset`, where there is one: 0 for whole batches, and p for rows p, p + 1, … of
/// one.
///
/// A function of both rows together may be added, S_ij + C_ij (`JoinedScores`): then every score is evaluated, and sums are
/// taken by tensor operations.
///
/// ```swift
/// let factors = ScoreFactors(x: u, y: v)   // inner products
/// factors.rows(100..<200).offset           // 100
/// ```
public struct ScoreFactors {
  /// N × d and M × d: the embeddings, or x and y themselves.
  let u, v: Tensor
  let form: ScoreForm
  /// 1/τ; nil for 1.
  let scale: Tensor?
  /// Potentials and log-weights.
  let addedToRows, addedToColumns: Tensor?
  /// How far to the right of the diagonal the partners stand.
  public let offset: Int
  /// C, N × M; nil for 0.
  let joined: JoinedScores?
  /// The sums of all of these scores, where they were taken before; none of any part or change of them.
  public private(set) var knownSums: PairScores.LogSums?

  /// From x (N × d), y (M × d), a (N) and b (M); an absent bias stands for 0.
  public init(x: Tensor, y: Tensor, rowBias: Tensor? = nil, columnBias: Tensor? = nil) {
    self.init(x, y, .innerProduct, nil, rowBias, columnBias, 0)
  }

  /// The scores form(u_i, v_j) / τ of embeddings: what a tilting makes.
  public init(_ u: Tensor, _ v: Tensor, temperature: Tensor, form: ScoreForm) {
    self.init(u, v, form, temperature.pow(-1), nil, nil, 0)
  }

  init(
    _ u: Tensor, _ v: Tensor, _ form: ScoreForm, _ scale: Tensor?, _ a: Tensor?, _ b: Tensor?,
    _ offset: Int, _ joined: JoinedScores? = nil
  ) {
    require(
      u.rank == 2 && v.rank == 2 && u.shape[1] == v.shape[1],
      "ScoreFactors: x is \(u.shape) and y is \(v.shape); both need the same number of columns")
    (self.u, self.v, self.form, self.scale) = (u, v, form, scale)
    (self.addedToRows, self.addedToColumns, self.offset) = (a, b, offset)
    self.joined = joined
  }

  /// N.
  public var rows: Int { u.shape[0] }
  /// M.
  public var columns: Int { v.shape[0] }
  /// The type of the scores.
  public var dtype: DType { u.dtype }
  /// Where they are computed.
  public var device: Device { u.device }
  /// What two evaluations of what is joined may differ by; 0 where nothing is.
  public var joinedRounding: Double { joined.map { JoinedScores.rounding($0.origin) } ?? 0 }
  /// Whether scores are more than products and biases: `JoinedScores` were added.
  public var isJoined: Bool { joined != nil }
  /// The rows that have a partner.
  public var pairedRows: Range<Int> {
    let end = min(rows, columns - offset), first = max(0, -offset)
    return first < end ? first..<end : 0..<0
  }
  /// Their partners.
  public var pairedColumns: Range<Int> {
    let rows = pairedRows
    return rows.isEmpty ? rows : rows.lowerBound + offset..<rows.upperBound + offset
  }

  /// The same scores with their sums, all four, which were taken before: of the total off the diagonal.
  public func knowing(_ sums: PairScores.LogSums) -> ScoreFactors {
    var factors = self
    factors.knownSums = sums
    return factors
  }

  // MARK: Factors

  /// x, N × d.
  public var x: Tensor { left().x }
  /// y, M × d.
  public var y: Tensor { right().y }
  /// a, N; absent stands for 0.
  public var rowBias: Tensor? { left().bias }
  /// b, M; absent stands for 0.
  public var columnBias: Tensor? { right().bias }

  /// x and a, which one pass over u makes, of changed tensors.
  private func left(_ change: (Tensor) -> Tensor = { $0 }) -> (x: Tensor, bias: Tensor?) {
    let (factors, bias) = form.left(change(u))
    let scale = scale.map(change)
    func scaled(_ tensor: Tensor) -> Tensor { scale.map { tensor * $0 } ?? tensor }
    return (scaled(factors), sum(bias.map(scaled), addedToRows.map(change)))
  }

  /// y and b, which one pass over v makes, of changed tensors.
  private func right(_ change: (Tensor) -> Tensor = { $0 }) -> (y: Tensor, bias: Tensor?) {
    let (factors, bias) = form.right(change(v))
    let scale = scale.map(change)
    return (
      factors, sum(bias.map { bias in scale.map { bias * $0 } ?? bias }, addedToColumns.map(change))
    )
  }

  // MARK: Scores

  /// S, N × M, stored.
  public var matrix: Tensor {
    var s = matmul(x, y.T)
    if let rowBias { s = s + rowBias.unsqueezed(1) }
    if let columnBias { s = s + columnBias }
    if let joined { s = s + joined.matrix.to(deviceOf: s).to(s.dtype) }
    return s
  }

  /// The scores of the pairs, S_i,i+offset for `pairedRows`, without the rest of S.
  public var diagonal: Tensor {
    let (rows, own) = (pairedRows, pairedColumns)
    var s = (x[rows] * y[own]).sum(dim: 1)
    if let rowBias { s = s + rowBias[rows] }
    if let columnBias { s = s + columnBias[own] }
    if let joined { s = s + joined.values(rows: rows, columns: own).to(deviceOf: s).to(s.dtype) }
    return s
  }

  /// Whether a score is that of a pair: bool, N × M.
  public var isPair: Tensor {
    let partners = Tensor.arange(offset..<offset + rows, device: device)
    return partners.unsqueezed(1).equal(to: .arange(0..<columns, device: device))
  }

  /// Sums of exponentials of the scores, tile by tile: with the kernels on the embeddings themselves where they serve,
  /// and otherwise on the factors.
  public var pairScores: PairScores {
    guard let fused = form.fused, joined == nil, PairScores.hasKernels(for: u) else {
      var scores = PairScores(x, y, rowBias: rowBias, columnBias: columnBias, offset: offset)
      scores.joined = joined
      return scores
    }
    return PairScores(
      u, v, form: fused, scale: scale, rowBias: addedToRows, columnBias: addedToColumns,
      offset: offset)
  }

  // MARK: Parts and changes

  /// Sᵀ: the roles of the two modalities exchanged.
  public var transposed: ScoreFactors {
    ScoreFactors(
      v, u, form.transposed, scale, addedToColumns, addedToRows, -offset, joined?.transposed)
  }

  /// With potentials or log-weights added: S_ij + a'_i + b'_j; they come to where the scores are.
  public func adding(rowBias a: Tensor? = nil, columnBias b: Tensor? = nil) -> ScoreFactors {
    ScoreFactors(
      u, v, form, scale, sum(addedToRows, a?.to(deviceOf: u)),
      sum(addedToColumns, b?.to(deviceOf: u)), offset, joined)
  }

  /// With a function of both rows together added: S_ij + C_ij.
  public func adding(_ joined: JoinedScores) -> ScoreFactors {
    require(
      self.joined == nil && joined.rows == rows && joined.columns == columns,
      "ScoreFactors: \(joined.rows) × \(joined.columns) numbers added to \(rows) × \(columns) scores"
    )
    return ScoreFactors(u, v, form, scale, addedToRows, addedToColumns, offset, joined)
  }

  /// The means of these scores and others of the same pairs, (S + T) / 2; to one of them at most something is joined.
  public func averaged(with other: ScoreFactors) -> ScoreFactors {
    require(
      rows == other.rows && columns == other.columns && offset == other.offset,
      "ScoreFactors: \(rows) × \(columns) scores averaged with \(other.rows) × \(other.columns)")
    require(joined == nil || other.joined == nil, "ScoreFactors: something is joined to both")
    func half(_ first: Tensor?, _ second: Tensor?) -> Tensor? {
      sum(first, second).map { $0 * 0.5 }
    }
    return ScoreFactors(
      cat([x, other.x], dim: 1) * 0.5, cat([y, other.y], dim: 1), .innerProduct, nil,
      half(rowBias, other.rowBias), half(columnBias, other.columnBias), offset,
      (joined ?? other.joined)?.times(0.5))
  }

  /// The scores of a range of rows.
  public func rows(_ range: Range<Int>) -> ScoreFactors {
    ScoreFactors(
      u[range], v, form, scale, addedToRows?[range], addedToColumns, offset + range.lowerBound,
      joined?.rows(range))
  }

  /// The scores of some columns, in any order; none of them is a partner any more.
  public func columns(at columns: [Int]) -> ScoreFactors {
    let places = Tensor(columns, device: device)
    return ScoreFactors(
      u, v.indexSelect(places), form, scale, addedToRows, addedToColumns?.indexSelect(places),
      columns.count, joined?.columns(at: places))
  }

  /// The scores of some pairs of a square matrix, partners on the diagonal.
  public func pairs(at rows: [Int]) -> ScoreFactors {
    let places = Tensor(rows, device: device)
    return ScoreFactors(
      u.indexSelect(places), v.indexSelect(places), form, scale,
      addedToRows?.indexSelect(places), addedToColumns?.indexSelect(places), offset,
      joined?.pairs(at: places))
  }

  /// The scores of squares in which rows and columns have one range, with what is joined evaluated for all of them at once.
  public func blocks(_ squares: [Range<Int>]) -> [ScoreFactors] {
    let products = ScoreFactors(u, v, form, scale, addedToRows, addedToColumns, offset)
    let parts = squares.map { products.rows($0).columns($0) }
    return joined.map { zip(parts, $0.blocks(squares)).map { $0.adding($1) } } ?? parts
  }

  /// The scores of a range of columns.
  public func columns(_ range: Range<Int>) -> ScoreFactors {
    ScoreFactors(
      u, v[range], form, scale, addedToRows, addedToColumns?[range], offset - range.lowerBound,
      joined?.columns(range))
  }

  /// The same scores computed in another precision, with x, y and the biases formed once: for walks over parts.
  public func to(_ dtype: DType) -> ScoreFactors { formed(dtype) { $0.to(dtype) } }

  /// The same scores with x, y and the biases formed once.
  public var formed: ScoreFactors { formed(nil) { $0 } }

  /// One side after the other, so that what one was formed of is gone when the other is formed.
  private func formed(_ dtype: DType?, _ change: (Tensor) -> Tensor) -> ScoreFactors {
    let (x, rowBias) = left(change)
    let (y, columnBias) = right(change)
    return ScoreFactors(
      x, y, .innerProduct, nil, rowBias, columnBias, offset, joined?.evaluated(dtype))
  }

  /// The same values, cut off from differentiation.
  public var detached: ScoreFactors { map { $0.detached() } }

  /// With every tensor that the scores are functions of replaced.
  func map(_ change: (Tensor) -> Tensor) -> ScoreFactors {
    ScoreFactors(
      change(u), change(v), form, scale.map(change), addedToRows.map(change),
      addedToColumns.map(change), offset, joined?.map(change))
  }

  /// What the scores are functions of, apart from what is joined.
  var operands: [Tensor] { [u, v, scale, addedToRows, addedToColumns].compactMap { $0 } }
}

private func sum(_ first: Tensor?, _ second: Tensor?) -> Tensor? {
  guard let first, let second else { return first ?? second }
  return first + second
}
