/// A positive definite kernel k(x, x') on data, by which the maximum mean discrepancy compares laws
/// (Problem 3.11). Data are taken as flat vectors; labels as points that are all at distance √2 from each
/// other, which is what one-hot vectors are.
///
/// ```swift
/// Kernel.gaussian(.median).gram(x)  // n × n
/// ```
public enum Kernel: Hashable, Sendable {
  /// exp(−|x − x'|² / (2h²)).
  case gaussian(Bandwidth = .median)
  /// exp(−|x − x'| / h).
  case laplace(Bandwidth = .median)
  /// (⟨x, x'⟩ + offset)^degree.
  case polynomial(degree: Int = 2, offset: Double = 1)
  /// −|x − x'|, which makes the maximum mean discrepancy the energy distance. It is positive definite only
  /// against weights that add up to 0, as differences of laws do.
  case energy

  /// The length scale h.
  public enum Bandwidth: Hashable, Sendable {
    /// The median distance of different points of the batch, over at most 256 of them.
    case median
    /// h itself.
    case fixed(Double)
  }

  /// The bandwidth that this kernel has on data.
  public func bandwidth(on data: Tensor) -> Double {
    switch self {
    case .gaussian(.fixed(let h)), .laplace(.fixed(let h)): h
    case .gaussian(.median), .laplace(.median): Kernel.medianDistance(data)
    case .polynomial, .energy: 1
    }
  }

  /// k(x_i, y_j), n × m, at a bandwidth; without derivatives, for the data are given. In the type of the data;
  /// in `labelType` for labels and whole numbers.
  public func gram(
    _ x: Tensor, _ y: Tensor, bandwidth h: Double, labelType: DType = .float32
  ) -> Tensor {
    withoutGradients {
      switch self {
      case .gaussian:
        let (squares, unit) = Kernel.squaredDistances(x, y, labelType)
        return (squares * -Kernel.finite(0.5 * (unit / h) * (unit / h))).exp()
      case .laplace:
        let (squares, unit) = Kernel.squaredDistances(x, y, labelType)
        return (squares.sqrt() * -Kernel.finite(unit / h)).exp()
      case .polynomial(let degree, let offset):
        return (Kernel.innerProducts(x, y, labelType) + offset).pow(Double(degree))
      case .energy:
        let (squares, unit) = Kernel.squaredDistances(x, y, labelType)
        return squares.sqrt() * -unit
      }
    }
  }

  /// k(x_i, x_j), n × n.
  public func gram(_ x: Tensor) -> Tensor { gram(x, x, bandwidth: bandwidth(on: x)) }

  /// What float32 holds too, so that 0 times it is 0; its exponential is 0 or 1 all the same.
  private static func finite(_ factor: Double) -> Double { min(factor, 1e38) }

  // MARK: Geometry of data

  private static func innerProducts(_ x: Tensor, _ y: Tensor, _ type: DType) -> Tensor {
    if x.isLabels { return x.unsqueezed(1).equal(to: y).to(type) }
    return matmul(flat(x, type), flat(y, type).T)
  }

  /// |x_i − y_j|² by norms and a matrix product, relative to the mean of y so that common offsets do not cancel.
  /// What is below 2⁻¹⁰ of the norms has lost its digits that way, and is computed again from the
  /// differences: points that coincide have the distance 0. (From differences throughout was rejected: three
  /// times the time at 784 numbers a point.)
  ///
  /// Squares are in units of `unit`², the power of two of the largest number, so that they are right at every magnitude
  /// that the data's type holds; in float32, distances below about 10⁻¹⁹ of that number count as 0.
  static func squaredDistances(
    _ x: Tensor, _ y: Tensor, _ labelType: DType = .float32
  ) -> (squares: Tensor, unit: Double) {
    if x.isLabels { return (x.unsqueezed(1).equal(to: y).not().to(labelType) * 2, 1) }
    let (p, q) = (flat(x, labelType), flat(y, labelType))
    let unit = p.abs().max().maximum(q.abs().max()).binade()
    let center = (q / unit).mean(dim: 0)
    let (a, b) = (p / unit - center, q / unit - center)
    let norms = a.square().sum(dim: 1, keepDim: true) + b.square().sum(dim: 1)
    let squares = norms - matmul(a, b.T) * 2
    let near = squares.lessOrEqual(norms * 0x1p-10).nonzero()
    let (rows, columns) = (near.select(dim: 1, 0), near.select(dim: 1, 1))
    var result = squares.flattened()
    for start in stride(from: 0, to: near.shape[0], by: 1 << 16) {
      let part = start..<min(start + 1 << 16, near.shape[0])
      let exact = (a.indexSelect(rows[part]) - b.indexSelect(columns[part])).square().sum(dim: 1)
      let places = rows[part] * .full([], Double(y.shape[0]), like: rows) + columns[part]
      result = result.scatterAdd(dim: 0, places, exact - result.indexSelect(places))
    }
    return (result.reshaped(squares.shape), unit.item())
  }

  /// How many points the median distance is taken over: 256 give it to a few percent, at a cost that does not grow
  /// with the batch.
  static let medianPoints = 256

  /// The median of |x_i − x_j| over pairs of `medianPoints` points, evenly spaced in the batch; 1 when all of
  /// them coincide.
  private static func medianDistance(_ data: Tensor) -> Double {
    withoutGradients {
      let n = min(data.shape[0], medianPoints)
      guard n > 1 else { return 1 }
      let points = data.spread(n)
      let (squares, unit) = squaredDistances(points, points)
      let order =
        squares
        .masked(.eye(n, dtype: .bool, device: data.device), with: .infinity).flattened().sorted()
        .values
      let pairs = n * (n - 1)
      let median = order[(pairs - 1) / 2].item().squareRoot() * unit
      if median > 0 { return median }
      // More than half of the pairs coincide (few labels, say): the largest distance is the scale.
      let largest = order[pairs - 1].item().squareRoot() * unit
      return largest > 0 ? largest : 1
    }
  }

  private static func flat(_ data: Tensor, _ type: DType) -> Tensor {
    let rows = data.reshaped([data.shape[0], -1])
    return rows.dtype.isFloatingPoint ? rows : rows.to(type)
  }
}

extension Tensor {
  /// Whether a batch is labels: one int64 number a sample.
  var isLabels: Bool { rank == 1 && dtype == .int64 }
}
