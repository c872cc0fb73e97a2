import CScores
import CTorch
import Files
import Torch

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
/// That is what the kernels do, on the processor in float32 or float64. Elsewhere tensor operations do it, 512 rows of S
/// at a time, for inner products; other forms are formed first, as `ScoreFactors` does.
///
/// Scores may be rows p, p + 1, … of a larger matrix, whose pairs then begin at column p, the `offset`. The sums of parts
/// combine to those of the whole, and with these the parts of the gradient do.
///
/// ```swift
/// let scores = PairScores(u, v, form: .cosine, scale: Tensor(1 / 0.07))  // n × d and n × d
/// let mean = Tensor.full([n], 1 / Double(n))
/// let loss = scores.value(rows: mean, diagonal: mean)     // mean_i [log Σ_j exp S_ij − S_ii]
/// loss.backward()
/// ```
public struct PairScores {
  /// n × d and m × d.
  public var x, y: Tensor
  /// How two rows make a number, before scale and biases.
  public var form: FusedForm
  /// κ, a scalar; 1 when absent.
  public var scale: Tensor?
  /// a (n) and b (m); zero when absent.
  public var rowBias, columnBias: Tensor?
  /// The partner of row i is column i + offset, where there is one.
  public var offset: Int
  /// Whether `total` leaves out the scores of partners.
  public var isTotalOffDiagonal: Bool
  /// C, n × m, a function of both rows together that is added; sums of it are taken by tensor operations.
  var joined: JoinedScores?

  /// Of the rows of `x` (n × d) with those of `y` (m × d). Shapes that do not fit trap once sums are asked for.
  public init(
    _ x: Tensor, _ y: Tensor, form: FusedForm = .innerProduct, scale: Tensor? = nil,
    rowBias: Tensor? = nil, columnBias: Tensor? = nil, offset: Int = 0,
    isTotalOffDiagonal: Bool = false
  ) {
    self.x = x
    self.y = y
    self.form = form
    self.scale = scale
    self.rowBias = rowBias
    self.columnBias = columnBias
    self.offset = offset
    self.isTotalOffDiagonal = isTotalOffDiagonal
  }

  /// Which sums are wanted.
  public struct Kinds: OptionSet, Sendable {
    /// The bits of the kinds.
    public let rawValue: Int
    /// From the bits of kinds.
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// log Σ_j exp S_ij.
    public static let rows = Kinds(rawValue: 1)
    /// log Σ_i exp S_ij.
    public static let columns = Kinds(rawValue: 2)
    /// log Σ_ij exp S_ij.
    public static let total = Kinds(rawValue: 4)
    /// The scores of the pairs.
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
    /// The scores of the pairs, in order.
    public var diagonal: Tensor?

    /// Those that are there.
    public init(
      rows: Tensor? = nil, columns: Tensor? = nil, total: Tensor? = nil, diagonal: Tensor? = nil
    ) {
      (self.rows, self.columns, self.total, self.diagonal) = (rows, columns, total, diagonal)
    }
  }

  /// The log-sum-exps of the scores and their diagonal, in one pass.
  public func logSums(_ kinds: Kinds) -> LogSums {
    guard hasKernels else { return logSumsByOperations(kinds) }
    var rows, columns, total, diagonal: ct_tensor?
    let status = withScores { scores in
      withUnsafeMutablePointers(&rows, &columns, &total, &diagonal) {
        cs_sums(
          scores, kinds.contains(.rows) ? $0 : nil, kinds.contains(.columns) ? $1 : nil,
          kinds.contains(.total) ? $2 : nil, kinds.contains(.diagonal) ? $3 : nil)
      }
    }
    check(status, "PairScores.logSums", operands)
    return LogSums(
      rows: rows.map(Tensor.init(owning:)), columns: columns.map(Tensor.init(owning:)),
      total: total.map(Tensor.init(owning:)), diagonal: diagonal.map(Tensor.init(owning:)))
  }

  /// The scalar Σ_i p_i log Σ_j exp S_ij + Σ_j q_j log Σ_i exp S_ij + g log Σ_ij exp S_ij − Σ_k t_k S_kk, differentiable
  /// once with respect to x, y, κ, a and b (not the weights).
  ///
  /// The gradient, of exp S ∘ (p e^{−rows} + e^{−columns} q + g e^{−total}) − diag t, is computed here and now when
  /// gradients are recorded, and handed out by `backward()`.
  /// - Parameters:
  ///   - p: the weights of the rows, n values; absent for 0. Likewise `q`, m values, `g`, and `t`, one a pair.
  ///   - sums: those of the whole matrix, where these scores are a part of it: the value is then taken from them, and
  ///     the gradient is this part's share of the whole's. `rows` and `diagonal` are the part's own.
  ///   - known: the value, where it is another than what these sums say: that of the whole.
  ///
  /// ```swift
  /// // InfoNCE, both sides: (½ mean_i rows + ½ mean_j columns) − mean_i S_ii
  /// PairScores(u, v, scale: 1 / τ).value(rows: half, columns: half, diagonal: mean)
  /// ```
  public func value(
    rows p: Tensor? = nil, columns q: Tensor? = nil, total g: Double = 0, diagonal t: Tensor? = nil,
    of sums: LogSums? = nil, known: Tensor? = nil
  ) -> Tensor {
    var kinds: Kinds = []
    if p != nil { kinds.insert(.rows) }
    if q != nil { kinds.insert(.columns) }
    if g != 0 { kinds.insert(.total) }
    if t != nil { kinds.insert(.diagonal) }
    let sums = sums ?? logSums(kinds)
    let value =
      known
      ?? withoutGradients {
        // In double precision: the parts may be large and nearly cancel.
        var sum = Tensor.zeros([], dtype: x.device.widestFloat, device: x.device)
        if let p, let rows = sums.rows { sum = sum + dot(p, rows) }
        if let q, let columns = sums.columns { sum = sum + dot(q, columns) }
        if let total = sums.total, g != 0 { sum = sum + total.to(sum.dtype) * g }
        if let t, let diagonal = sums.diagonal { sum = sum - dot(t, diagonal) }
        return sum.to(x.dtype)
      }
    guard areGradientsRecorded, operands.contains(where: \.requiresGradient) else { return value }
    let weights = Weights(rows: p, columns: q, total: g, diagonal: t)
    require(
      joined == nil, "PairScores: what is joined is differentiated by automatic differentiation")
    guard hasKernels else {
      return valueByOperations(value, of: sums, weights)
    }
    return differentiated(
      value, inputs: operands.filter(\.requiresGradient), gradients: gradient(of: sums, weights))
  }

  /// What the logarithms of sums are weighed by.
  struct Weights {
    var rows, columns: Tensor?
    var total: Double
    var diagonal: Tensor?
  }

  /// Whether kernels compute with operands like this one.
  static func hasKernels(for x: Tensor) -> Bool {
    usesKernels && x.device == .cpu && (x.dtype == .float32 || x.dtype == .float64)
  }

  /// Whether kernels compute these sums.
  var hasKernels: Bool { joined == nil && PairScores.hasKernels(for: x) }

  /// Lets tests do without kernels.
  @TaskLocal static var usesKernels = true

  /// The gradients with respect to those of `operands` that require one.
  private func gradient(of sums: LogSums, _ weights: Weights) -> [Tensor] {
    var dx, dy, da, db: ct_tensor?
    var slope = 0.0
    func isWanted(_ tensor: Tensor?) -> Bool { tensor?.requiresGradient ?? false }
    let status = withScores { scores in
      withUnsafeMutablePointers(&dx, &dy, &da, &db) { dx, dy, da, db in
        withUnsafeMutablePointer(to: &slope) { slope in
          cs_gradient(
            scores, sums.rows?.raw, sums.columns?.raw, sums.total?.raw, weights.rows?.raw,
            weights.columns?.raw, weights.total, weights.diagonal?.raw,
            isWanted(x) ? dx : nil, isWanted(y) ? dy : nil, isWanted(rowBias) ? da : nil,
            isWanted(columnBias) ? db : nil, isWanted(scale) ? slope : nil)
        }
      }
    }
    check(status, "PairScores.value", operands)
    let gradients = [dx, dy, da, db].compactMap { $0 }.map { Tensor(owning: $0) }
    guard let scale, scale.requiresGradient else { return gradients }
    return gradients + [.full(scale.shape, slope, like: scale)]
  }

  /// x, y, a, b, κ, those present.
  var operands: [Tensor] { [x, y, rowBias, columnBias, scale].compactMap { $0 } }

  func withScores(_ call: (cs_scores) -> ct_status) -> ct_status {
    withExtendedLifetime(self) {
      call(
        cs_scores(
          x: x.raw, y: y.raw, a: rowBias?.raw, b: columnBias?.raw, form: form,
          scale: scale?.item() ?? 1, offset: Int64(offset), off_diagonal: isTotalOffDiagonal))
    }
  }
}

/// Σ_i left_i right_i in double precision, where a weight of 0 takes out an infinite value.
private func dot(_ left: Tensor, _ right: Tensor) -> Tensor {
  let wide = left.device.widestFloat
  return (left.to(wide) * right.to(wide)).masked(left.equal(to: 0), with: 0).sum()
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
