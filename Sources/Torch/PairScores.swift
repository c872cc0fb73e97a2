import CTorch

/// The scores of all pairs, as factors: S_ij = ⟨x_i, y_j⟩ + a_i + b_j.
///
/// Every tilting has this form: the cosine with x = ū/τ, y = v̄; the inner product with x = u/τ; the squared
/// distance with x = u/τ, a = −|u|²/2τ, b = −|v|²/2τ; potentials and the log-weights of a finite reference add
/// to a and b. What the losses need of S, its log-sum-exps and the gradient of a weighted sum of them, is
/// computed here in tiles: S is never stored.
///
/// * Arithmetic: one product of 2nmd operations for the sums, three more for the gradient.
/// * Memory: O((n + m)(d + 1)) for inputs, outputs and running sums, and under a megabyte a thread.
/// * Range: any finite scores; a bias of −∞ takes a row or column out. Where the scores of a tile spread by less
///   than about 60 one exponential serves rows and columns, otherwise each has its own.
/// * Rounding: in float32 a log-sum-exp is within about 1e-6 (plus the rounding of the scores themselves) of exact
///   arithmetic, a gradient within 1e-6 of its norm. The same number of threads gives the same bits.
///
/// The processor only; float32 or float64.
///
/// ```swift
/// let scores = PairScores(x, y)                           // n × d and n × d
/// let mean = Tensor.full([n], 1 / Double(n))
/// let loss = scores.value(rows: mean, diagonal: mean)     // mean_i [log Σ_j exp S_ij − S_ii]
/// loss.backward()
/// ```
public struct PairScores {
  /// n × d and m × d.
  public var x, y: Tensor
  /// a (n) and b (m); zero when absent.
  public var rowBias, columnBias: Tensor?
  /// Whether `total` runs over the pairs i ≠ j only.
  public var isTotalOffDiagonal: Bool

  public init(
    _ x: Tensor, _ y: Tensor, rowBias: Tensor? = nil, columnBias: Tensor? = nil,
    isTotalOffDiagonal: Bool = false
  ) {
    self.x = x
    self.y = y
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
      withUnsafeMutablePointer(to: &rows) { rows in
        withUnsafeMutablePointer(to: &columns) { columns in
          withUnsafeMutablePointer(to: &total) { total in
            withUnsafeMutablePointer(to: &diagonal) { diagonal in
              ct_score_sums(
                scores, kinds.contains(.rows) ? rows : nil,
                kinds.contains(.columns) ? columns : nil, kinds.contains(.total) ? total : nil,
                kinds.contains(.diagonal) ? diagonal : nil)
            }
          }
        }
      }
    }
    check(status, "PairScores.logSums", operands)
    return LogSums(
      rows: rows.map(Tensor.init(owning:)), columns: columns.map(Tensor.init(owning:)),
      total: total.map(Tensor.init(owning:)), diagonal: diagonal.map(Tensor.init(owning:)))
  }

  /// The scalar Σ_i p_i log Σ_j exp S_ij + Σ_j q_j log Σ_i exp S_ij + g log Σ_ij exp S_ij − Σ_i t_i S_ii, differentiable
  /// once with respect to x, y, a and b (not the weights).
  ///
  /// The gradient, of exp S ∘ (p e^{−rows} + e^{−columns} q + g e^{−total}) − diag t, is computed here and now when
  /// gradients are recorded, and handed out by `backward()`.
  /// - Parameters:
  ///   - p: the weights of the rows, n values; absent for 0. Likewise `q`, m values, `g`, and `t`, min(n, m).
  ///
  /// ```swift
  /// // InfoNCE, both sides: (½ mean_i rows + ½ mean_j columns) − mean_i S_ii
  /// PairScores(u / τ, v).value(rows: half, columns: half, diagonal: mean)
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
    let inputs = operands
    guard ct_gradients_are_recorded(), inputs.contains(where: \.requiresGradient) else {
      return value
    }
    let gradients = gradient(of: sums, rows: p, columns: q, total: g, diagonal: t)
    return tensor("PairScores.value", inputs) { out in
      withHandles(inputs) { handles, count in
        withHandles(gradients) { ct_with_gradients(out, value.raw, handles, $0, $1) }
      }
    }
  }

  /// The gradients with respect to `operands`.
  private func gradient(
    of sums: LogSums, rows p: Tensor?, columns q: Tensor?, total g: Double, diagonal t: Tensor?
  ) -> [Tensor] {
    var dx, dy, da, db: ct_tensor?
    let status = withScores { scores in
      withUnsafeMutablePointer(to: &da) { da in
        withUnsafeMutablePointer(to: &db) { db in
          ct_score_gradient(
            scores, sums.rows?.raw, sums.columns?.raw, sums.total?.raw, p?.raw, q?.raw, g, t?.raw,
            &dx, &dy, rowBias == nil ? nil : da, columnBias == nil ? nil : db)
        }
      }
    }
    check(status, "PairScores.value", operands)
    return [dx, dy, da, db].compactMap { $0 }.map { Tensor(owning: $0) }
  }

  /// x, y, a, b, those present.
  private var operands: [Tensor] { [x, y, rowBias, columnBias].compactMap { $0 } }

  private func withScores(_ call: (ct_scores) -> ct_status) -> ct_status {
    withExtendedLifetime(self) {
      call(
        ct_scores(
          x: x.raw, y: y.raw, a: rowBias?.raw, b: columnBias?.raw,
          off_diagonal: isTotalOffDiagonal))
    }
  }
}

/// Σ_i left_i right_i in double precision, where a weight of 0 takes out an infinite value.
private func dot(_ left: Tensor, _ right: Tensor) -> Tensor {
  (left.to(.float64) * right.to(.float64)).masked(left.equal(to: 0), with: 0).sum()
}
