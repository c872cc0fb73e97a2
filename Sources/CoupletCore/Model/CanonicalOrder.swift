import Files

/// A rotation of the embeddings of both sides after which the first coordinates matter most, so that embeddings can be
/// cut short.
///
/// With g and h the embeddings of partners and C = Cov(g, h), of all rotations R this is the one for which, for every K,
/// the first K coordinates keep as much as K can of
///
///     E[⟨g, h⟩ of partners] − E[⟨g, h⟩ of independent pairs] = tr C,
///
/// by which partners score higher than others: its rows are the eigenvectors of (C + Cᵀ)/2, with descending eigenvalues
/// (Fan 1949). For Gaussian pairs and the optimal encoders (Theorem 4.2), however they are rotated, the coordinates are
/// the canonical ones, and the first K are the optimal encoders of length K.
///
/// A rotation of both sides changes neither inner products nor cosines nor distances, and so no score.
///
/// ```swift
/// let order = try CanonicalOrder(of: coupling, on: training)
/// let short = order.coordinates(coupling.embed(.u, samples).vectors, first: 64)   // N × 64
/// ```
public struct CanonicalOrder {
  /// R, d × d, orthogonal, in double precision; a row for each new coordinate.
  public let rotation: Tensor
  /// What each coordinate adds to tr C, in descending order.
  public let gaps: [Double]

  /// More pairs add nothing to a covariance of embeddings.
  private static let mostPairs = 10_000

  /// From the embeddings of partners, N × d each, as the tilting sees them.
  /// - Throws: `Failure` when they hold numbers that are not finite.
  public init(u: Tensor, v: Tensor) throws {
    require(
      u.shape == v.shape && u.rank == 2, "CanonicalOrder: embeddings \(u.shape) and \(v.shape)")
    let (u, v) = try (u.to(.float64).to(.cpu), v.to(.float64).to(.cpu))
    let cross = matmul((u - u.mean(dim: 0)).T, v - v.mean(dim: 0)) / Double(u.shape[0])
    let (values, vectors) = try ((cross + cross.T) / 2).eigh()
    let descending = Tensor(Array((0..<values.count).reversed()))
    let rows = vectors.T.indexSelect(descending)
    // An eigenvector's sign is free: its largest entry is positive.
    let entries = rows.array(Double.self)
    let width = rows.shape[1]
    let signs = (0..<width).map { row -> Double in
      let largest = entries[row * width..<(row + 1) * width].max { abs($0) < abs($1) }
      return largest ?? 1 < 0 ? -1 : 1
    }
    rotation = rows * Tensor(signs).unsqueezed(1)
    gaps = values.indexSelect(descending).array(Double.self)
  }

  /// From pairs of the training, 10,000 of them where there are more.
  /// - Throws: `Failure` when they cannot be read, or embeddings are not finite.
  public init(of coupling: Coupling, on pairs: PairedData) throws {
    let embedded = try coupling.embed(pairs.sample(Self.mostPairs)).map { side in
      coupling.tilting is Cosine ? Cosine.normalized(side.vectors) : side.vectors
    }
    try self.init(u: embedded[0], v: embedded[1])
  }

  /// The first k coordinates of embeddings of either side, N × k, in the embeddings' precision.
  public func coordinates(_ vectors: Tensor, first k: Int) -> Tensor {
    require(k <= rotation.shape[0], "CanonicalOrder: \(k) of \(rotation.shape[0]) coordinates")
    let axes = rotation[0..<k].to(deviceOf: vectors)
    return matmul(vectors.to(.float64), axes.T).to(vectors.dtype)
  }
}
