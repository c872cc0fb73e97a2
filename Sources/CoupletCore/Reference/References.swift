/// The references of all sides during training, with the memory that queues have.
package final class References {
  private let sides: [Side]
  /// One for each side; nil where there is none.
  private let queues: [EmbeddingQueue?]
  /// The embeddings of the last step, to be remembered once the step is taken.
  private var last: [Embedded] = []

  package init(_ sides: [Side]) {
    self.sides = sides
    queues = sides.map {
      if case .queue(let capacity) = $0.reference {
        EmbeddingQueue(capacity: capacity)
      } else {
        nil
      }
    }
  }

  /// What the losses normalise over, for each side; nil for the batch itself.
  package func measures(_ coupling: Coupling, _ batch: [Embedded]) -> [ReferenceMeasure?] {
    last = batch
    return sides.indices.map { measure($0, coupling, batch: batch[$0]) }
  }

  private func measure(_ place: Int, _ coupling: Coupling, batch: Embedded) -> ReferenceMeasure? {
    switch sides[place].reference {
    case .batch: nil
    case .finite(let points, let weights):
      // Without random layers: a reference is a fixed set of points.
      ReferenceMeasure(
        sides[place].embed(
          points.to(deviceOf: batch.vectors), mode: .inference, place: place),
        weights: weights)
    case .queue: queues[place].map { ReferenceMeasure($0.joined(with: batch)) }
    }
  }

  /// Puts the embeddings of the step just taken into the queues.
  package func remember() {
    for (queue, batch) in zip(queues, last) { queue?.append(batch) }
    last = []
  }

  // MARK: Checkpoints

  package var state: [(name: String, tensor: Tensor)] {
    zip(sides, queues).flatMap { side, queue in
      (queue?.state ?? []).map { (name: "\(side.modality).\($0.name)", tensor: $0.tensor) }
    }
  }

  /// - Throws: `Failure` when the memory of a queue is that of another model.
  package func restore(_ state: [String: Tensor], dimension: Int, from place: String) throws {
    for (side, queue) in zip(sides, queues) {
      let prefix = side.modality.name + "."
      let own = state.filter { $0.key.hasPrefix(prefix) }
        .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
      try queue?.restore(
        Dictionary(own) { first, _ in first }, dimension: dimension,
        hasPotential: side.potential != nil,
        dtype: side.encoder.parameters.tensors.first(where: \.requiresGradient)?.dtype ?? .float32,
        from: place)
    }
  }
}
