import Couplet
import Datasets
import Encoders
import Files
import Foundation

/// A trained coupling with all that belongs to it: the settings it was trained with, the spaces of its data, the
/// frequencies of its labels.
///
/// ```swift
/// let run = try Run(opening: "runs/digits")
/// let report = run.evaluate(on: try run.heldOut(), ks: [1, 5])
/// ```
public struct Run {
  public let directory: RunDirectory
  public let configuration: RunConfiguration
  public let coupling: Coupling
  public let u: SampleSpace
  public let v: SampleSpace
  /// Frequencies of the labels v in the training data; nil when v is not a label.
  public let labelFrequencies: [Double]?

  /// - Throws: `Failure` when the folder holds no run, an unfinished one, or a damaged one.
  public init(opening path: String, device: Device = .cpu) throws {
    directory = try RunDirectory(opening: path)
    configuration = try directory.readConfiguration(RunConfiguration.self)
    let file = directory.modelFile
    let facts = try RunFacts(try directory.modelMetadata(), at: file)
    (u, v, labelFrequencies) = (facts.u, facts.v, facts.labelFrequencies)
    coupling = try configuration.makeCoupling(u: u, v: v, training: nil)
    try coupling.parameters.move(to: device)
    try directory.loadModel(into: coupling)
  }

  public subscript(_ modality: Modality) -> SampleSpace { modality == .u ? u : v }

  /// The reference weights of the labels v for classification: their frequencies, to which scores
  /// trained over the batch are relative; equal for those trained over all labels alike.
  public var labelWeights: Tensor? {
    labelFrequencies.map { frequencies in
      configuration.referenceV == .labels
        ? .ones([frequencies.count], dtype: .float64) : Tensor(frequencies)
    }
  }

  /// The pairs set aside from the training: the data's own test pairs, or the part that the settings name.
  /// - Throws: `Failure` when the data cannot be read, or nothing was set aside.
  public func heldOut() throws -> PairedData {
    guard let pairs = try configuration.partition(try configuration.data.read()).heldOut else {
      throw Failure(
        "the run set no pairs aside", at: directory.path, remedy: "give pairs to evaluate on")
    }
    return pairs
  }

  public func evaluate(on pairs: PairedData, ks: [Int] = [1, 5, 10]) throws -> EvaluationReport {
    coupling.evaluate(
      on: pairs, loss: try configuration.loss.make(), ks: ks, labelWeights: labelWeights)
  }
}

/// What is saved beside the weights, so that a run opens without its data.
struct RunFacts: Codable {
  let u: SampleSpace
  let v: SampleSpace
  let labelFrequencies: [Double]?

  init(_ data: Dataset) {
    u = data.u
    v = data.v
    guard case .labels(let classes) = data.v else {
      labelFrequencies = nil
      return
    }
    var counts = [Double](repeating: 0, count: classes)
    for label in data.training.v.array(Int.self) { counts[label] += 1 }
    labelFrequencies = counts.map { $0 / Double(data.training.count) }
  }

  init(_ metadata: [String: String], at place: String) throws {
    guard let text = metadata["run"],
      let facts = try? JSONDecoder().decode(RunFacts.self, from: Data(text.utf8))
    else {
      throw Failure(
        "the weights do not say what data they belong to", at: place,
        remedy: "restore the file that the training wrote")
    }
    self = facts
  }

  func metadata() throws -> [String: String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return ["run": String(decoding: try encoder.encode(self), as: UTF8.self)]
  }
}
