import CTorch

/// The scores of all pairs of rows of two matrices, S_ij = κ · form(x_i, y_j) + a_i + b_j, as their operands.
///
/// Every tilting has this form, with κ = 1/τ; potentials and the log-weights of a finite reference are a and b. What
/// the losses need of S, its log-sum-exps and the gradient of a weighted sum of them, is computed here in tiles: S is
/// never stored, and neither are normalised, scaled or centred copies of x and y, which are formed tile by tile.
///
/// * Arithmetic: one product of 2nmd operations for the sums, three more for the gradient.
/// * Memory: inputs, gradients, O(n + m) for running sums, and about a megabyte a thread.
/// * Range: any finite scores; a bias of −∞ takes a row or column out. Where the scores of a tile spread by less
///   than about 60 one exponential serves rows and columns, otherwise each has its own.
/// * Rounding: in float32 a log-sum-exp is within about 1e-6 (plus the rounding of the scores themselves) of exact
///   arithmetic, a gradient within 1e-6 of its norm. The same number of threads gives the same bits.
///
/// The processor only; float32 or float64.
///
/// ```swift
/// let scores = PairScores(u, v, form: .cosine, scale: Tensor(1 / 0.07))  // n × d and n × d
/// let mean = Tensor.full([n], 1 / Double(n))
/// let loss = scores.value(rows: mean, diagonal: mean)     // mean_i [log Σ_j exp S_ij − S_ii]
/// loss.backward()
/// ```
public struct PairScores {
  /// What two rows have to do with each other.
  public enum Form: Int32, Sendable {
    /// ⟨x, y⟩.
    case innerProduct = 0
    /// ⟨x, y⟩ / (|x| |y|); 0, with the gradient 0, where a row is 0.
    case cosine = 1
    /// −|x − y|² / 2, by norms relative to the mean of y and an inner product.
    case squaredDistance = 2
  }

  /// n × d and m × d.
  public var x, y: Tensor
  public var form: Form
  /// κ, a scalar; 1 when absent.
  public var scale: Tensor?
  /// a (n) and b (m); zero when absent.
  public var rowBias, columnBias: Tensor?
  /// Whether `total` runs over the pairs i ≠ j only.
  public var isTotalOffDiagonal: Bool

  public init(
    _ x: Tensor, _ y: Tensor, form: Form = .innerProduct, scale: Tensor? = nil,
    rowBias: Tensor? = nil, columnBias: Tensor? = nil, isTotalOffDiagonal: Bool = false
  ) {
    self.x = x
    self.y = y
    self.form = form
    self.scale = scale
    self.rowBias = rowBias
    self.columnBias = columnBias
    self.isTotalOffDiagonal = isTotalOffDiagonal
  }

  /// Which sums are wanted.
  public struct Kinds: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    public static let rows = Kinds(rawValue: 1)
    public static let columns = Kinds(rawValue: 2)
    public static let total = Kinds(rawValue: 4)
    public static let diagonal = Kinds(rawValue: 8)
  }

  /// The sums asked for; they take no part in differentiation.
  public struct LogSums {
    /// log Σ_j exp S_ij, n values.
    public var rows: Tensor?
    /// log Σ_i exp S_ij, m values.
    public var columns: Tensor?
    /// log Σ_ij exp S_ij, a scalar.
    public var total: Tensor?
    /// S_ii, min(n, m) values.
    public var diagonal: Tensor?
  }

  /// The log-sum-exps of the scores and their diagonal, in one pass.
  public func logSums(_ kinds: Kinds) -> LogSums {
    var rows, columns, total, diagonal: ct_tensor?
    let status = withScores { scores in
      withUnsafeMutablePointers(&rows, &columns, &total, &diagonal) {
        ct_score_sums(
          scores, kinds.contains(.rows) ? $0 : nil, kinds.contains(.columns) ? $1 : nil,
          kinds.contains(.total) ? $2 : nil, kinds.contains(.diagonal) ? $3 : nil)
      }
    }
    check(status, "PairScores.logSums", operands)
    return LogSums(
      rows: rows.map(Tensor.init(owning:)), columns: columns.map(Tensor.init(owning:)),
      total: total.map(Tensor.init(owning:)), diagonal: diagonal.map(Tensor.init(owning:)))
  }

  /// The scalar Σ_i p_i log Σ_j exp S_ij + Σ_j q_j log Σ_i exp S_ij + g log Σ_ij exp S_ij − Σ_i t_i S_ii, differentiable
  /// once with respect to x, y, κ, a and b (not the weights).
  ///
  /// The gradient, of exp S ∘ (p e^{−rows} + e^{−columns} q + g e^{−total}) − diag t, is computed here and now when
  /// gradients are recorded, and handed out by `backward()`.
  /// - Parameters:
  ///   - p: the weights of the rows, n values; absent for 0. Likewise `q`, m values, `g`, and `t`, min(n, m).
  ///
  /// ```swift
  /// // InfoNCE, both sides: (½ mean_i rows + ½ mean_j columns) − mean_i S_ii
  /// PairScores(u, v, scale: 1 / τ).value(rows: half, columns: half, diagonal: mean)
  /// ```
  public func value(
    rows p: Tensor? = nil, columns q: Tensor? = nil, total g: Double = 0, diagonal t: Tensor? = nil
  ) -> Tensor {
    var kinds: Kinds = []
    if p != nil { kinds.insert(.rows) }
    if q != nil { kinds.insert(.columns) }
    if g != 0 { kinds.insert(.total) }
    if t != nil { kinds.insert(.diagonal) }
    let sums = logSums(kinds)
    let value = withoutGradients {
      // In double precision: the parts may be large and nearly cancel.
      var sum = Tensor(0, dtype: .float64)
      if let p, let rows = sums.rows { sum = sum + dot(p, rows) }
      if let q, let columns = sums.columns { sum = sum + dot(q, columns) }
      if let total = sums.total { sum = sum + total.to(.float64) * g }
      if let t, let diagonal = sums.diagonal { sum = sum - dot(t, diagonal) }
      return sum.to(x.dtype)
    }
    let inputs = operands.filter(\.requiresGradient)
    guard ct_gradients_are_recorded(), !inputs.isEmpty else { return value }
    let gradients = gradient(of: sums, rows: p, columns: q, total: g, diagonal: t)
    return tensor("PairScores.value", inputs) { out in
      withHandles(inputs) { handles, count in
        withHandles(gradients) { ct_with_gradients(out, value.raw, handles, $0, $1) }
      }
    }
  }

  /// The gradients with respect to those of `operands` that require one.
  private func gradient(
    of sums: LogSums, rows p: Tensor?, columns q: Tensor?, total g: Double, diagonal t: Tensor?
  ) -> [Tensor] {
    var dx, dy, da, db: ct_tensor?
    var slope = 0.0
    func isWanted(_ tensor: Tensor?) -> Bool { tensor?.requiresGradient ?? false }
    let status = withScores { scores in
      withUnsafeMutablePointers(&dx, &dy, &da, &db) { dx, dy, da, db in
        withUnsafeMutablePointer(to: &slope) { slope in
          ct_score_gradient(
            scores, sums.rows?.raw, sums.columns?.raw, sums.total?.raw, p?.raw, q?.raw, g, t?.raw,
            isWanted(x) ? dx : nil, isWanted(y) ? dy : nil, isWanted(rowBias) ? da : nil,
            isWanted(columnBias) ? db : nil, isWanted(scale) ? slope : nil)
        }
      }
    }
    check(status, "PairScores.value", operands)
    let gradients = [dx, dy, da, db].compactMap { $0 }.map { Tensor(owning: $0) }
    guard let scale, scale.requiresGradient else { return gradients }
    return gradients + [.full(scale.shape, slope, dtype: scale.dtype)]
  }

  /// x, y, a, b, κ, those present.
  private var operands: [Tensor] { [x, y, rowBias, columnBias, scale].compactMap { $0 } }

  private func withScores(_ call: (ct_scores) -> ct_status) -> ct_status {
    withExtendedLifetime(self) {
      call(
        ct_scores(
          x: x.raw, y: y.raw, a: rowBias?.raw, b: columnBias?.raw, form: form.rawValue,
          scale: scale?.item() ?? 1, off_diagonal: isTotalOffDiagonal))
    }
  }
}

/// Σ_i left_i right_i in double precision, where a weight of 0 takes out an infinite value.
private func dot(_ left: Tensor, _ right: Tensor) -> Tensor {
  (left.to(.float64) * right.to(.float64)).masked(left.equal(to: 0), with: 0).sum()
}

/// Pointers to four outputs at once.
private func withUnsafeMutablePointers<Result>(
  _ a: inout ct_tensor?, _ b: inout ct_tensor?, _ c: inout ct_tensor?, _ d: inout ct_tensor?,
  _ body: (
    UnsafeMutablePointer<ct_tensor?>, UnsafeMutablePointer<ct_tensor?>,
    UnsafeMutablePointer<ct_tensor?>, UnsafeMutablePointer<ct_tensor?>
  ) -> Result
) -> Result {
  withUnsafeMutablePointer(to: &a) { a in
    withUnsafeMutablePointer(to: &b) { b in
      withUnsafeMutablePointer(to: &c) { c in
        withUnsafeMutablePointer(to: &d) { d in body(a, b, c, d) }
      }
    }
  }
}
