import Files

/// Classification by a learned linear map on frozen embeddings ((32)–(35)): with the encoder of u and the
/// temperature fixed, a matrix G (d × K), whose columns start at the label embeddings, and a log-prior F (K)
/// minimise the one-sided v|u loss over the finite reference of K labels — cross-entropy with the logits
///
///     Gᵀ x + F,   x = ḡ_u(u)/τ (cosine) or g_u(u)/τ,
///
/// and the class is the label with the largest logit. Before any fitting it is the zero-shot classifier, for
/// every tilting: for the squared distance −|g_u|²/(2τ) is common to all labels, and −|g_k|²/(2τ) is part
/// of F.
///
/// ```swift
/// let classifier = try FineTunedClassifier(coupling, labels: .arange(10))
/// try classifier.fit(images, classes: labels, epochs: 100, learningRate: 1e-2, seed: 0)
/// classifier.probabilities(images)   // N × 10
/// ```
public final class FineTunedClassifier {
  let coupling: Coupling
  /// The embeddings that x is relative to.
  private let anchors: Embedded
  /// Gᵀ, K × d.
  public let weights: Tensor
  /// F, K.
  public let logPrior: Tensor

  /// - Parameters:
  ///   - labels: the labels as data of modality v, one row a class, embedded by the coupling's own encoder
  ///     to start from; nil to start from zero, for classes that the encoder does not know.
  ///   - classes: how many classes there are, when there are more than `labels`: the others, which the encoder
  ///     does not know, start from the mean of the known ones.
  ///   - priors: reference weights of all the classes, the start of F; uniform when nil.
  /// - Throws: `Failure` when there are fewer than two classes, or more labels than classes.
  public init(
    _ coupling: Coupling, labels: Tensor?, classes: Int? = nil, priors: Tensor? = nil
  ) throws {
    let known = labels?.shape[0] ?? 0
    let count = classes ?? known
    guard count >= 2 else {
      throw Failure("there are \(count) classes", remedy: "classification needs at least two")
    }
    guard known <= count else {
      throw Failure(
        "there are \(known) labels but \(count) classes", remedy: "give one label for each class")
    }
    require(
      priors?.count ?? count == count, "FineTunedClassifier: \(priors?.shape ?? []) priors")
    self.coupling = coupling
    let logPriors = (priors ?? .ones([count])).to(.float32).log().logSoftmax(dim: 0)
    (anchors, weights, logPrior) = withoutGradients {
      guard let labels else {
        let origin = Tensor.zeros([1, coupling.dimension], device: coupling.device)
        return (
          Embedded(origin), .zeros([count, coupling.dimension], like: origin),
          logPriors.to(deviceOf: origin).clone()
        )
      }
      // The scores with the labels show how they enter: as y, and as a bias.
      let embedded = coupling.embed(coupling.modalities[1], labels)
      let factors = coupling.factors(embedded, embedded)
      func extended(_ known: Tensor) -> Tensor {
        let mean = known.mean(dim: 0, keepDim: true)
        return cat([known] + Array(repeating: mean, count: count - known.shape[0]))
      }
      let prior = logPriors.to(deviceOf: factors.y)
      let bias = factors.columnBias.map { extended($0) + prior } ?? prior
      return (embedded, extended(factors.y), bias.clone())
    }
    weights.requiresGradient = true
    logPrior.requiresGradient = true
  }

  /// `weights` and `logPrior`, all that is fitted; the encoder and the temperature are not among them.
  public var parameters: Parameters { ["weights": weights, "logPrior": logPrior] }

  /// x for each row: the frozen embedding as it enters the logits.
  public func features(_ u: Tensor) -> Tensor {
    withoutGradients {
      coupling.factors(coupling.embed(coupling.modalities[0], u), anchors).x
    }
  }

  /// The classifier as the labels' side of a coupling with the same encoder of u and the same temperature: a
  /// tilting, an embedding for each label (K × d) and a potential for each (K), with which
  ///
  ///     s(u, k) = Gᵀx + F   up to a term that depends on u alone.
  ///
  /// Under the cosine, the coupling's encoder must give embeddings of length 1, since the columns of G need not
  /// have it: the tilting is then the inner product. For the squared distance the label embeddings are G + c and
  /// the potentials F + (|G|² + |c|²)/2τ, where c is the point that x is relative to.
  public var labelModel: (tilting: any Tilting, embeddings: Tensor, potentials: Tensor) {
    withoutGradients {
      let (g, f) = (weights.detached(), logPrior.detached())
      guard coupling.tilting is SquaredDistance else {
        return (
          coupling.tilting is Cosine ? InnerProduct() : coupling.tilting, g.clone(), f.clone()
        )
      }
      // −|g_u − T|²/2τ + φ with T = G + c is ⟨g_u − c, G⟩/τ + F for φ = F + |G|²/2τ, up to |g_u − c|²/2τ.
      let center = anchors.vectors.mean(dim: 0)
      let squares = g.square().sum(dim: 1) / (2 * coupling.temperature.current)
      return (coupling.tilting, g + center, f + squares)
    }
  }

  /// Fits G and F to labelled data by Adam on the cross-entropy.
  ///
  /// - Parameters:
  ///   - classes: the class of each row of `u`, 0 … K − 1.
  ///   - weightDecay: a ridge (decoupled) that keeps the weights finite when classes are separable.
  ///   - onEpoch: told the number of epochs done.
  /// - Returns: the mean cross-entropy after fitting, nats.
  /// - Throws: `Failure` for a class outside 0 … K − 1, or when the loss is not a number.
  @discardableResult
  public func fit(
    _ u: Tensor, classes: [Int], epochs: Int = 100, batchSize: Int = 512,
    learningRate: Double = 1e-2, weightDecay: Double = 0, seed: UInt64 = 0,
    onEpoch: (Int) -> Void = { _ in }
  ) throws -> Double {
    require(u.shape[0] == classes.count, "fit: \(u.shape[0]) rows, \(classes.count) classes")
    if let row = classes.firstIndex(where: { !(0..<logPrior.count).contains($0) }) {
      throw Failure(
        "row \(row) has the class \(classes[row]), not one of 0 … \(logPrior.count - 1)",
        remedy: "number the classes from 0")
    }
    let x = features(u)
    let y = Tensor(classes, device: x.device)
    let optimizer = Adam(
      parameters.tensors, learningRate: learningRate, weightDecay: weightDecay, decoupled: true)
    let key = Key(seed)
    for epoch in 0..<epochs {
      let order = Tensor.permutation(
        classes.count, key: key.folded(with: epoch), device: x.device)
      for start in stride(from: 0, to: classes.count, by: batchSize) {
        let rows = order[start..<min(start + batchSize, classes.count)]
        optimizer.step {
          let loss = crossEntropy(logits(x.indexSelect(rows)), labels: y.indexSelect(rows))
          loss.backward()
          return loss
        }
      }
      onEpoch(epoch + 1)
    }
    let loss = withoutGradients { crossEntropy(logits(x), labels: y).item() }
    guard loss.isFinite else {
      throw Failure("the cross-entropy is \(loss.spelledOut)", remedy: "lower the learning rate")
    }
    return loss
  }

  private func logits(_ features: Tensor) -> Tensor {
    linear(features, weight: weights, bias: logPrior)
  }

  /// log ν(label | u), N × K.
  public func logProbabilities(_ u: Tensor) -> Tensor {
    withoutGradients { logits(features(u)).logSoftmax(dim: 1) }
  }

  /// ν(label | u), N × K.
  public func probabilities(_ u: Tensor) -> Tensor { logProbabilities(u).exp() }

  /// The most probable class of each row.
  public func classes(_ u: Tensor) -> [Int] {
    logProbabilities(u).argmax(dim: 1).array(Int.self)
  }
}
