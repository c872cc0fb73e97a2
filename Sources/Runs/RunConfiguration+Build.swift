import CoupletCore
import Encoders
import Files
import Training

// What the settings stand for.
extension RunConfiguration {
  /// The uses of the seed, besides those of the trainer.
  enum Draw {
    case encoder(side: Int), potential(side: Int), heldOut, online, validation, pair

    /// Different for all; the encoders of two sides are 2 and 3, their potentials 5 and 6.
    var number: Int {
      switch self {
      case .encoder(let side): side < 2 ? 2 + side : 100 + 2 * side
      case .heldOut: 4
      case .potential(let side): side < 2 ? 5 + side : 101 + 2 * side
      case .online: 7
      case .validation: 8
      case .pair: 9
      }
    }
  }

  func key(_ draw: Draw) -> Key {
    switch draw {
    case .heldOut, .validation: Key(seed).folded(with: draw.number)
    default: Key(seedOfMember).folded(with: draw.number)
    }
  }

  /// The seed of what differs between members.
  private var seedOfMember: UInt64 { member.map { Key(seed).word(1000 + $0) } ?? seed }

  /// The settings that hold where nothing else is said, for data that were read.
  public init(for data: Dataset) {
    self.init(u: data[.u], v: data[.v])
    take(data)
  }

  /// Takes over what the data were found to be.
  public mutating func take(_ data: Dataset) {
    for index in sides.indices {
      sides[index].space = data[sides[index].modality]
      sides[index].labelFrequencies = data.labelFrequencies(of: sides[index].modality)
    }
  }

  /// Gives a pair score alone the samples themselves, standardised, where no encoder is given.
  /// - Parameter given: the names of the settings that are.
  public mutating func setEncodersOfPairScore(given: Set<String>) {
    guard !tilting.value.needsOneDimension,
      let samples = try? EncoderSettings("fixed:standardized")
    else { return }
    for index in sides.indices
    where sides[index].space.shape != nil && !given.contains("encoder-\(sides[index].modality)") {
      sides[index].encoder = samples
    }
  }

  /// Gives embeddings of one length the length that an encoder has by itself, such as the number of labels.
  public mutating func setDimensionOfEncoders(otherwise dimension: Int) {
    guard tilting.value.needsOneDimension else { return }
    self.dimension =
      sides.compactMap { $0.encoder.impliedDimension(for: $0.space) }.first ?? dimension
  }

  /// The data, for people.
  public var dataName: String { data ?? sides.compactMap(\.file).joined(separator: " and ") }

  /// - Throws: `Failure` when the settings name no data.
  public func source() throws -> DataSource {
    Formats.register()
    if let data { return try DataSource(data) }
    return .files(
      try sides.map { side in
        guard let file = side.file else {
          throw Failure(
            "the settings name no data", remedy: "name them with --data, or --u and --v")
        }
        return DataSource.File(side.modality, file)
      })
  }

  /// Writes down where the data come from.
  public mutating func take(_ source: DataSource) {
    data = nil
    for index in sides.indices { sides[index].file = nil }
    if case .files(let files) = source {
      for file in files { self[file.modality].file = file.path }
    } else {
      data = source.description
    }
  }

  /// How version 0.1.0 split so many pairs.
  func splitOfEarlierVersions(count: Int) -> Split {
    Split(count: count, heldOut: heldOut, key: key(.heldOut))
  }

  /// What training takes its pairs from: the training pairs of the data, or as many new ones every epoch.
  /// - Throws: `Failure` when pairs are to be simulated and the data are not.
  public func pairSource(training: PairedData, of data: Dataset) throws -> any PairSource {
    guard online == true else { return training }
    guard let source = data.online?(training.count, key(.online)) else {
      throw Failure(
        "\(data.name) is not simulated, so there are no new pairs", at: .setting("online"),
        remedy: "leave it out, or use gaussian-field:DIR or ocean:DIR")
    }
    return source
  }

  /// The coupling with its first weights.
  ///
  /// - Parameter training: gives standardised and whitened encoders their statistics, and `start` its theory;
  ///   nil for a coupling whose weights are to be loaded.
  /// - Parameter keys: of the draws of the encoders, one a side; from the seed when nil.
  /// - Throws: `Failure` naming the option whose value does not fit the data or another option.
  public func coupling(training: PairedData? = nil, keys: [Key]? = nil) throws -> Coupling {
    try validate()
    if let training { try requireRoom(pairs: training.count) }
    try requireOwnReference()
    try requireNoQueue()
    try requireNear()
    let coupling = Coupling(
      try sides.enumerated().map { place, side in
        try self.side(
          side, at: place, training?[side.modality],
          key: keys?[place] ?? key(.encoder(side: place)))
      },
      tilting: tilting.value, temperature: try Temperature(temperatureSettings()),
      learnsShift: loss.value.isNormalized, key: key(.pair))
    if let training {
      switch start ?? .random {
      case .random: break
      case .theory:
        try coupling.startAtTheory(of: training, loss: loss.name, weights: loss.weights)
      case .canonical: try coupling.startAtCanonicalCoordinates(of: training)
      }
    }
    return coupling
  }

  /// - Throws: `Failure` where a loss whose minimum is the log density ratio is given a reference apart from the batch.
  private func requireOwnReference() throws {
    guard loss.value.isNormalized, let side = sides.first(where: { $0.reference != .batch }) else {
      return
    }
    throw Failure(
      "the loss \(loss) compares pairs of the batch and takes no other reference",
      at: .setting("reference-\(side.modality)"), remedy: "leave it out, or use another loss")
  }

  /// - Throws: `Failure` where a pair score is to be contrasted with past embeddings.
  private func requireNoQueue() throws {
    let queued = sides.first { if case .queue = $0.reference { true } else { false } }
    guard tilting.value.pair != nil, let queued else { return }
    throw Failure(
      "a pair score is contrasted with pairs of the batch and takes no queue",
      at: .setting("reference-\(queued.modality)"),
      remedy: "leave it out, or give --tilting pair more negatives")
  }

  /// - Throws: `Failure` where pairs near one another are to be contrasted, and the loss or the samples do not allow it.
  func requireNear() throws {
    guard let pair = tilting.value.pair, pair.near > 0 else { return }
    guard let side = loss.value.predictedSide else {
      throw Failure(
        "the loss \(loss) takes a batch for independent draws, not for pairs near one another",
        at: .setting("tilting"), remedy: "leave out :near, or use u-given-v or v-given-u")
    }
    guard sides[side].space.shape != nil else {
      throw Failure(
        "the samples of \(sides[side].modality) are \(sides[side].space.inWords), which have no distances",
        at: .setting("tilting"), remedy: "leave out :near")
    }
  }

  private func side(
    _ settings: SideSettings, at place: Int, _ samples: (any SampleSource)?, key encoderKey: Key
  ) throws -> Side {
    // Only what needs statistics of the samples has them read.
    let needsData =
      settings.encoder.needsStatistics || settings.potential?.needsStatistics ?? false
    let data = needsData ? try samples?.sampleForStatistics() : nil
    return Side(
      settings.modality,
      encoder: try settings.encoder.build(
        for: settings.space, dimension: dimension(of: settings), data: data, key: encoderKey,
        at: "encoder-\(settings.modality)"),
      potential: try settings.potential?.buildPotential(
        for: settings.space, data: data, key: key(.potential(side: place)),
        at: "potential-\(settings.modality)"),
      marginal: settings.marginal, reference: try settings.trainingReference())
  }

  /// d of a side: of a pair score alone, what its encoder implies.
  func dimension(of side: SideSettings) -> Int {
    tilting.value.needsOneDimension
      ? dimension : side.encoder.impliedDimension(for: side.space) ?? dimension
  }

  func temperatureSettings() throws -> Temperature.Settings {
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

  /// What trains the coupling.
  /// - Throws: `Failure` at a setting whose value is none that a run can have.
  public func trainer() throws -> Trainer {
    try validate()
    return Trainer(
      loss: loss.value,
      optimizer: OptimizerSettings(optimizer.value, learningRate: learningRate),
      batchSize: batch, epochs: epochs, schedule: schedule, gradientClip: clip, chunk: chunk,
      seed: seedOfMember, evaluateEvery: evaluateEvery, keep: keep, patience: patience)
  }
}

extension Dataset {
  /// The part of the training pairs that has each label, counted at least once: a label that does not
  /// occur among them is unlikely, not impossible.
  fileprivate func labelFrequencies(of modality: Modality) -> [Double]? {
    // Labels are in memory, whose reading cannot fail.
    guard let labels = self[modality].labels, let rows = try? training[modality].all() else {
      return nil
    }
    var counts = [Double](repeating: 0, count: labels.count)
    for label in rows.array(Int.self) { counts[label] += 1 }
    return counts.map { max($0, 1) / Double(training.count) }
  }
}

extension LossSettings {
  /// λ_u and λ_v where they are given.
  var weights: [Double]? {
    options.isEmpty ? nil : (value as? ConditionalLoss).map { [$0.sides.u, $0.sides.v] }
  }
}
