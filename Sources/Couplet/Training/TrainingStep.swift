/// The loss of a batch, and its gradients left in the parameters.
struct TrainingStep {
  let coupling: Coupling
  let loss: any Loss
  /// The most rows that are encoded at once with derivatives; nil for the whole batch.
  let chunk: Int?
  let references: References

  func callAsFunction(_ batch: PairedData, mode: Mode) -> Tensor {
    if let chunk, chunk < batch.count { return inChunks(of: chunk, batch, mode) }
    let u = coupling.embed(.u, batch.u, mode: mode)
    let v = coupling.embed(.v, batch.v, mode: mode)
    return differentiate(u, v, batch)
  }

  /// The loss of embedded pairs; its gradient goes wherever the embeddings come from.
  private func differentiate(_ u: Embedded, _ v: Embedded, _ batch: PairedData) -> Tensor {
    let value = loss(
      coupling.score(
        u, v, over: references.measures(coupling, u, v), data: loss.usesData ? batch : nil))
    value.backward()
    return value.detached()
  }

  /// Gradient caching (Gao, Zhang, Han and Callan 2021): embed without derivatives, take the loss's
  /// gradient at the embeddings, then embed again chunk by chunk and push that gradient through. The memory for
  /// the encoders' activations is that of one chunk; the result is that of the plain step.
  private func inChunks(of chunk: Int, _ batch: PairedData, _ mode: Mode) -> Tensor {
    let parts = stride(from: 0, to: batch.count, by: chunk).map {
      $0..<min($0 + chunk, batch.count)
    }
    func embed(_ modality: Modality, _ rows: Range<Int>) -> Embedded {
      coupling.embed(modality, batch[modality][rows], mode: mode.starting(at: rows.lowerBound))
    }
    func leaf(_ modality: Modality) -> Embedded {
      let whole = withoutGradients { Embedded.joined(parts.map { embed(modality, $0) }) }
      whole.vectors.requiresGradient = true
      whole.potential?.requiresGradient = true
      return whole
    }
    let leaves: [Modality: Embedded] = [.u: leaf(.u), .v: leaf(.v)]
    guard let u = leaves[.u], let v = leaves[.v] else { preconditionFailure("both were just made") }
    let value = differentiate(u, v, batch)
    for (modality, whole) in [(Modality.u, u), (.v, v)] {
      for rows in parts { push(whole, rows, through: embed(modality, rows)) }
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
