/// The last embeddings of past batches, oldest first.
final class EmbeddingQueue {
  let capacity: Int
  private(set) var content: Embedded?

  init(capacity: Int) {
    precondition(capacity > 0, "EmbeddingQueue: capacity \(capacity)")
    self.capacity = capacity
  }

  /// Takes in a batch, cut off from differentiation, and forgets the oldest beyond the capacity.
  func append(_ batch: Embedded) {
    let past = Embedded(batch.vectors.detached(), potential: batch.potential?.detached())
    let all = content.map { Embedded.joined([$0, past]) } ?? past
    content = all[max(0, all.count - capacity)..<all.count]
  }

  /// The batch and the content, as one set.
  func joined(with batch: Embedded) -> Embedded {
    content.map { Embedded.joined([batch, $0]) } ?? batch
  }

  // MARK: Checkpoints

  var state: [(name: String, tensor: Tensor)] {
    guard let content else { return [] }
    return [(name: "vectors", tensor: content.vectors)]
      + (content.potential.map { [(name: "potential", tensor: $0)] } ?? [])
  }

  func restore(_ state: [String: Tensor]) {
    content = state["vectors"].map { Embedded($0, potential: state["potential"]) }
  }
}
