import Couplet
import Datasets
import Encoders
import Files

/// What `config.json` of a run holds: all that is needed to repeat the run, one key an option of
/// `couplet train`, and what the data were found to be.
struct RunConfiguration: Codable, Equatable {
  /// The data: a SPEC, or two files.
  var data: String?
  var u: String?
  var v: String?
  /// The fraction of the pairs that is kept for tests where the data bring no test pairs.
  var heldOut: Double

  var encoderU: EncoderSettings
  var encoderV: EncoderSettings
  /// d, the length of an embedding.
  var dimension: Int
  var tilting: String
  var temperature: Double
  var learnTemperature: Bool

  var loss: String
  /// λ_u and λ_v.
  var weights: [Double]?
  var referenceU: ReferenceSettings
  var referenceV: ReferenceSettings

  var optimizer: String
  var learningRate: Double
  var weightDecay: Double
  var momentum: Double
  var schedule: ScheduleName
  /// The fraction of the steps over which the learning rate rises.
  var warmup: Double
  var clip: Double?
  var batch: Int
  var chunk: Int?
  var epochs: Int
  var evaluateEvery: Int
  var seed: UInt64

  /// Where the samples lie.
  var spaceU: SampleSpace
  var spaceV: SampleSpace
  /// How often each label occurs in the training pairs, where v is a label.
  var labelFrequencies: [Double]?

  /// The version that wrote the file.
  var version: String

  enum ScheduleName: String, Codable, CaseIterable, Sendable { case constant, cosine, linear }
}

/// Over what a normaliser is taken: `batch`, `labels` (all of them, equally weighted) or `queue:N`.
enum ReferenceSettings: Equatable, Sendable, Codable, CustomStringConvertible {
  case batch, labels
  case queue(Int)

  init(_ text: String) throws {
    switch text {
    case "batch": self = .batch
    case "labels": self = .labels
    default:
      guard text.hasPrefix("queue:"), let capacity = Int(text.dropFirst(6)), capacity > 0 else {
        throw Failure("'\(text)' is no reference", remedy: "use batch, labels or queue:N")
      }
      self = .queue(capacity)
    }
  }

  var description: String {
    switch self {
    case .batch: "batch"
    case .labels: "labels"
    case .queue(let capacity): "queue:\(capacity)"
    }
  }

  init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  func encode(to encoder: any Swift.Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

// MARK: What the settings stand for

extension RunConfiguration {
  /// The uses of the seed, besides those of the trainer.
  private enum Draw: Int { case encoderU = 2, encoderV, heldOut }

  private func key(_ draw: Draw) -> Key { Key(seed).folded(with: draw.rawValue) }

  func source() throws -> DataSource {
    if let u, let v { return .files(u: u, v: v) }
    return try DataSource(data ?? "")
  }

  /// The pairs to train with, and those that are kept for tests, if any.
  func parts(of data: Dataset) -> (training: PairedData, heldOut: PairedData?) {
    if let test = data.test { return (data.training, test) }
    guard heldOut > 0 else { return (data.training, nil) }
    return data.training.split(heldOut: heldOut, key: key(.heldOut))
  }

  /// The coupling with its first weights; `training` gives standardised encoders their scale.
  func coupling(training: PairedData? = nil) throws -> Coupling {
    let temperature: Temperature.Settings =
      learnTemperature ? .learned(initial: self.temperature) : .fixed(self.temperature)
    let u = try encoderU.build(
      for: spaceU, dimension: dimension, data: training?.u, key: key(.encoderU), at: "--encoder-u")
    let v = try encoderV.build(
      for: spaceV, dimension: dimension, data: training?.v, key: key(.encoderV), at: "--encoder-v")
    return Coupling(
      u: u, v: v, tilting: try Tiltings.named(tilting), temperature: try Temperature(temperature))
  }

  func trainer() throws -> Trainer {
    let schedule: Schedule =
      switch self.schedule {
      case .constant: .constant
      case .cosine: .cosine(warmup: warmup)
      case .linear: .linear(warmup: warmup)
      }
    return Trainer(
      loss: try lossFunction(),
      optimizer: try .named(
        optimizer, learningRate: learningRate, weightDecay: weightDecay, momentum: momentum),
      batchSize: batch, epochs: epochs, schedule: schedule, gradientClip: clip, chunk: chunk,
      referenceU: try reference(referenceU, spaceU, at: "--reference-u"),
      referenceV: try reference(referenceV, spaceV, at: "--reference-v"),
      seed: seed, evaluateEvery: evaluateEvery)
  }

  func lossFunction() throws -> any Loss {
    try Losses.named(loss, weights: weights.map { (u: $0[0], v: $0[1]) })
  }

  /// The reference weights of the labels for classification: a coupling that was trained against
  /// batches has scores relative to the labels' frequencies.
  var labelWeights: Tensor? {
    guard case .labels(let classes) = spaceV else { return nil }
    guard referenceV != .labels, let labelFrequencies else { return .ones([classes]) }
    return Tensor(labelFrequencies)
  }

  private func reference(_ settings: ReferenceSettings, _ space: SampleSpace, at place: String)
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
