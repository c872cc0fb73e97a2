import Couplet
import Datasets
import Encoders
import Files

extension RunConfiguration {
  // Keys 0 and 1 of the seed are the trainer's.
  private var weightsKey: Key { Key(seed).folded(with: 2) }
  private var partitionKey: Key { Key(seed).folded(with: 3) }

  /// A coupling with fresh weights for data of these spaces.
  /// - Parameter training: from which standardised encoders take means and scales.
  /// - Throws: `Failure` when an encoder does not fit its data.
  public func makeCoupling(
    u: SampleSpace, v: SampleSpace, training: PairedData?
  ) throws -> Coupling {
    let keys = weightsKey.split(4)
    func potential(
      _ settings: EncoderSettings?, _ space: SampleSpace, _ data: Tensor?, _ key: Key,
      _ place: String
    ) throws -> (any Encoder)? {
      try settings?.build(for: space, dimension: 1, data: data, key: key, at: place)
    }
    return Coupling(
      u: try encoderU.build(
        for: u, dimension: dimension, data: training?.u, key: keys[0], at: "encoder u"),
      v: try encoderV.build(
        for: v, dimension: dimension, data: training?.v, key: keys[1], at: "encoder v"),
      tilting: try Tiltings.named(tilting), temperature: try Temperature(temperature),
      potentialU: try potential(potentialU, u, training?.u, keys[2], "potential u"),
      potentialV: try potential(potentialV, v, training?.v, keys[3], "potential v"))
  }

  /// The pairs to train with, and those set aside: the data's test pairs, or a part drawn by the seed.
  public func partition(_ data: Dataset) throws -> (training: PairedData, heldOut: PairedData?) {
    if let test = data.test { return (data.training, test) }
    guard heldOut > 0, data.training.count >= 4 else { return (data.training, nil) }
    return data.training.split(heldOut: heldOut, key: partitionKey)
  }

  func makeTrainer(_ data: Dataset) throws -> Trainer {
    Trainer(
      loss: try loss.make(), optimizer: optimizer, batchSize: batchSize, epochs: epochs,
      schedule: schedule, gradientClip: gradientClip, chunk: chunk,
      referenceU: try reference(referenceU, .u, data),
      referenceV: try reference(referenceV, .v, data), seed: seed, evaluateEvery: evaluateEvery)
  }

  private func reference(
    _ settings: ReferenceSettings, _ modality: Modality, _ data: Dataset
  ) throws -> Reference {
    switch settings {
    case .batch: return .batch
    case .queue(let size): return .queue(capacity: size)
    case .labels, .labelFrequencies:
      guard case .labels(let classes) = data[modality] else {
        throw Failure(
          "the reference '\(settings)' needs labels, but \(modality.rawValue) is \(data[modality])",
          remedy: "use batch or queue:SIZE")
      }
      guard settings == .labelFrequencies else { return .finite(.arange(classes)) }
      var counts = [Double](repeating: 0, count: classes)
      for label in data.training[modality].array(Int.self) { counts[label] += 1 }
      return .finite(.arange(classes), weights: Tensor(counts))
    }
  }

  /// Trains a coupling in a folder: a new run, or the rest of one that was interrupted.
  ///
  /// - Throws: `Failure` when the settings make no sense, data cannot be read, or training goes wrong.
  public func train(
    in directory: RunDirectory, resume: Bool = false,
    onEvent: @escaping (TrainingEvent) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws -> TrainingOutcome {
    try validate()
    let device = try Device(self.device)
    let data = try self.data.read()
    let (training, heldOut) = try partition(data)
    let coupling = try makeCoupling(u: data.u, v: data.v, training: training)
    let trainer = try makeTrainer(data)
    try coupling.parameters.move(to: device)
    let facts = RunFacts(data)
    let weights = facts.labelFrequencies.map {
      referenceV == .labels ? .ones([$0.count]) : Tensor($0)
    }
    let pairs = try training.to(device)
    let heldOutPairs = try heldOut?.to(device)
    let evaluate = heldOutPairs.map { pairs in
      { (coupling: Coupling) in
        coupling.evaluate(on: pairs, loss: trainer.loss, labelWeights: weights)
      }
    }
    if !resume { try directory.writeConfiguration(self) }
    return try trainer.fit(
      coupling, to: pairs, evaluate: evaluate, in: directory, resume: resume,
      metadata: try facts.metadata(), onEvent: onEvent, shouldStop: shouldStop)
  }
}
