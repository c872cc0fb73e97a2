import CScores
import CTorch
import Foundation
import TestDevice
import Testing
import Torch

@testable import Scores

/// The tiled sums against the stored matrix in double precision, with its derivative by automatic differentiation.
///
/// Tolerances. In float64, 1e-10 relative to 1 + the largest score: the stored formula's own rounding is below 1e-12 of
/// it. In float32 a score carries the rounding of a product of d terms, at most about 8 units of 2⁻²⁴ of the bound
/// B = max |x_i| max |y_j| + max |a| + max |b| for the d used here (rounding errors add like a random walk); a
/// log-sum-exp inherits the scores' error plus 2e-6 of its own sums; a softmax weight has that error relatively, and so
/// has the gradient, in norm (twice: its score and its normaliser).
@Suite(.serialized) struct PairScoresTests {
  /// A problem and the weights of its value.
  struct Case: CustomTestStringConvertible {
    var n, m, d: Int
    var scale = 1.0
    var hasBiases = false
    var offDiagonal = false
    var total = 0.0
    var rows = true
    var columns = true
    var identical = false
    var form = FusedForm.innerProduct
    /// κ; absent for 1.
    var kappa: Double?
    var offset = 0
    var testDescription: String {
      "\(n)×\(m), d = \(d), scale \(scale), biases \(hasBiases), rows \(rows), columns \(columns), total \(total), offset \(offset)"
        + (offDiagonal ? " off the diagonal" : "") + (identical ? ", identical embeddings" : "")
        + " \(form) \(kappa ?? 1)"
    }
  }

  static let cases: [Case] = [
    // Shapes: one row, one column, less than a tile, beyond tiles and not multiples of anything.
    Case(n: 1, m: 1, d: 1), Case(n: 1, m: 300, d: 17, total: 0.5), Case(n: 300, m: 1, d: 3),
    Case(n: 7, m: 5, d: 130, hasBiases: true), Case(n: 193, m: 257, d: 33, hasBiases: true),
    Case(n: 500, m: 391, d: 16), Case(n: 391, m: 500, d: 64, hasBiases: true, total: 0.3),
    // Sides.
    Case(n: 211, m: 300, d: 20, columns: false), Case(n: 211, m: 300, d: 20, rows: false),
    Case(n: 211, m: 300, d: 20, total: 1, rows: false, columns: false),
    Case(n: 300, m: 300, d: 20, offDiagonal: true, total: 1, rows: false, columns: false),
    Case(n: 300, m: 211, d: 20, hasBiases: true, offDiagonal: true, total: 0.4),
    Case(n: 2, m: 2, d: 4, offDiagonal: true, total: 1, rows: false, columns: false),
    // Temperatures: nearly constant scores, scores of hundreds, of ten thousand.
    Case(n: 250, m: 270, d: 24, scale: 1e-6, total: 0.2),
    Case(n: 250, m: 270, d: 24, scale: 30, hasBiases: true, total: 0.2),
    Case(n: 250, m: 270, d: 24, scale: 1000),
    Case(n: 250, m: 270, d: 24, scale: 1000, columns: false),
    Case(n: 250, m: 250, d: 24, scale: 1000, offDiagonal: true, total: 1),
    Case(n: 200, m: 200, d: 24, scale: 20, offDiagonal: true, total: 0.5, identical: true),
    // Forms, with temperatures from 100 to 10⁻⁴ (scores of 10⁴).
    Case(n: 211, m: 300, d: 20, total: 0.3, kappa: 3),
    Case(n: 300, m: 211, d: 19, hasBiases: true, total: 0.3, form: .cosine, kappa: 1 / 0.07),
    Case(n: 200, m: 200, d: 24, form: .cosine, kappa: 0.01),
    Case(n: 200, m: 230, d: 24, hasBiases: true, form: .cosine, kappa: 1e4),
    Case(n: 211, m: 300, d: 20, total: 0.3, form: .squaredDistance, kappa: 2),
    Case(
      n: 250, m: 250, d: 33, hasBiases: true, offDiagonal: true, total: 0.7,
      form: .squaredDistance),
    Case(n: 200, m: 230, d: 24, columns: false, form: .squaredDistance, kappa: 1e3),
    Case(n: 200, m: 200, d: 24, identical: true, form: .squaredDistance, kappa: 50),
    // Pairs that stand elsewhere: rows and columns of a larger matrix, none of them partners, some, all.
    Case(
      n: 100, m: 310, d: 12, offDiagonal: true, total: 0.6, form: .cosine, kappa: 9, offset: 205),
    Case(n: 210, m: 250, d: 12, hasBiases: true, offDiagonal: true, total: 0.6, offset: 130),
    Case(n: 310, m: 100, d: 12, hasBiases: true, offDiagonal: true, total: 0.6, offset: -190),
    Case(n: 20, m: 30, d: 5, offDiagonal: true, total: 0.6, offset: 40),
    Case(n: 20, m: 30, d: 5, offDiagonal: true, total: 0.6, form: .squaredDistance, offset: -25),
  ]

  struct Problem {
    var scores: PairScores
    var p, q, t: Tensor?
    var g: Double

    /// The value with the matrix stored, in double precision.
    func stored() -> Tensor {
      var s = Self.form(scores)
      if let kappa = scores.scale { s = s * kappa }
      if let a = scores.rowBias { s = s + a.unsqueezed(1) }
      if let b = scores.columnBias { s = s + b }
      var value = Tensor(0, dtype: .float64)
      if let p { value = value + (p * s.logSumExp(dim: 1)).sum() }
      if let q { value = value + (q * s.logSumExp(dim: 0)).sum() }
      let (n, m) = (s.shape[0], s.shape[1])
      let partners = (0..<n).map { $0 + scores.offset }
      let isPair = Tensor(partners, device: s.device).unsqueezed(1)
        .equal(to: Tensor.arange(m, device: s.device))
      if let t {
        // One score a row that has a partner, in order.
        let own = s.masked(isPair.not(), with: 0).sum(dim: 1)
        let rows = (0..<n).filter { (0..<m).contains(partners[$0]) }
        value = value - (t * own.indexSelect(Tensor(rows, device: s.device))).sum()
      }
      if g != 0 {
        let used = scores.isTotalOffDiagonal ? s.masked(isPair, with: -.infinity) : s
        value = value + used.reshaped([n * m]).logSumExp(dim: 0) * g
      }
      return value
    }

    /// By its definition, distances from differences.
    static func form(_ scores: PairScores) -> Tensor {
      let (x, y) = (scores.x, scores.y)
      return switch scores.form {
      case .innerProduct: x.matmul(y.T)
      case .cosine: directions(x).matmul(directions(y).T)
      case .squaredDistance: (x.unsqueezed(1) - y).square().sum(dim: 2) * -0.5
      }
    }

    static func directions(_ rows: Tensor) -> Tensor {
      let rows = rows / rows.detached().abs().max(dim: 1, keepDim: true).binade()
      return rows / rows.square().sum(dim: 1, keepDim: true).sqrt()
    }

    /// On the processor in double precision, as it was drawn.
    var leaves: Problem {
      let copy = self
      copy.inputs.forEach { clearGradients([$0]) }
      copy.inputs.forEach { $0.requiresGradient = true }
      return copy
    }

    func to(_ dtype: DType) -> Problem {
      var copy = self
      copy.scores.x = leaf(scores.x.to(dtype))
      copy.scores.y = leaf(scores.y.to(dtype))
      copy.scores.rowBias = scores.rowBias.map { leaf($0.to(dtype)) }
      copy.scores.columnBias = scores.columnBias.map { leaf($0.to(dtype)) }
      copy.scores.scale = scores.scale.map { leaf($0.to(dtype)) }
      let place = copy.scores.x
      func moved(_ weights: Tensor?) -> Tensor? { weights?.to(dtype).to(deviceOf: place) }
      (copy.p, copy.q, copy.t) = (moved(p), moved(q), moved(t))
      return copy
    }
    private func leaf(_ tensor: Tensor) -> Tensor {
      let copy = tensor.detached().clone().to(deviceOf: .zeros([], device: .test))
      copy.requiresGradient = true
      return copy
    }

    /// The scores as a tilting makes them, with kernels of their own or without.
    var factors: ScoreFactors {
      func bias(_ rows: Tensor) -> Tensor? {
        scores.form == .squaredDistance ? rows.square().sum(dim: 1) * -0.5 : nil
      }
      let center = scores.y.detached().mean(dim: 0)
      let form = ScoreForm(fused: scores.form) { [form = scores.form] rows in
        switch form {
        case .innerProduct: (rows, nil)
        case .cosine: (Self.directions(rows), nil)
        case .squaredDistance: (rows - center, bias(rows - center))
        }
      }
      return ScoreFactors(
        scores.x, scores.y, form, scores.scale, scores.rowBias, scores.columnBias, scores.offset)
    }

    func tiled(of sums: PairScores.LogSums? = nil) -> Tensor {
      var pairs = factors.pairScores
      pairs.isTotalOffDiagonal = scores.isTotalOffDiagonal
      return pairs.value(rows: p, columns: q, total: g, diagonal: t, of: sums)
    }
    var inputs: [Tensor] {
      [scores.x, scores.y, scores.rowBias, scores.columnBias, scores.scale].compactMap { $0 }
    }
    /// B of the suite's comment.
    var bound: Double {
      let norm = { (t: Tensor) in t.square().sum(dim: 1).sqrt().array(Double.self).max() ?? 0 }
      let most = { (t: Tensor?) in t.map { $0.abs().array(Double.self).max() ?? 0 } ?? 0 }
      let biases = most(scores.rowBias) + most(scores.columnBias)
      let kappa = scores.scale?.item() ?? 1
      let (x, y) = (norm(scores.x), norm(scores.y))
      return switch scores.form {
      case .innerProduct: kappa * x * y + biases
      case .cosine: kappa + biases
      // By norms: their parts are larger than the distances.
      case .squaredDistance: kappa * (x + y) * (x + y) / 2 + biases
      }
    }
  }

  /// Values representable in float32, so that both precisions solve the same problem.
  static func problem(_ c: Case) -> Problem {
    let keys = Key(UInt64(c.n * 1000 + c.m)).split(7)
    func draw(_ shape: [Int], _ key: Int, _ scale: Double) -> Tensor {
      (Tensor.normal(shape, key: keys[key], dtype: .float64) * scale).to(.float32).to(.float64)
    }
    func weights(_ count: Int, _ key: Int) -> Tensor {
      (Tensor.uniform([count], key: keys[key], dtype: .float64) / Double(count)).to(.float32)
        .to(.float64)
    }
    let x = draw([c.n, c.d], 0, c.scale / Double(c.d).squareRoot())
    let y = c.identical ? (x / c.scale).to(.float32).to(.float64) : draw([c.m, c.d], 1, 1)
    let scores = PairScores(
      x, y, form: c.form, scale: c.kappa.map { Tensor($0, dtype: .float32).to(.float64) },
      rowBias: c.hasBiases ? draw([c.n], 2, c.scale) : nil,
      columnBias: c.hasBiases ? draw([c.m], 3, c.scale) : nil, offset: c.offset,
      isTotalOffDiagonal: c.offDiagonal)
    let pairs = (0..<c.n).count { (0..<c.m).contains($0 + c.offset) }
    return Problem(
      scores: scores, p: c.rows ? weights(c.n, 4) : nil, q: c.columns ? weights(c.m, 5) : nil,
      t: weights(pairs, 6), g: c.total)
  }

  /// Compares value and gradients of the tiled and the stored form.
  func compare(_ problem: Problem, _ dtype: DType) {
    let ours = problem.to(dtype)
    let exact = problem.leaves
    let bound = problem.bound
    let error = dtype == .float64 ? 1e-10 : 2e-6 + 8 * 0x1p-24 * bound
    let expected = exact.stored()
    let value = ours.tiled()
    #expect(abs(value.item() - expected.item()) <= 2 * error * (dtype == .float64 ? 1 + bound : 1))
    expected.backward()
    value.backward()
    // One scale for all: the gradient of a bias can vanish where that of x does not.
    for (a, b) in zip(ours.inputs, exact.inputs) {
      guard let a = a.gradient, let b = b.gradient else {
        Issue.record("no gradient")
        continue
      }
      let reference = max(norm(b), 1e-3)
      let relative = dtype == .float64 ? error * (1 + bound) : 2 * error
      #expect(norm(a.to(.float64).to(deviceOf: b) - b) <= relative * reference)
    }
  }

  private func norm(_ tensor: Tensor) -> Double { tensor.square().sum().item().squareRoot() }

  @Test(arguments: cases)
  func agreesWithTheStoredFormInDouble(_ c: Case) { compare(Self.problem(c), .float64) }

  @Test(arguments: cases)
  func agreesWithTheStoredFormToFloat32Rounding(_ c: Case) { compare(Self.problem(c), .float32) }

  /// Without kernels, by tensor operations.
  @Test(arguments: cases)
  func operationsAgreeWithTheStoredForm(_ c: Case) {
    PairScores.$usesKernels.withValue(false) {
      compare(Self.problem(c), .float64)
      compare(Self.problem(c), .float32)
    }
  }

  /// Three processes with the rows of one matrix: what they find combines to what one finds, with the gradient.
  @Test(
    arguments: [true, false],
    [
      Case(n: 300, m: 300, d: 12, hasBiases: true, total: 0.3, form: .cosine, kappa: 6),
      Case(n: 1100, m: 1100, d: 5, offDiagonal: true, total: 0.3),
    ])
  func partsCombineToTheWhole(_ usesKernels: Bool, _ c: Case) throws {
    try PairScores.$usesKernels.withValue(usesKernels) {
      let whole = Self.problem(c).to(.float64)
      let parts = [0..<c.n / 3, c.n / 3..<c.n / 2, c.n / 2..<c.n].map { rows in
        var part = whole.to(.float64)
        part.scores.x = whole.scores.x.detached()[rows]
        part.scores.rowBias = whole.scores.rowBias?.detached()[rows]
        part.scores.offset = rows.lowerBound
        (part.p, part.t) = (whole.p?[rows], whole.t?[rows])
        return part.to(.float64)
      }
      let sums = parts.map { part in
        var pairs = part.factors.pairScores
        pairs.isTotalOffDiagonal = c.offDiagonal
        return pairs.logSums([.rows, .columns, .total, .diagonal])
      }
      func combined(_ sums: [Tensor?]) -> Tensor {
        stack(sums.compactMap(\.self)).logSumExp(dim: 0)
      }
      let columns = combined(sums.map(\.columns)), total = combined(sums.map(\.total))
      var value = Tensor.zeros([], like: columns)
      for (part, own) in zip(parts, sums) {
        var part = part
        let all = PairScores.LogSums(
          rows: own.rows, columns: columns, total: total, diagonal: own.diagonal)
        part.tiled(of: all).backward()
        // The columns' and the total's terms are the whole's in each part: count them once.
        part.q = nil
        part.g = 0
        value = value + withoutGradients { part.tiled(of: all) }
      }
      let q = try #require(whole.q)
      value = value + (q * columns).sum() + total * c.total
      let expected = whole.tiled()
      #expect(abs(value.item() - expected.item()) < 1e-12)
      expected.backward()
      let dx = cat(parts.map { $0.scores.x.gradient ?? $0.scores.x.zerosLike() })
      #expect(norm(dx - whole.scores.x.gradient!) < 1e-12)
      let dy = parts.map { $0.scores.y.gradient ?? $0.scores.y.zerosLike() }
      #expect(norm(dy[0] + dy[1] + dy[2] - whole.scores.y.gradient!) < 1e-12)
    }
  }

  @Test(arguments: [CT_PORTABLE, CT_AVX2, CT_AVX512])
  func everyInstructionSetAgrees(_ limit: Int) {
    ct_limit_instructions(Int32(limit))
    defer { ct_limit_instructions(Int32(CT_AVX512)) }
    for c in Self.cases {
      compare(Self.problem(c), .float32)
      compare(Self.problem(c), .float64)
    }
    exponentialIsAccurate()
  }

  /// Within 2 units in the last place of the C library's exponential.
  @Test func exponentialIsAccurate() {
    let points = Tensor.linspace(-86, 60, 100_001)
    for (dtype, unit) in [(DType.float32, 0x1p-23), (.float64, 0x1p-52)] {
      let x = points.to(dtype)
      let e = tensor("exponential", [x]) { cs_exponential($0, x.raw) }.to(.float64)
      let worst =
        zip(e.array(Double.self), x.to(.float64).array(Double.self))
        .map { abs($0 / exp($1) - 1) }.max() ?? .infinity
      #expect(worst <= 2 * unit)
    }
    let far = Tensor([-1e4, -.infinity, 0, .nan], dtype: .float32)
    let e = tensor("exponential", [far]) { cs_exponential($0, far.raw) }.array(Float.self)
    #expect(e[0] == 0 && e[1] == 0 && e[2] == 1 && e[3].isNaN)
  }

  @Test func sumsAreThoseOfTheStoredMatrix() {
    let p = Self.problem(Case(n: 300, m: 280, d: 12, hasBiases: true))
    let sums = p.scores.logSums([.rows, .columns, .total, .diagonal])
    let s =
      p.scores.x.matmul(p.scores.y.T) + p.scores.rowBias!.unsqueezed(1) + p.scores.columnBias!
    func distance(_ a: Tensor?, _ b: Tensor) -> Double {
      a.map { ($0 - b).abs().array(Double.self).max() ?? .infinity } ?? .infinity
    }
    #expect(distance(sums.rows, s.logSumExp(dim: 1)) < 1e-12)
    #expect(distance(sums.columns, s.logSumExp(dim: 0)) < 1e-12)
    #expect(distance(sums.total, s.reshaped([300 * 280]).logSumExp(dim: 0)) < 1e-12)
    #expect(distance(sums.diagonal, s.diagonal()) < 1e-12)
    #expect(p.scores.logSums([.rows]).columns == nil)
  }

  /// A reference weight of zero is a bias of −∞: the column counts for nothing.
  @Test func columnsOfWeightZeroDropOut() {
    var p = Self.problem(Case(n: 40, m: 30, d: 8, columns: false))
    p.t = nil
    var bias = [Double](repeating: 0, count: 30)
    bias[7] = -.infinity
    p.scores.columnBias = Tensor(bias)
    compare(p.to(.float64), .float64, without: 7)
    let columns = p.scores.logSums([.columns]).columns?.array(Double.self)
    #expect(columns?[7] == -.infinity)
  }

  private func compare(_ problem: Problem, _ dtype: DType, without column: Int) {
    let kept = (0..<problem.scores.y.shape[0]).filter { $0 != column }
    var smaller = problem
    smaller.scores.y = problem.scores.y.detached().indexSelect(
      dim: 0, Tensor(kept, device: problem.scores.y.device))
    smaller.scores.columnBias = nil
    smaller = smaller.to(.float64)
    let (value, expected) = (problem.tiled(), smaller.stored())
    #expect(abs(value.item() - expected.item()) < 1e-12)
    value.backward()
    expected.backward()
    let difference = problem.scores.x.gradient! - smaller.scores.x.gradient!
    #expect(norm(difference) < 1e-12)
    #expect(norm(problem.scores.y.gradient![column]) == 0)
  }

  /// One pair has no pair off the diagonal: the total is empty, and only the diagonal's term has a gradient.
  @Test func oneRowHasNoPairOffTheDiagonal() {
    let scores = PairScores(
      Tensor([2.0], shape: [1, 1]), Tensor([3.0], shape: [1, 1]), isTotalOffDiagonal: true)
    scores.x.requiresGradient = true
    #expect(scores.logSums([.total]).total?.item() == -.infinity)
    scores.value(total: 1, diagonal: Tensor([1.0])).backward()
    #expect(scores.x.gradient?.item() == -3)
  }

  /// A row without a direction scores 0 with everything and has the gradient 0, and no other row feels it.
  @Test(arguments: [DType.float32, .float64])
  func aZeroRowHasNoCosine(_ dtype: DType) {
    let p = Self.problem(Case(n: 40, m: 30, d: 8, total: 0.2, form: .cosine, kappa: 5)).to(dtype)
    withoutGradients { p.scores.x[3].fill(0) }
    let rows = p.scores.logSums([.rows]).rows
    #expect(abs((rows?[3].item() ?? .nan) - log(30.0)) < 1e-6)
    p.tiled().backward()
    #expect(norm(p.scores.x.gradient![3]) == 0)
    #expect(p.inputs.allSatisfy { $0.gradient?.allFinite() == true })
    #expect(norm(p.scores.x.gradient![4]) > 0)
  }

  /// Directions do not depend on lengths: squares of which float32 overflows, or keeps no digit, change no bit.
  @Test(arguments: [0x1p-110, 0x1p-83, 0x1p66, 0x1p120], [true, false])
  func cosinesOfAnyLengths(_ scale: Double, _ usesKernels: Bool) {
    PairScores.$usesKernels.withValue(usesKernels) {
      let p = Self.problem(Case(n: 40, m: 30, d: 24, total: 0.2, form: .cosine, kappa: 5))
      let usual = p.to(.float32)
      // One row of y is long, its others are not.
      var far = p
      far.scores.x = p.scores.x.detached() * scale
      far.scores.y = p.scores.y.detached().clone()
      withoutGradients { far.scores.y[3] *= scale }
      far = far.to(.float32)
      #expect(far.tiled().item() == usual.tiled().item())
      usual.tiled().backward()
      far.tiled().backward()
      for (a, b) in zip(far.inputs, usual.inputs).dropFirst(2) {
        #expect(norm(a.gradient! - b.gradient!) == 0)
      }
      let dx = far.scores.x.gradient!.to(.float64) * scale - usual.scores.x.gradient!.to(.float64)
      let dy = far.scores.y.gradient!.to(.float64) - usual.scores.y.gradient!.to(.float64)
      // Parts of a gradient of 2⁻¹²⁰ that are denormal are rounded.
      #expect(norm(dx) <= 1e-6)
      #expect(norm(dy[4..<30]) == 0)
      #expect(far.scores.y.gradient!.allFinite())
    }
  }

  /// Denormal numbers have directions, too: the rounding is theirs.
  @Test(arguments: [true, false])
  func cosinesOfDenormalNumbers(_ usesKernels: Bool) {
    PairScores.$usesKernels.withValue(usesKernels) {
      var p = Self.problem(Case(n: 40, m: 30, d: 8, form: .cosine, kappa: 5))
      p.scores.x = (p.scores.x * 0x1p-134).to(.float32).to(.float64)
      #expect(abs(p.to(.float32).tiled().item() - p.stored().item()) < 1e-5)
    }
  }

  @Test(arguments: [Double.nan, .infinity], [FusedForm.innerProduct, .cosine, .squaredDistance])
  func whatIsNotFiniteIsNotHidden(_ value: Double, _ form: FusedForm) {
    let p = Self.problem(Case(n: 40, m: 30, d: 8, form: form, kappa: 5)).to(.float32)
    withoutGradients { p.scores.x[3].fill(value) }
    for usesKernels in [true, false] {
      PairScores.$usesKernels.withValue(usesKernels) { #expect(!p.tiled().item().isFinite) }
    }
  }

  /// Distances do not change when everything is shifted, and in tiles hardly do.
  @Test func distancesAreTakenAboutTheMean() {
    let p = Self.problem(Case(n: 200, m: 210, d: 16, form: .squaredDistance)).to(.float32)
    var far = p
    far.scores.x = p.scores.x + 1000
    far.scores.y = p.scores.y + 1000
    // Coordinates of 1000 are rounded to 3e-5, distances of order 5 so to about 1e-4.
    #expect(abs(far.tiled().item() - p.tiled().item()) < 1e-3)
  }

  /// What needs no gradient gets none, and the rest the same one as when everything does.
  @Test func onlyWhatIsAskedForIsDifferentiated() {
    let p = Self.problem(Case(n: 30, m: 40, d: 8, form: .cosine, kappa: 3)).to(.float64)
    let whole = p.to(.float64)
    whole.tiled().backward()
    var part = p
    part.scores.x = p.scores.x.detached()
    part.scores.scale = p.scores.scale?.detached()
    part.tiled().backward()
    #expect(part.scores.x.gradient == nil)
    #expect(norm(part.scores.y.gradient! - whole.scores.y.gradient!) == 0)
  }

  @Test func gradientsScaleWithTheSeed() {
    let p = Self.problem(Case(n: 20, m: 20, d: 4)).to(.float64)
    p.tiled().backward()
    let once = p.scores.x.gradient!.clone()
    clearGradients(p.inputs)
    (p.tiled() * 3).backward()
    #expect(norm(p.scores.x.gradient! - once * 3) <= 1e-15)
  }

  @Test func resultsAreReproducible() {
    let p = Self.problem(Case(n: 700, m: 650, d: 32)).to(.float32)
    let bits = {
      clearGradients(p.inputs)
      let value = p.tiled()
      value.backward()
      return [value.item()] + p.scores.y.gradient!.to(.float64).array(Double.self)
    }
    #expect(bits() == bits())
  }
}
