/// The matrix K_ij = k(x_i, x_j) of a kernel on the data of a batch, made in tiles of rows.
struct KernelMatrix {
  private let kernel: Kernel
  private let data: Tensor
  private let bandwidth: Double
  private let dtype: DType
  /// |x_i − o|, for the kernel that −|x − x'| induces.
  private let toCenter: Tensor?

  /// - Parameter isPositive: whether the energy kernel −|x − x'| is replaced by the positive definite one that it
  ///   induces, |x − o| + |x' − o| − |x − x'| with o the mean of the batch.
  init(_ kernel: Kernel, _ data: Tensor, dtype: DType, isPositive: Bool = false) {
    self.kernel = kernel
    self.data = data
    self.dtype = dtype
    bandwidth = kernel.bandwidth(on: data)
    toCenter = kernel == .energy && isPositive ? KernelMatrix.distancesToCenter(data, dtype) : nil
  }

  var count: Int { data.shape[0] }

  /// The given rows of K, t × N.
  func rows(_ range: Range<Int>) -> Tensor {
    var gram = kernel.gram(data[range], data, bandwidth: bandwidth, labelType: dtype)
    if let toCenter { gram = gram + toCenter[range].unsqueezed(1) + toCenter }
    return gram.to(dtype)
  }

  /// K, N × N.
  var stored: Tensor { rows(0..<count) }

  /// K w, without derivatives: memory that of w and a tile.
  func product(_ w: Tensor) -> Tensor {
    withoutGradients { cat(Tiles.ranges(count).map { matmul(rows($0), w) }) }
  }

  /// |x_i − o|² from squared distances alone, so that labels have it too: the mean squared distance to the
  /// batch less half the batch's own mean squared distance.
  private static func distancesToCenter(_ data: Tensor, _ type: DType) -> Tensor {
    withoutGradients {
      // The unit is that of all data, in every tile.
      var unit = 1.0
      let means = cat(
        Tiles.ranges(data.shape[0]).map { rows in
          let distances = Kernel.squaredDistances(data[rows], data, type)
          unit = distances.unit
          return distances.squares.mean(dim: 1)
        })
      return (means - means.mean() * 0.5).clamped(min: 0).sqrt() * unit
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
}
