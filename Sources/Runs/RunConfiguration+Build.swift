import Couplet
import Datasets
import Encoders
import Files

// What the settings stand for.
extension RunConfiguration {
  /// The uses of the seed, besides those of the trainer.
  private enum Draw: Int { case encoderU = 2, encoderV, heldOut, potentialU, potentialV, online }

  private func key(_ draw: Draw) -> Key { Key(seed).folded(with: draw.rawValue) }

  /// The settings that hold where nothing else is said, for data that were read.
  public init(for data: Dataset) {
    self.init(u: data.u, v: data.v)
    labelFrequencies = data.labelFrequencies
  }

  public func space(_ modality: Modality) -> SampleSpace { modality == .u ? spaceU : spaceV }

  /// The data, for people.
  public var dataName: String { data ?? [u, v].compactMap { $0 }.joined(separator: " and ") }

  /// - Throws: `Failure` when the settings name no data.
  public func source() throws -> DataSource {
    if let u, let v { return .files(u: u, v: v) }
    return try DataSource(data ?? "")
  }

  /// The pairs to train with, and those that are kept for tests, if any.
  public func parts(of data: Dataset) -> (training: PairedData, heldOut: PairedData?) {
    if let test = data.test { return (data.training, test) }
    guard heldOut > 0 else { return (data.training, nil) }
    return data.training.split(heldOut: heldOut, key: key(.heldOut))
  }

  /// What training takes its pairs from: the training pairs of the data, or as many new ones every epoch.
  /// - Throws: `Failure` when pairs are to be simulated and the data are not.
  public func pairSource(training: PairedData, of data: Dataset, on device: Device = .cpu) throws
    -> any PairSource
  {
    guard online == true else { return try training.to(device) }
    guard let source = data.online?(training.count, key(.online)) else {
      throw Failure(
        "\(data.name) is not simulated, so there are no new pairs", at: .setting("online"),
        remedy: "leave it out, or use gaussian-field:DIR or ocean:DIR")
    }
    return OnlinePairs(source.count) { try source.pairs(epoch: $0).to(device) }
  }

  /// The coupling with its first weights.
  ///
  /// - Parameter training: gives standardised and whitened encoders their statistics, and `start` its theory;
  ///   nil for a coupling whose weights are to be loaded.
  /// - Throws: `Failure` naming the option whose value does not fit the data or another option.
  public func coupling(training: PairedData? = nil) throws -> Coupling {
    func encoder(_ modality: Modality, _ settings: EncoderSettings, _ draw: Draw) throws
      -> any Encoder
    {
      try settings.build(
        for: space(modality), dimension: dimension, data: training?[modality], key: key(draw),
        at: "encoder-\(modality)")
    }
    func potential(_ modality: Modality, _ settings: EncoderSettings?, _ draw: Draw) throws
      -> (any Encoder)?
    {
      try settings?.buildPotential(
        for: space(modality), data: training?[modality], key: key(draw),
        at: "potential-\(modality)")
    }
    let coupling = Coupling(
      u: try encoder(.u, encoderU, .encoderU), v: try encoder(.v, encoderV, .encoderV),
      tilting: try Tiltings.named(tilting), temperature: try Temperature(temperatureSettings()),
      potentialU: try potential(.u, potentialU, .potentialU),
      potentialV: try potential(.v, potentialV, .potentialV))
    if start == .theory, let training {
      try coupling.startAtTheory(of: training, loss: loss, weights: weights)
    }
    return coupling
  }

  private func temperatureSettings() throws -> Temperature.Settings {
    guard learnTemperature else { return .fixed(temperature) }
    let bounds = temperatureBounds
    guard bounds.count == 2, bounds[0] > 0, bounds[0] <= temperature, temperature <= bounds[1]
    else {
      throw Failure(
        "the temperature \(temperature) is not within \(bounds.map { "\($0)" }.joined(separator: ","))",
        at: .setting("temperature-bounds"),
        remedy: "give LOW,HIGH around the temperature to start from")
    }
    return .learned(initial: temperature, bounds: bounds[0]...bounds[1])
  }

  /// - Throws: `Failure` naming the option whose value does not fit the data or another option.
  public func trainer() throws -> Trainer {
    let schedule: Schedule =
      switch self.schedule {
      case .constant: .constant
      case .cosine: .cosine(warmup: warmup)
      case .linear: .linear(warmup: warmup)
      }
    return Trainer(
      loss: try lossFunction(),
      optimizer: OptimizerSettings(try optimizerRule(), learningRate: learningRate),
      batchSize: batch, epochs: epochs, schedule: schedule, gradientClip: clip, chunk: chunk,
      referenceU: try reference(referenceU, spaceU, at: .setting("reference-u")),
      referenceV: try reference(referenceV, spaceV, at: .setting("reference-v")),
      seed: seed, evaluateEvery: evaluateEvery)
  }

  /// - Throws: `Failure` when the loss has no such options.
  public func lossFunction() throws -> any Loss {
    var text = loss
    if let weights { text += ":weights=" + weights.map { "\($0)" }.joined(separator: ",") }
    if normalizer == .allPairs { text += ":all-pairs" }
    for (name, kernel) in [("kernel-u", kernelU), ("kernel-v", kernelV)]
    where kernel != .gaussian() {
      text += ":\(name)=" + ValueKind.nested("KERNEL").text(kernel)
    }
    do {
      return try Losses.named(text)
    } catch let failure as Failure where weights != nil {
      throw failure.at(.setting("weights"))
    }
  }

  private func optimizerRule() throws -> any OptimizerRule {
    switch optimizer {
    case "adamw": Adam.Rule(weightDecay: weightDecay)
    case "sgd": SGD.Rule(momentum: momentum)
    default: try Optimizers.named(optimizer)
    }
  }

  /// The reference weights of the labels for classification: a coupling that was trained against
  /// batches has scores relative to the labels' frequencies.
  public var labelWeights: Tensor? {
    guard case .labels(let classes) = spaceV else { return nil }
    guard referenceV != .labels, let labelFrequencies else { return .ones([classes]) }
    return Tensor(labelFrequencies)
  }

  private func reference(_ settings: ReferenceSettings, _ space: SampleSpace, at place: Place)
    throws -> Reference
  {
    switch settings {
    case .batch: return .batch
    case .queue(let capacity): return .queue(capacity: capacity)
    case .labels:
      guard case .labels(let classes) = space else {
        throw Failure("the data are no labels", at: place, remedy: "use batch or queue:N")
      }
      return .finite(.arange(classes))
    }
  }
}

extension Dataset {
  /// The part of the training pairs that has each label, counted at least once: a label that does not
  /// occur among them is unlikely, not impossible.
  fileprivate var labelFrequencies: [Double]? {
    guard case .labels(let classes) = v else { return nil }
    var counts = [Double](repeating: 0, count: classes)
    for label in training.v.array(Int.self) { counts[label] += 1 }
    return counts.map { max($0, 1) / Double(training.count) }
  }
}
