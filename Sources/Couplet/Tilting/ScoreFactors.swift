/// A matrix of scores in factored form,
///
///     S_ij = ⟨x_i, y_j⟩ + a_i + b_j,
///
/// which every tilting of MATH §1 has: the N × M matrix itself need not be stored (MATH §7).
///
/// The tiltings of the paper keep the embeddings as they are and form x, y and the biases when asked, or
/// tile by tile in the large-batch losses, which then need no second copy of the embeddings.
public struct ScoreFactors {
  /// N × d and M × d: the embeddings, or x and y themselves.
  let u, v: Tensor
  let form: PairScores.Form
  /// 1/τ; nil for 1.
  let scale: Tensor?
  /// The mean of the rows of v, for squared distances: of all of them, also when this is a part.
  let center: Tensor?
  /// Potentials and log-weights.
  let addedToRows, addedToColumns: Tensor?

  /// From x (N × d), y (M × d), a (N) and b (M); an absent bias stands for 0.
  public init(x: Tensor, y: Tensor, rowBias: Tensor? = nil, columnBias: Tensor? = nil) {
    self.init(x, y, .innerProduct, nil, rowBias, columnBias, center: nil)
  }

  /// The scores form(u_i, v_j) / τ.
  init(_ form: PairScores.Form, _ u: Tensor, _ v: Tensor, temperature: Tensor) {
    let center =
      form == .squaredDistance ? withoutGradients { v.mean(dim: 0, keepDim: true) } : nil
    self.init(u, v, form, temperature.pow(-1), nil, nil, center: center)
  }

  init(
    _ u: Tensor, _ v: Tensor, _ form: PairScores.Form, _ scale: Tensor?, _ a: Tensor?,
    _ b: Tensor?, center: Tensor?
  ) {
    precondition(
      u.rank == 2 && v.rank == 2 && u.shape[1] == v.shape[1],
      "ScoreFactors: x is \(u.shape) and y is \(v.shape); both need the same number of columns")
    (self.u, self.v, self.form, self.scale) = (u, v, form, scale)
    (self.addedToRows, self.addedToColumns, self.center) = (a, b, center)
  }

  /// N.
  public var rows: Int { u.shape[0] }
  /// M.
  public var columns: Int { v.shape[0] }

  // MARK: Factors

  /// x, N × d.
  public var x: Tensor {
    let x =
      switch form {
      case .innerProduct: u
      case .cosine: Cosine.normalized(u)
      case .squaredDistance: centered(u)
      }
    return scale.map { x * $0 } ?? x
  }

  /// y, M × d.
  public var y: Tensor {
    switch form {
    case .innerProduct: v
    case .cosine: Cosine.normalized(v)
    case .squaredDistance: centered(v)
    }
  }

  /// a, N; absent stands for 0.
  public var rowBias: Tensor? { bias(u, addedToRows) }
  /// b, M; absent stands for 0.
  public var columnBias: Tensor? { bias(v, addedToColumns) }

  private func centered(_ embeddings: Tensor) -> Tensor {
    center.map { embeddings - $0 } ?? embeddings
  }

  /// With −|u − o|²/(2τ) for squared distances.
  private func bias(_ embeddings: Tensor, _ added: Tensor?) -> Tensor? {
    guard form == .squaredDistance else { return added }
    let squares = centered(embeddings).square().sum(dim: 1) * -0.5
    return ScoreFactors.sum(scale.map { squares * $0 } ?? squares, added)
  }

  // MARK: Scores

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

  /// What the large-batch losses compute with.
  public var pairScores: PairScores {
    PairScores(
      u, v, form: form, scale: scale, rowBias: addedToRows, columnBias: addedToColumns)
  }

  // MARK: Parts and changes

  /// Sᵀ: the roles of the two modalities exchanged.
  public var transposed: ScoreFactors {
    ScoreFactors(v, u, form, scale, addedToColumns, addedToRows, center: center)
  }

  /// With potentials or log-weights added: S_ij + a'_i + b'_j.
  public func adding(rowBias a: Tensor? = nil, columnBias b: Tensor? = nil) -> ScoreFactors {
    ScoreFactors(
      u, v, form, scale, ScoreFactors.sum(addedToRows, a), ScoreFactors.sum(addedToColumns, b),
      center: center)
  }

  /// The scores of a range of rows.
  public func rows(_ range: Range<Int>) -> ScoreFactors {
    ScoreFactors(
      u[range], v, form, scale, addedToRows?[range], addedToColumns, center: center)
  }

  /// The scores of a range of columns.
  public func columns(_ range: Range<Int>) -> ScoreFactors {
    ScoreFactors(
      u, v[range], form, scale, addedToRows, addedToColumns?[range], center: center)
  }

  /// The same scores computed in another precision, with x, y and the biases formed once: for walks over parts.
  public func to(_ dtype: DType) -> ScoreFactors {
    ScoreFactors(
      u.to(dtype), v.to(dtype), form, scale?.to(dtype), addedToRows?.to(dtype),
      addedToColumns?.to(dtype), center: center?.to(dtype)
    ).formed
  }

  /// The same scores with x, y and the biases formed once.
  public var formed: ScoreFactors {
    ScoreFactors(x: x, y: y, rowBias: rowBias, columnBias: columnBias)
  }

  private static func sum(_ first: Tensor?, _ second: Tensor?) -> Tensor? {
    guard let first, let second else { return first ?? second }
    return first + second
  }
}
