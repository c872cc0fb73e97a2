import CoupletCore
import Files
import Training

/// A run that was trained, opened to be asked: its settings, its coupling, its data.
///
/// ```swift
/// let run = try TrainedRun("runs/mnist")
/// let test = try run.testData()
/// run.coupling.evaluate(on: test.pairs, loss: run.configuration.loss.value)
/// ```
public struct TrainedRun {
  /// The folder of the run.
  public let path: String
  /// What `config.json` says.
  public let configuration: RunConfiguration
  /// The trained coupling, on the device that was asked for.
  public let coupling: Coupling
  /// What true partners looked like in training; nil when the run did not save it.
  public let profile: ScoreProfile?
  /// Which samples are like those of the training; nil when the run did not save it.
  public let support: Support?
  let device: Device
  private let directory: RunDirectory
  /// What the run keeps of its data; nil for a run of version 0.1.0.
  private let record: DataRecord?
  /// Said of the reading of further data, apart from what the run keeps.
  private let given: DataOptions
  /// How further data are read.
  private let reading: DataOptions
  /// Told what was assumed about data, one line each.
  private let report: @Sendable (String) -> Void

  /// - Throws: `Failure` when the folder holds no run, or its weights are another model's.
  /// - Parameters:
  ///   - reading: how data are read; as those of the training when nil, and where it says nothing.
  ///   - report: told what was assumed about data, one line each.
  public init(
    _ path: String, device: Device = .cpu, reading: DataOptions? = nil,
    report: @escaping @Sendable (String) -> Void = { _ in }
  ) throws {
    let directory = try RunDirectory(opening: path)
    self.path = path
    self.device = device
    self.report = report
    configuration = try directory.readSettings()
    self.directory = directory
    record = try directory.readData()
    given = reading ?? .init()
    self.reading = given.over(configuration.reading)
    coupling = try configuration.coupling()
    try directory.loadModel(into: coupling)
    profile = try ScoreProfile(metadata: directory.modelMetadata(), at: directory.modelFile)
    support = try directory.readSupport(modalities: coupling.modalities)
    try coupling.parameters.move(to: device)
  }

  /// Where the samples of a modality lie.
  public func space(_ modality: Modality) -> SampleSpace { configuration[modality].space }

  // MARK: Data

  /// Pairs to test with.
  public struct TestData {
    /// The pairs, in the spaces of the run.
    public let pairs: PairedData
    /// What they are, for people.
    public let name: String
    /// The pairs of the training, where the data that were read hold them.
    public let training: PairedData?
    /// The pairs that the model was chosen by, where the data that were read hold some.
    public var validation: PairedData?
    /// All pairs of the files that the pairs lie in.
    let all: PairedData

    /// Whether the pair in a row of the files was trained on, so that its partner is not among the test pairs.
    public func wasTrainedOn(_ row: Int) -> Bool {
      guard training != nil, let kept = pairs.fileRows else { return false }
      return !kept.contains(row)
    }

    /// The place among `all` of a row of the files.
    func place(ofRow row: Int) -> Int? {
      guard let rows = all.fileRows else { return (0..<all.count).contains(row) ? row : nil }
      return rows.firstIndex(of: row)
    }
  }

  /// The pairs to test with: those that the run kept from training, or those of `source`, unless these are the data
  /// of the training again, wherever they lie.
  /// - Parameter verify: compares all of the files with those of the training, however large they are.
  /// - Throws: `Failure` when the data cannot be read, are of another kind, have changed since the training, or were
  ///   kept by no one.
  public func testData(_ source: DataSource? = nil, verify: Bool = false) throws -> TestData {
    guard let source else {
      let data = try read(configuration.source(), reading)
      try record?.requireSame(data, reading: reading, whole: verify)
      return try keptPairs(of: data)
    }
    var options = reading
    options.groups = given.groups
    let data = try read(source, options)
    if try record?.holds(data) == true {
      report("\(data.name) is what the run was trained on: only the pairs that it kept are taken")
      return try keptPairs(of: read(source, reading))
    }
    let pairs = data.test ?? data.training
    for modality in pairs.modalities { try warnOfStrangers(modality, pairs[modality].spread()) }
    return TestData(
      pairs: pairs, name: "\(pairs.count) pairs of \(data.name)", training: nil, all: pairs)
  }

  private func read(_ source: DataSource, _ options: DataOptions) throws -> Dataset {
    Formats.register()
    return try source.read(options, report: report)
      .matching(configuration.sides.map { ($0.modality, $0.space) })
  }

  private func keptPairs(of data: Dataset) throws -> TestData {
    let parts = try directory.parts(of: data, configuration)
    guard let test = parts.test else {
      throw Failure(
        "the run kept no pairs for tests", at: path,
        remedy: "name pairs with `data`, or `u` and `v`")
    }
    return TestData(
      pairs: test, name: "\(test.count) held-out pairs of \(data.name)",
      training: parts.training, validation: parts.validation,
      all: data.test ?? data.training)
  }

  /// Says when samples lie far outside what the run was trained on.
  private func warnOfStrangers(_ modality: Modality, _ samples: Tensor) {
    guard let line = record?.ranges[modality.name]?.strangers(among: samples) else { return }
    report("warning: \(modality): \(line)")
  }

  /// The samples of a file, which must be of the run's kind; a single sample is a row.
  /// - Throws: `Failure` when the file cannot be read, or its samples are of another kind or shape.
  public func samples(_ modality: Modality, at file: String) throws -> any SampleSource {
    Formats.register()
    let options = reading.samples(of: modality, report: report)
    let samples = try SampleFormats.read(file, options)
    if let row = samples.missingRows.first {
      throw Failure(
        "a value is missing", at: .file(samples.name, field: "row \(row)"),
        remedy: "leave the row out of the file, or have it filled in with --missing mean")
    }
    if let shape = space(modality).shape, !shape.isEmpty, samples.space.shape != shape,
      [samples.count] + (samples.space.shape ?? [-1]) == shape
    {
      let sample = try samples.all().unsqueezed(0)
      warnOfStrangers(modality, sample)
      return TensorSamples(sample, space: space(modality), name: samples.name)
    }
    let rows = try samples.matching(space(modality))
    warnOfStrangers(modality, try rows.spread())
    return rows
  }

  /// The label with this number as a condition, or the sample in this row of the files of the test pairs; labels need
  /// no pairs.
  /// - Throws: `Failure` when there is none such.
  public func condition(
    _ modality: Modality, index: Int, of test: @autoclosure () throws -> TestData
  ) throws -> Tensor {
    if let labels = space(modality).labels {
      guard let place = labels.place(of: String(index)) else {
        throw Failure(
          "there is no label \(index)", at: .setting("given"), remedy: "give one of \(labels.shown)"
        )
      }
      return Tensor([place])
    }
    let test = try test()
    let all = test.all
    guard let place = test.place(ofRow: index) else {
      throw Failure(
        "there is no pair \(index)", at: .setting("given"),
        remedy: "give a row from 0 to \(all.fileRows?.max() ?? all.count - 1), or a file")
    }
    return try all[modality].rows(place..<(place + 1))
  }
}
