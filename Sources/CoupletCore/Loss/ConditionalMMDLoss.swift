import Files

/// The conditional maximum mean discrepancy loss (Problem 3.11, Example B.1): how far ν(u | v) is from
/// the true partner in the reproducing kernel Hilbert space of k_u, without its constant part,
///
///     mean_j [ Σ_{i,i'} k_u(uⁱ, uⁱ') W_ij W_i'j − 2 Σ_i k_u(uʲ, uⁱ) W_ij ],   W = softmax over i of S_ij,
///
/// with weight λ_u/2, plus the same with u and v exchanged, with weight λ_v/2. Unlike the Kullback–Leibler
/// losses it knows which candidates are alike: mass on a near twin of the partner costs little.
///
/// Plain, W and K_u are stored. Tiled, conditions are taken 512 at a time, and K_u is made as many rows
/// at a time: memory O(N · 512). Either way the arithmetic is that of N × N × N products, one a side and value,
/// and one more for the plain form's gradient: the tiled form needs K W once, as 2 (K W − K) is its derivative.
public struct ConditionalMMDLoss: Loss {
  /// Which conditionals are matched, with λ_u and λ_v.
  public private(set) var sides: ConditionalLoss.Sides
  /// k_u, by which ν(u | v) is compared, and k_v, by which ν(v | u) is.
  public private(set) var kernels: [Kernel]
  /// Whether W and the kernels are stored or made in tiles; the value is the same up to rounding.
  public let evaluation: Evaluation

  /// With a kernel for each modality, k_u and k_v; Gaussian ones by default, of the median distance.
  public init(
    _ sides: ConditionalLoss.Sides, kernels: [Kernel] = [.gaussian(), .gaussian()],
    evaluation: Evaluation = .automatic
  ) {
    self.sides = sides
    self.kernels = kernels
    self.evaluation = evaluation
  }

  /// `mmd-` and the name of the conditional loss of the same sides.
  public var name: String { "mmd-" + ConditionalLoss(sides).name }
  /// That of the side that is matched to the data, of both where both are.
  public var informationBound: InformationBound { sides.informationBound }

  /// True: kernels compare the data themselves.
  public var usesData: Bool { true }

  /// The value on a batch, which must bring its data, a scalar without unit.
  public func callAsFunction(_ batch: ScoredBatch) -> Tensor {
    let data = batch.requireData(for: name)
    let isTiled = evaluation.tilesKernels(batch.count)
    var parts: [(ScoreFactors) -> Tensor] = []
    func add(_ kernel: Kernel, _ data: Tensor, weight: Double, isTransposed: Bool) {
      guard weight > 0 else { return }
      let kernel = KernelMatrix(kernel, data, dtype: batch.pairs.dtype)
      let side = KernelSide(
        kernel: kernel, isTransposed: isTransposed, factor: weight / 2 / Double(batch.count))
      parts += isTiled ? side.tiles : [side.plain]
    }
    add(kernels[0], data[0], weight: sides.u, isTransposed: false)
    add(kernels[1], data[1], weight: sides.v, isTransposed: true)
    return isTiled ? accumulated(batch.pairs, parts: parts) : sum(parts.map { $0(batch.pairs) })
  }

  private func sum(_ terms: [Tensor]) -> Tensor { terms.dropFirst().reduce(terms[0], +) }
}

/// One side of the loss: `factor` times the sum over conditions.
private struct KernelSide {
  let kernel: KernelMatrix
  /// Whether candidates are the columns of the scores.
  let isTransposed: Bool
  let factor: Double

  /// W for a range of conditions: candidates in the rows.
  private func weights(_ factors: ScoreFactors, _ conditions: Range<Int>) -> Tensor {
    (isTransposed ? factors.transposed : factors).columns(conditions).matrix.softmax(dim: 0)
  }

  /// The formula on stored matrices.
  func plain(_ factors: ScoreFactors) -> Tensor {
    let (w, k) = (weights(factors, 0..<kernel.count), kernel.stored)
    return ((w * matmul(k, w)).sum() - (w * k).sum() * 2) * factor
  }

  /// The terms, a tile of conditions each.
  var tiles: [(ScoreFactors) -> Tensor] {
    Tiles.ranges(kernel.count).map { conditions in
      { factors in
        let w = weights(factors, conditions)
        let smoothed = kernel.product(w.detached())
        let toPartners = kernel.rows(conditions).T
        let value = (w.detached() * (smoothed - toPartners * 2)).sum() * factor
        let slope = (smoothed - toPartners) * (2 * factor)
        return differentiated(value, inputs: [w], gradients: [slope])
      }
    }
  }
}

extension ConditionalMMDLoss {
  static let entries: [Losses.Entry] = [
    .init(
      "mmd-two-sided", ConditionalMMDLoss(.twoSided),
      [
        .value("weights", .weights, \.sides.pair),
        .value("kernel-u", .nested("KERNEL"), \.kernels[0]),
        .value("kernel-v", .nested("KERNEL"), \.kernels[1]),
      ]
    ) { $0 },
    .init(
      "mmd-u-given-v", ConditionalMMDLoss(.uGivenV),
      [.value("kernel-u", .nested("KERNEL"), \.kernels[0])]
    ) { $0 },
    .init(
      "mmd-v-given-u", ConditionalMMDLoss(.vGivenU),
      [.value("kernel-v", .nested("KERNEL"), \.kernels[1])]
    ) { $0 },
  ]
}
