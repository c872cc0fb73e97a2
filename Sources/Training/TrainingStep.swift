import CoupletCore

/// The loss of a batch, and its gradients left in the parameters.
package struct TrainingStep {
  let coupling: Coupling
  let loss: any Loss
  /// The most rows that are encoded at once with derivatives; nil for the whole batch.
  let chunk: Int?
  package let references: References
  /// Which share every batch.
  let ranks: Communicator

  package init(
    coupling: Coupling, loss: any Loss, chunk: Int?, references: References,
    ranks: Communicator = .alone
  ) {
    (self.coupling, self.loss, self.chunk) = (coupling, loss, chunk)
    (self.references, self.ranks) = (references, ranks)
  }

  /// - Parameter batch: the samples of each side.
  func callAsFunction(_ batch: [Tensor], mode: Mode) -> Tensor {
    if let chunk, chunk < batch[0].shape[0] { return inChunks(of: chunk, batch, mode) }
    return differentiate(
      zip(coupling.modalities, batch).map { coupling.embed($0, $1, mode: mode) }, batch)
  }

  /// The loss of a batch of which each rank has a share, the same on all ranks; the gradients in the parameters are those
  /// of the whole batch (MATH §12).
  ///
  /// Each rank encodes its rows, all embeddings are gathered, and each rank takes its part of the loss's gradient at all of
  /// them. Of the sum of these parts each gets back that of its own rows, which goes on through the encoders; last the
  /// gradients of the parameters are added up.
  /// - Parameters:
  ///   - batch: the samples of this rank's rows; nil for none.
  ///   - count: pairs of the whole batch.
  ///   - mode: of the whole batch.
  package func callAsFunction(_ batch: [Tensor]?, ofBatch count: Int, mode: Mode) -> Tensor {
    guard ranks.size > 1 else { return batch.map { self($0, mode: mode) } ?? Tensor(0) }
    let share = ranks.share(of: count)
    let isWhole = chunk.map { share.count <= $0 } ?? true
    let step = isWhole ? max(1, share.count) : chunk ?? 1
    let parts = stride(from: 0, to: share.count, by: step).map { $0..<min($0 + step, share.count) }
    func embed(_ place: Int, _ rows: Range<Int>) -> Embedded? {
      batch.map {
        coupling.embed(
          coupling.modalities[place], $0[place][rows],
          mode: mode.starting(at: share.lowerBound + rows.lowerBound))
      }
    }
    let live = coupling.sides.indices.map { place in
      isWhole ? parts.compactMap { embed(place, $0) } : []
    }
    let leaves = coupling.sides.indices.map { place in
      let own = isWhole ? live[place] : withoutGradients { parts.compactMap { embed(place, $0) } }
      return gathered(own.isEmpty ? none(place) : .joined(own))
    }
    let value = Communicator.$sharing.withValue(ranks) {
      let scores = coupling.score(leaves, over: references.measures(coupling, leaves))
      let value = coupling.value(of: loss, scores)
      // A rank without rows has nothing to differentiate.
      if value.requiresGradient { value.backward() }
      return value.detached()
    }
    for (place, whole) in leaves.enumerated() {
      let cached = withOwnGradients(whole)
      for rows in parts {
        guard let output = isWhole ? live[place].first : embed(place, rows) else { continue }
        push(cached, rows, through: output)
      }
    }
    ranks.sumGradients(coupling.parameters.tensors)
    return value
  }

  /// Everybody's embeddings, from which differentiation starts.
  private func gathered(_ own: Embedded) -> Embedded {
    let all = Embedded(
      ranks.gather(own.vectors), potential: own.potential.map { ranks.gather($0) })
    all.vectors.requiresGradient = true
    all.potential?.requiresGradient = true
    return all
  }

  /// The embeddings of no samples.
  private func none(_ place: Int) -> Embedded {
    let side = coupling.sides[place]
    let dtype =
      coupling.parameters.tensors.first { $0.requiresGradient }?.dtype ?? .float32
    func zeros(_ shape: [Int]) -> Tensor {
      .zeros(shape, dtype: dtype, device: coupling.device)
    }
    return Embedded(
      zeros([0, side.encoder.dimension]), potential: side.potential.map { _ in zeros([0]) })
  }

  /// Stand-ins for this rank's rows whose gradients are the sums over all ranks.
  private func withOwnGradients(_ whole: Embedded) -> Embedded {
    func own(_ leaf: Tensor) -> Tensor {
      let sum = ranks.sumOfOwnRows(leaf.gradient ?? leaf.zerosLike())
      let rows = sum.zerosLike()
      rows.requiresGradient = true
      if rows.count > 0 { rows.gradient = sum }
      return rows
    }
    return Embedded(own(whole.vectors), potential: whole.potential.map(own))
  }

  /// The loss of embedded pairs; its gradient goes wherever the embeddings come from.
  private func differentiate(_ embedded: [Embedded], _ batch: [Tensor]) -> Tensor {
    let value = coupling.value(
      of: loss,
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
