import Files

/// Classification without further training (Algorithm 2): the candidates are the labels, the class is the
/// mode of ν(label | u), the probabilities are its weights.
///
/// ```swift
/// let classifier = ZeroShotClassifier(coupling, labels: .arange(10))
/// classifier.classes(images)         // [7, 2, 1, …]
/// classifier.probabilities(images)   // N × 10
/// ```
public struct ZeroShotClassifier {
  let coupling: Coupling
  let labels: Embedded
  let logWeights: Tensor

  /// - Parameters:
  ///   - labels: the labels as data of modality v, one row a class.
  ///   - weights: their reference weights; uniform when nil. A coupling trained against the batch needs
  ///     the labels' frequencies: its scores are relative to them.
  public init(_ coupling: Coupling, labels: Tensor, weights: Tensor? = nil) {
    self.init(coupling, labels: labels, logWeights: weights?.to(.float64).log())
  }

  /// The same for weights, or a prior of the classes, given as logarithms, up to a constant.
  public init(_ coupling: Coupling, labels: Tensor, logWeights: Tensor?) {
    self.coupling = coupling
    self.labels = coupling.embed(coupling.modalities[1], labels)
    self.logWeights =
      (logWeights?.to(.float64).to(deviceOf: self.labels.vectors)
      ?? .zeros([labels.shape[0]], dtype: .float64, device: self.labels.vectors.device))
      .logSoftmax(dim: 0)
  }

  /// log ν(label | u), N × K, in double precision; rows' exponentials add up to 1.
  public func logProbabilities(_ u: Tensor) -> Tensor {
    logProbabilities(withoutGradients { coupling.embed(coupling.modalities[0], u) })
  }

  /// The same for samples, which are read in chunks.
  /// - Throws: `Failure` when they cannot be read.
  public func logProbabilities(_ samples: any SampleSource) throws -> Tensor {
    logProbabilities(try coupling.embed(coupling.modalities[0], samples))
  }

  private func logProbabilities(_ embedded: Embedded) -> Tensor {
    withoutGradients {
      coupling.factors(embedded.to(.float64), labels.to(.float64))
        .adding(columnBias: logWeights).matrix.logSoftmax(dim: 1)
    }
  }

  /// ν(label | all of u), K: the rows are independent observations of one cause, whose scores add (MATH §2).
  ///
  /// ```swift
  /// classifier.probabilities(together: viewsOfOneThing)   // K, adding up to 1
  /// ```
  public func probabilities(together u: Tensor) -> Tensor {
    let ratios = logProbabilities(u) - logWeights
    // A label without weight stays without.
    let sums = ratios.masked(logWeights.equal(to: -.infinity), with: 0).sum(dim: 0)
    return (sums + logWeights).softmax(dim: 0)
  }

  /// ν(label | u), N × K.
  public func probabilities(_ u: Tensor) -> Tensor { logProbabilities(u).exp() }

  /// The most probable class of each row.
  public func classes(_ u: Tensor) -> [Int] { Self.classes(of: logProbabilities(u)) }

  /// The most probable class of each row of probabilities, or of their logarithms; of equals the first.
  package static func classes(of probabilities: Tensor) -> [Int] {
    probabilities.argmax(dim: 1).array(Int.self)
  }

  /// The fraction of rows whose most probable class is the given one.
  public func accuracy(_ u: Tensor, classes truth: [Int]) -> Double {
    let predicted = classes(u)
    require(
      predicted.count == truth.count && !truth.isEmpty, "accuracy: rows and classes differ")
    return Double(zip(predicted, truth).count { $0 == $1 }) / Double(truth.count)
  }
}

extension [ZeroShotClassifier] {
  /// The average of the classifiers' probabilities, N × K, of at least one classifier of the same labels.
  ///
  /// ```swift
  /// couplings.map { ZeroShotClassifier($0, labels: .arange(10)) }.probabilities(images)
  /// ```
  public func probabilities(_ u: Tensor) -> Tensor { average { $0.probabilities(u) } }

  /// The same given all rows of `u`, independent observations of one cause, K.
  public func probabilities(together u: Tensor) -> Tensor {
    average { $0.probabilities(together: u) }
  }

  private func average(_ probabilities: (ZeroShotClassifier) -> Tensor) -> Tensor {
    require(!isEmpty, "probabilities: there is no classifier")
    return dropFirst().reduce(probabilities(self[0])) { $0 + probabilities($1) } / Double(count)
  }
}
