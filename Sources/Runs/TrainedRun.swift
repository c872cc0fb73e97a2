import Couplet
import Datasets
import Files

/// A run that was trained, opened to be asked: its settings, its coupling, its data.
///
/// ```swift
/// let run = try TrainedRun("runs/mnist")
/// let test = try run.testData()
/// run.coupling.evaluate(on: test.pairs, loss: try run.configuration.lossFunction())
/// ```
public struct TrainedRun {
  public let path: String
  public let configuration: RunConfiguration
  public let coupling: Coupling
  /// What true partners looked like in training; nil when the run did not save it.
  public let profile: ScoreProfile?
  let device: Device

  /// - Throws: `Failure` when the folder holds no run, or its weights are another model's.
  public init(_ path: String, device: Device = .cpu) throws {
    let directory = try RunDirectory(opening: path)
    self.path = path
    self.device = device
    configuration = try directory.readConfiguration(RunConfiguration.self)
    try configuration.requireSound(in: directory.configurationFile)
    coupling = try configuration.coupling()
    try directory.loadModel(into: coupling)
    profile = try ScoreProfile(metadata: directory.modelMetadata(), at: directory.modelFile)
    try coupling.parameters.move(to: device)
  }

  public func space(_ modality: Modality) -> SampleSpace { configuration.space(modality) }

  // MARK: Data

  /// Pairs to test with.
  public struct TestData {
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
    let data = try (source ?? configuration.source()).read()
    for modality in Modality.allCases {
      try space(modality).requireHolds(data.training[modality], at: "\(data.name), \(modality)")
    }
    guard source == nil else {
      let pairs = data.test ?? data.training
      return TestData(
        pairs: try pairs.to(device), name: "\(pairs.count) pairs of \(data.name)", training: nil)
    }
    let (training, heldOut) = configuration.parts(of: data)
    guard let heldOut else {
      throw Failure(
        "the run kept no pairs for tests (held-out 0)", at: path,
        remedy: "name pairs with `data`, or `u` and `v`")
    }
    return TestData(
      pairs: try heldOut.to(device), name: "\(heldOut.count) held-out pairs of \(data.name)",
      training: try training.to(device))
  }

  /// The samples of a file, which must be of the run's kind; a single sample is a row.
  public func samples(_ modality: Modality, at file: String) throws -> Tensor {
    var samples = try SampleFile.read(file)
    let space = space(modality)
    if case .real(let shape) = space, samples.shape == shape { samples = samples.unsqueezed(0) }
    try space.requireHolds(samples, at: file)
    return try samples.to(device)
  }

  /// The label with this number as a condition, or the row of a pair; labels need no pairs.
  /// - Throws: `Failure` when there is none such.
  public func condition(
    _ modality: Modality, index: Int, of pairs: @autoclosure () throws -> PairedData
  ) throws -> Tensor {
    switch space(modality) {
    case .labels(let classes):
      guard (0..<classes).contains(index) else {
        throw Failure("there is no label \(index)", remedy: "give one from 0 to \(classes - 1)")
      }
      return try Tensor([index]).to(device)
    case .real:
      let pairs = try pairs()
      guard (0..<pairs.count).contains(index) else {
        throw Failure(
          "there is no pair \(index)", remedy: "give a row from 0 to \(pairs.count - 1), or a file")
      }
      return pairs[modality][index..<(index + 1)]
    }
  }
}
