import CoupletCore

/// The loss of a batch, and its gradients left in the parameters.
struct TrainingStep {
  let coupling: Coupling
  let loss: any Loss
  /// The most rows that are encoded at once with derivatives; nil for the whole batch.
  let chunk: Int?
  let references: References

  /// - Parameter batch: the samples of each side.
  func callAsFunction(_ batch: [Tensor], mode: Mode) -> Tensor {
    if let chunk, chunk < batch[0].shape[0] { return inChunks(of: chunk, batch, mode) }
    return differentiate(
      zip(coupling.modalities, batch).map { coupling.embed($0, $1, mode: mode) }, batch)
  }

  /// The loss of embedded pairs; its gradient goes wherever the embeddings come from.
  private func differentiate(_ embedded: [Embedded], _ batch: [Tensor]) -> Tensor {
    let value = loss(
      coupling.score(
        embedded, over: references.measures(coupling, embedded), data: loss.usesData ? batch : nil))
    value.backward()
    return value.detached()
  }

  /// Gradient caching (Gao, Zhang, Han and Callan 2021): embed without derivatives, take the loss's
  /// gradient at the embeddings, then embed again chunk by chunk and push that gradient through. The memory for
  /// the encoders' activations is that of one chunk; the result is that of the plain step.
  private func inChunks(of chunk: Int, _ batch: [Tensor], _ mode: Mode) -> Tensor {
    let count = batch[0].shape[0]
    let parts = stride(from: 0, to: count, by: chunk).map { $0..<min($0 + chunk, count) }
    func embed(_ place: Int, _ rows: Range<Int>) -> Embedded {
      coupling.embed(
        coupling.modalities[place], batch[place][rows], mode: mode.starting(at: rows.lowerBound))
    }
    let leaves = batch.indices.map { place in
      let whole = withoutGradients { Embedded.joined(parts.map { embed(place, $0) }) }
      whole.vectors.requiresGradient = true
      whole.potential?.requiresGradient = true
      return whole
    }
    let value = differentiate(leaves, batch)
    for (place, whole) in leaves.enumerated() {
      for rows in parts { push(whole, rows, through: embed(place, rows)) }
    }
    return value
  }

  /// Continues the derivatives at rows of the cached embeddings through the embeddings of those rows.
  private func push(_ cached: Embedded, _ rows: Range<Int>, through live: Embedded) {
    var roots: [Tensor] = []
    var gradients: [Tensor] = []
    for (leaf, output) in [(cached.vectors, live.vectors), (cached.potential, live.potential)] {
      // An encoder without parameters (labels, fixed features) has nothing to learn.
      guard let gradient = leaf?.gradient, let output, output.requiresGradient else { continue }
      roots.append(output)
      gradients.append(gradient[rows])
    }
    if !roots.isEmpty { backward(roots, gradients: gradients) }
  }
}
