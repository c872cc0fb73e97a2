import Arguments
import Couplet
import Datasets
import Files
import Foundation

/// A run that was trained, opened to be asked: its settings, its coupling, its data.
struct TrainedRun {
  let path: String
  let configuration: RunConfiguration
  let coupling: Coupling
  private let device: Device

  /// - Throws: `Failure` when the folder holds no run, or its weights are another model's.
  init(_ path: String, device: Device) throws {
    let directory = try RunDirectory(opening: path)
    self.path = path
    self.device = device
    configuration = try directory.readConfiguration(RunConfiguration.self)
    coupling = try configuration.coupling()
    try directory.loadModel(into: coupling)
    try coupling.parameters.move(to: device)
  }

  func space(_ modality: Modality) -> SampleSpace {
    modality == .u ? configuration.spaceU : configuration.spaceV
  }

  /// The pairs to test with: those of `source` when it is given, otherwise those that the run kept
  /// from training.
  func testPairs(_ source: DataSource?) throws -> (pairs: PairedData, name: String) {
    let data = try (source ?? configuration.source()).read()
    for modality in Modality.allCases {
      try space(modality).requireHolds(data.training[modality], at: "\(data.name), \(modality)")
    }
    guard source == nil else {
      let pairs = data.test ?? data.training
      return (try pairs.to(device), "\(pairs.count) pairs of \(data.name)")
    }
    guard let pairs = configuration.parts(of: data).heldOut else {
      throw Failure(
        "the run kept no pairs for tests (held-out 0)", at: path,
        remedy: "name pairs with --data, or --u and --v")
    }
    return (try pairs.to(device), "\(pairs.count) held-out pairs of \(data.name)")
  }

  /// The samples of a file, which must be of the run's kind; a single sample is a row.
  func samples(_ modality: Modality, at file: String) throws -> Tensor {
    var samples = try SampleFile.read(file)
    let space = space(modality)
    if case .real(let shape) = space, samples.shape == shape { samples = samples.unsqueezed(0) }
    try space.requireHolds(samples, at: file)
    return try samples.to(device)
  }

  /// The candidates for a modality among pairs: every label once, or the samples.
  func gallery(_ modality: Modality, of pairs: PairedData) -> Gallery {
    if case .labels(let classes) = space(modality) {
      return Gallery(
        candidates: .arange(classes), weights: modality == .v ? configuration.labelWeights : nil)
    }
    return Gallery(candidates: pairs[modality], weights: nil)
  }

  struct Gallery {
    let candidates: Tensor
    let weights: Tensor?
  }

  /// The condition that a text stands for: a label, the row of a test pair, or a file of samples.
  func condition(_ modality: Modality, _ text: String, pairs: PairedData) throws -> Tensor {
    guard let index = Int(text) else { return try samples(modality, at: text) }
    switch space(modality) {
    case .labels(let classes):
      guard (0..<classes).contains(index) else {
        throw UsageError(
          "there is no label \(index)", at: "--given", remedy: "give one from 0 to \(classes - 1)")
      }
      return try Tensor([index]).to(device)
    case .real:
      guard (0..<pairs.count).contains(index) else {
        throw UsageError(
          "there is no pair \(index)", at: "--given",
          remedy: "give a row from 0 to \(pairs.count - 1), or a file")
      }
      return pairs[modality][index..<(index + 1)]
    }
  }
}

extension TrainedRun {
  /// What `read` takes from the learned conditional of each row of `given`, in blocks: memory stays that
  /// of a block of conditions times the candidates.
  func answers<Answer>(
    _ modality: Modality, given: Tensor, among gallery: Gallery,
    _ read: (ConditionalDistribution) -> Answer
  ) -> [Answer] {
    let embedded = coupling.embed(modality, gallery.candidates)
    let block = 256
    return stride(from: 0, to: given.shape[0], by: block).flatMap { start in
      let rows = given[start..<min(start + block, given.shape[0])]
      return coupling.conditionals(
        of: modality, given: coupling.embed(modality.partner, rows), among: embedded,
        candidates: gallery.candidates, weights: gallery.weights
      ).map(read)
    }
  }
}
