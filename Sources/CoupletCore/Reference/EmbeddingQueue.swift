import Files

/// The last embeddings of past batches, oldest first.
final class EmbeddingQueue {
  let capacity: Int
  private(set) var content: Embedded?

  init(capacity: Int) {
    require(capacity > 0, "EmbeddingQueue: capacity \(capacity)")
    self.capacity = capacity
  }

  /// Takes in a batch, cut off from differentiation, and forgets the oldest beyond the capacity.
  func append(_ batch: Embedded) {
    let past = Embedded(batch.vectors.detached(), potential: batch.potential?.detached())
    let all = content.map { Embedded.joined([$0, past]) } ?? past
    content = all[max(0, all.count - capacity)..<all.count]
  }

  /// The batch and the content, as one set of M points. Those of the batch, N, carry M / N times their derivatives.
  ///
  /// The derivative of a normaliser over all M points is a sum over all of them, of which only the batch's terms are
  /// at hand. The batch being a random part of the set, M / N times its terms estimate that sum. Without the factor
  /// nearly all of the normaliser's derivative in its own modality is missing while that of the pairs is whole, and
  /// training ends where both balance: for the inner product of Gaussian pairs near twice the optimum.
  func joined(with batch: Embedded) -> Embedded {
    guard let content else { return batch }
    let factor = Double(batch.count + content.count) / Double(batch.count)
    // The same values: x − x is 0.
    func weighted(_ x: Tensor) -> Tensor { x.detached() + (x - x.detached()) * factor }
    let live = Embedded(
      weighted(batch.vectors), potential: batch.potential.map(weighted))
    return Embedded.joined([live, content])
  }

  // MARK: Checkpoints

  var state: [(name: String, tensor: Tensor)] {
    guard let content else { return [] }
    return [(name: "vectors", tensor: content.vectors)]
      + (content.potential.map { [(name: "potential", tensor: $0)] } ?? [])
  }

  /// - Throws: `Failure` naming what is none of a queue of embeddings of this dimension; then nothing has changed.
  func restore(
    _ state: [String: Tensor], dimension: Int, hasPotential: Bool, dtype: DType = .float32,
    from place: String
  ) throws {
    func require(_ name: String, _ shape: [Int]) throws {
      guard let tensor = state[name], tensor.dtype == dtype, tensor.shape == shape else {
        throw Failure(
          "the queue's \(name) are \(state[name].map { "\($0.dtype)\($0.shape)" } ?? "not there"), the model needs "
            + "\(dtype)\(shape)", at: place, remedy: "remove the folder checkpoint to start over")
      }
    }
    guard !state.isEmpty else {
      content = nil
      return
    }
    let count = state["vectors"]?.shape.first ?? 0
    try require("vectors", [min(max(count, 1), capacity), dimension])
    if hasPotential { try require("potential", [count]) }
    content = state["vectors"].map {
      Embedded($0, potential: hasPotential ? state["potential"] : nil)
    }
  }
}
