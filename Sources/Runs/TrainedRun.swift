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
  let device: Device
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
    self.reading = (reading ?? .init()).over(configuration.reading)
    coupling = try configuration.coupling()
    try directory.loadModel(into: coupling)
    profile = try ScoreProfile(metadata: directory.modelMetadata(), at: directory.modelFile)
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
  }

  /// The pairs to test with: those of `source` when it is given, otherwise those that the run kept
  /// from training.
  /// - Throws: `Failure` when the data cannot be read, are of another kind, or were kept by no one.
  public func testData(_ source: DataSource? = nil) throws -> TestData {
    let data = try (source ?? configuration.source()).read(reading, report: report)
      .matching(configuration.sides.map { ($0.modality, $0.space) })
    guard source == nil else {
      let pairs = data.test ?? data.training
      return TestData(pairs: pairs, name: "\(pairs.count) pairs of \(data.name)", training: nil)
    }
    let (training, heldOut) = configuration.parts(of: data)
    guard let heldOut else {
      throw Failure(
        "the run kept no pairs for tests (held-out 0)", at: path,
        remedy: "name pairs with `data`, or `u` and `v`")
    }
    return TestData(
      pairs: heldOut, name: "\(heldOut.count) held-out pairs of \(data.name)", training: training)
  }

  /// The samples of a file, which must be of the run's kind; a single sample is a row.
  /// - Throws: `Failure` when the file cannot be read, or its samples are of another kind or shape.
  public func samples(_ modality: Modality, at file: String) throws -> Tensor {
    Formats.register()
    let options = reading.samples(of: modality, report: report)
    let samples = try SampleFormats.read(file, options)
    if let shape = space(modality).shape, !shape.isEmpty, samples.space.shape != shape,
      [samples.count] + (samples.space.shape ?? [-1]) == shape
    {
      return try samples.all().unsqueezed(0)
    }
    return try samples.matching(space(modality)).all()
  }

  /// The label with this number as a condition, or the row of a pair; labels need no pairs.
  /// - Throws: `Failure` when there is none such.
  public func condition(
    _ modality: Modality, index: Int, of pairs: @autoclosure () throws -> PairedData
  ) throws -> Tensor {
    if let labels = space(modality).labels {
      guard let place = labels.place(of: String(index)) else {
        throw Failure(
          "there is no label \(index)", remedy: "give one of \(labels.shown)")
      }
      return Tensor([place])
    }
    let pairs = try pairs()
    guard (0..<pairs.count).contains(index) else {
      throw Failure(
        "there is no pair \(index)", remedy: "give a row from 0 to \(pairs.count - 1), or a file")
    }
    return try pairs[modality].rows(index..<(index + 1))
  }
}
