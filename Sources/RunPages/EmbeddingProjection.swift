import CoupletCore
import Files

/// Embeddings of pairs on the two principal axes of both sides' embeddings together, each side about its own mean and
/// scaled to the same variance: what an inner product leaves free. Those of a cosine are normalised first.
public struct EmbeddingProjection: Codable, Equatable, Sendable {
  /// (x, y) of each u, and of its partner.
  public let u: [[Double]], v: [[Double]]
  /// The label of each pair, where a side has labels.
  public let labels: [String]?
  /// The part of the variance that lies along each of the two axes.
  public let variance: [Double]

  /// At most so many pairs are drawn.
  static let mostPairs = 250

  /// nil where there are fewer than three pairs, embeddings are not finite, of two lengths, or do not vary.
  /// - Parameters:
  ///   - embedded: the embeddings of u and of v, N × d each.
  ///   - isCosine: whether only their directions count.
  /// - Throws: `Failure` when labels cannot be read.
  init?(_ embedded: [Tensor], isCosine: Bool, of pairs: PairedData) throws {
    let count = pairs.count
    guard count >= 3, embedded[0].shape == embedded[1].shape,
      embedded.allSatisfy({ $0.allFinite() })
    else { return nil }
    let centred = embedded.map { vectors in
      let rows = isCosine ? vectors / vectors.square().sum(dim: 1).sqrt().unsqueezed(1) : vectors
      let centred = rows - rows.mean(dim: 0).unsqueezed(0)
      let scale = centred.square().mean().item().squareRoot()
      return scale > 0 ? centred / scale : centred
    }
    guard centred.allSatisfy({ $0.allFinite() }) else { return nil }
    let all = cat(centred, dim: 0)
    let covariance = matmul(all.T, all)
    guard let (values, vectors) = try? covariance.eigh() else { return nil }
    let spectrum = values.array(Double.self)
    let total = spectrum.reduce(0, +)
    guard total > 0, total.isFinite else { return nil }
    let dimension = spectrum.count
    let leading = (0..<min(2, dimension)).map { dimension - 1 - $0 }
    let axes = vectors.T.indexSelect(Tensor(leading)).T
    let rows = Array(0..<min(count, Self.mostPairs))
    let places = centred.map { side in
      let flat = matmul(side.indexSelect(Tensor(rows)), axes).array(Double.self)
      return rows.map { row in
        let point = (0..<leading.count).map { flat[row * leading.count + $0] }
        return point.count == 2 ? point : point + [0]
      }
    }
    (u, v) = (places[0], places[1])
    variance = leading.map { spectrum[$0] / total }
    labels = try pairs.samples.lazy.compactMap { samples -> [String]? in
      guard let names = samples.space.labels?.names else { return nil }
      return try samples.rows(rows).array(Int.self).map { names[$0] }
    }.first
  }
}
