import Files

/// The joint maximum mean discrepancy loss (Problem 3.11): MMD² between the data and ν for the product kernel
/// k_u(u, u') k_v(v, v'), without its constant part. With ν as weights P_ij = exp S_ij / Σ exp S on the N²
/// pairs of the batch,
///
///     L = Σ P ∘ (K_u P K_v) − (2/N) tr(K_u P K_v):
///
/// matrix products only; no N² × N² object.
///
/// Plain, P, K_u and K_v are stored, N × N each. Tiled, with E = K_u (P − I/N) K_v made 512 rows at a time from as
/// many rows of P, K_u and K_v at a time,
///
///     L = Σ (P − I/N) ∘ E − Σ K_u ∘ K_v / N²,   ∂L/∂S = P ∘ (2E − Σ P ∘ 2E):
///
/// memory O(N · 512); two products of N × N × N, as many as for the plain value and half of those with its gradient,
/// and N/512 evaluations of P and K_v.
///
/// A product of energy kernels is not positive definite. In this loss each factor is therefore the kernel that
/// −|x − x'| induces, |x − o| + |x' − o| − |x − x'| with o the mean of the batch, which has the same
/// discrepancy between laws and is positive definite.
public struct JointMMDLoss: Loss {
  /// k_u and k_v.
  public private(set) var kernels: [Kernel]
  /// Whether P and the kernels are stored or made in tiles; the value is the same up to rounding.
  public let evaluation: Evaluation

  /// With a kernel for each modality, k_u and k_v; Gaussian ones by default, of the median distance.
  public init(
    kernels: [Kernel] = [.gaussian(), .gaussian()], evaluation: Evaluation = .automatic
  ) {
    self.kernels = kernels
    self.evaluation = evaluation
  }

  /// `mmd-joint`.
  public var name: String { "mmd-joint" }

  /// True: kernels compare the data themselves.
  public var usesData: Bool { true }

  /// The value on a batch, which must bring its data, a scalar without unit.
  public func callAsFunction(_ batch: ScoredBatch) -> Tensor {
    let data = batch.requireData(for: name)
    let dtype = batch.pairs.dtype
    let ku = KernelMatrix(kernels[0], data[0], dtype: dtype, isPositive: true)
    let kv = KernelMatrix(kernels[1], data[1], dtype: dtype, isPositive: true)
    return evaluation.tilesKernels(batch.count)
      ? accumulated(batch.pairs, parts: tiles(ku, kv, batch.pairs)) : plain(ku, kv, batch.pairs)
  }

  /// The formula on stored matrices.
  private func plain(_ ku: KernelMatrix, _ kv: KernelMatrix, _ factors: ScoreFactors) -> Tensor {
    let s = factors.matrix
    let p = (s - s.logSumExp()).exp()
    let mixed = matmul(matmul(ku.stored, p), kv.stored)
    return (p * mixed).sum() - mixed.diagonal().mean() * 2
  }

  /// The terms, a tile of rows each, and last the part of the derivative that the normaliser of P has.
  private func tiles(
    _ ku: KernelMatrix, _ kv: KernelMatrix, _ factors: ScoreFactors
  ) -> [(ScoreFactors) -> Tensor] {
    let n = Double(factors.rows)
    let total = LogSums(total: 1)
    let fixed = factors.detached
    let logSum = withoutGradients { Evaluation.automatic(total, fixed) }
    func p(_ rows: Range<Int>) -> Tensor { (fixed.rows(rows).matrix - logSum).exp() }
    // Σ P ∘ 2E, complete when the last part is reached.
    var slopeOfLogSum = Tensor.zeros([], dtype: fixed.dtype, device: fixed.device)
    let rowParts = Tiles.ranges(factors.rows).map { rows in
      { (factors: ScoreFactors) -> Tensor in
        let (value, slope) = withoutGradients {
          let kRows = ku.rows(rows)
          let e = mixed(kRows, p, kv, n)
          let weighted = p(rows) * e
          slopeOfLogSum = slopeOfLogSum + weighted.sum() * 2
          let own = e.narrow(dim: 1, rows).diagonal().sum()
          let constant = (kRows * kv.rows(rows)).sum()
          return (weighted.sum() - own / n - constant / (n * n), weighted * 2)
        }
        return differentiated(
          value, inputs: [factors.rows(rows).matrix], gradients: [slope])
      }
    }
    return rowParts + [
      { factors in
        differentiated(
          logSum.zerosLike(), inputs: [Evaluation.automatic(total, factors)],
          gradients: [-slopeOfLogSum])
      }
    ]
  }

  /// Rows of E, from those of K_u.
  private func mixed(
    _ kRows: Tensor, _ p: (Range<Int>) -> Tensor, _ kv: KernelMatrix, _ n: Double
  ) -> Tensor {
    let parts = Tiles.ranges(kv.count)
    var left = kRows / -n
    for part in parts { left = left + matmul(kRows.narrow(dim: 1, part), p(part)) }
    var e = left.zerosLike()
    for part in parts { e = e + matmul(left.narrow(dim: 1, part), kv.rows(part)) }
    return e
  }
}

extension JointMMDLoss {
  static let entry = Losses.Entry(
    "mmd-joint", JointMMDLoss(),
    [
      .value("kernel-u", .nested("KERNEL"), \.kernels[0]),
      .value("kernel-v", .nested("KERNEL"), \.kernels[1]),
    ]
  ) { $0 }
}
