/// The references of both modalities during training, with the memory that queues have.
final class References {
  private let kinds: [Modality: Reference]
  private let queues: [Modality: EmbeddingQueue]
  /// The embeddings of the last step, to be remembered once the step is taken.
  private var last: [Modality: Embedded] = [:]

  init(u: Reference, v: Reference) {
    kinds = [.u: u, .v: v]
    queues = kinds.compactMapValues {
      if case .queue(let capacity) = $0 { EmbeddingQueue(capacity: capacity) } else { nil }
    }
  }

  /// What the losses normalise over; nil for the batch itself.
  func measures(
    _ coupling: Coupling, _ u: Embedded, _ v: Embedded
  ) -> (u: ReferenceMeasure?, v: ReferenceMeasure?) {
    last = [.u: u, .v: v]
    return (measure(.u, coupling, batch: u), measure(.v, coupling, batch: v))
  }

  private func measure(
    _ modality: Modality, _ coupling: Coupling, batch: Embedded
  ) -> ReferenceMeasure? {
    switch kinds[modality] {
    case .batch, nil: nil
    case .finite(let points, let weights):
      // Without random layers: a reference is a fixed set of points.
      ReferenceMeasure(coupling.embed(modality, points, mode: .inference), weights: weights)
    case .queue: queues[modality].map { ReferenceMeasure($0.joined(with: batch)) }
    }
  }

  /// Puts the embeddings of the step just taken into the queues.
  func remember() {
    for (modality, queue) in queues { last[modality].map(queue.append) }
    last = [:]
  }

  // MARK: Checkpoints

  var state: [(name: String, tensor: Tensor)] {
    queues.sorted { $0.key.rawValue < $1.key.rawValue }.flatMap { modality, queue in
      queue.state.map { (name: "\(modality.rawValue).\($0.name)", tensor: $0.tensor) }
    }
  }

  func restore(_ state: [String: Tensor]) {
    for (modality, queue) in queues {
      let prefix = modality.rawValue + "."
      let own = state.filter { $0.key.hasPrefix(prefix) }
        .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
      queue.restore(Dictionary(uniqueKeysWithValues: own))
    }
  }
}
