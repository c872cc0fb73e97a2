/// The conditional maximum mean discrepancy loss (Problem 3.11, Example B.1): how far ν(u | v) is from
/// the true partner in the reproducing kernel Hilbert space of k_u, without its constant part,
///
///     mean_j [ Σ_{i,i'} k_u(uⁱ, uⁱ') W_ij W_i'j − 2 Σ_i k_u(uʲ, uⁱ) W_ij ],   W = softmax over i of S_ij,
///
/// with weight λ_u/2, plus the same with u and v exchanged, with weight λ_v/2. Unlike the Kullback–Leibler
/// losses it knows which candidates are alike: mass on a near twin of the partner costs little.
///
/// Columns are taken in tiles: memory O(N · tile), arithmetic 2N³ operations a side.
public struct ConditionalMMDLoss: Loss {
  public let sides: ConditionalLoss.Sides
  /// k_u, by which ν(u | v) is compared.
  public let kernelU: Kernel
  /// k_v, by which ν(v | u) is compared.
  public let kernelV: Kernel

  public init(
    _ sides: ConditionalLoss.Sides, kernelU: Kernel = .gaussian(), kernelV: Kernel = .gaussian()
  ) {
    self.sides = sides
    self.kernelU = kernelU
    self.kernelV = kernelV
  }

  public var name: String { "mmd-" + ConditionalLoss(sides).name }

  public var usesData: Bool { true }

  public func callAsFunction(_ batch: ScoredBatch) -> Tensor {
    let data = batch.requireData(for: name)
    var parts: [(ScoreFactors) -> Tensor] = []
    if sides.u > 0 { parts += tiles(kernelU, data.u, weight: sides.u / 2) { $0 } }
    if sides.v > 0 { parts += tiles(kernelV, data.v, weight: sides.v / 2) { $0.transposed } }
    return accumulated(batch.pairs, parts: parts)
  }

  /// The terms of one side, a tile of conditions each; `orient` brings the candidates into the rows.
  private func tiles(
    _ kernel: Kernel, _ data: Tensor, weight: Double,
    orient: @escaping (ScoreFactors) -> ScoreFactors
  ) -> [(ScoreFactors) -> Tensor] {
    let n = data.shape[0]
    let bandwidth = kernel.bandwidth(on: data)
    return Tiles.ranges(n).map { columns in
      { factors in
        let w = orient(factors).columns(columns).matrix.softmax(dim: 0)
        let k = Tiles.product(kernel, data, bandwidth, w)
        let toPartners = kernel.gram(data, data[columns], bandwidth: bandwidth).to(w.dtype)
        return ((w * k).sum() - (w * toPartners).sum() * 2) * (weight / Double(n))
      }
    }
  }
}

/// Walking over a batch in tiles.
enum Tiles {
  /// Rows of a tile: with N = 10⁵ a tile of scores is 200 MB in single precision.
  static let size = 512

  static func ranges(_ count: Int) -> [Range<Int>] {
    stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
  }

  /// K w for the n × n kernel matrix K of the data, which is made a tile of rows at a time.
  static func product(_ kernel: Kernel, _ data: Tensor, _ bandwidth: Double, _ w: Tensor) -> Tensor
  {
    cat(
      ranges(data.shape[0]).map {
        matmul(kernel.gram(data[$0], data, bandwidth: bandwidth).to(w.dtype), w)
      })
  }
}
