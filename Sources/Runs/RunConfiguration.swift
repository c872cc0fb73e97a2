import Couplet
import Datasets
import Encoders
import Files

/// All that decides a run: what `config.json` holds, and what the run can be repeated from.
///
/// Missing keys take the values of `init`, so a file written by hand may be short.
public struct RunConfiguration: Codable, Equatable, Sendable {
  /// Where the pairs come from.
  public var data: DataSource
  /// The part of the pairs set aside for evaluation, where the data have no test pairs of their own.
  public var heldOut = 0.1

  public var encoderU: EncoderSettings
  public var encoderV: EncoderSettings
  /// d, the length of an embedding.
  public var dimension: Int
  public var tilting = "cosine"
  public var temperature = Temperature.Settings.fixed(1)
  /// Encoders of learned potentials φ_u, φ_v.
  public var potentialU: EncoderSettings?
  public var potentialV: EncoderSettings?

  public var loss = LossSettings()
  public var referenceU = ReferenceSettings.batch
  public var referenceV = ReferenceSettings.batch

  public var optimizer = OptimizerSettings.adam(learningRate: 1e-3)
  public var schedule = Schedule.constant
  public var batchSize = 512
  public var epochs = 20
  public var gradientClip: Double?
  public var chunk: Int?
  public var evaluateEvery = 1
  public var seed: UInt64 = 0
  /// Where it ran, and on how many threads: results are the same bit for bit only with the same of both.
  public var device = "cpu"
  public var threads = 1

  public init(
    data: DataSource, encoderU: EncoderSettings, encoderV: EncoderSettings, dimension: Int
  ) {
    self.data = data
    self.encoderU = encoderU
    self.encoderV = encoderV
    self.dimension = dimension
  }
}

extension RunConfiguration {
  private enum CodingKeys: String, CodingKey, CaseIterable {
    case data, heldOut, encoderU, encoderV, dimension, tilting, temperature, potentialU, potentialV
    case loss, referenceU, referenceV, optimizer, schedule, batchSize, epochs, gradientClip, chunk
    case evaluateEvery, seed, device, threads
  }

  /// A key of any name, to find those that are none of ours.
  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  public init(from decoder: any Decoder) throws {
    let names = Set(CodingKeys.allCases.map(\.stringValue))
    let present = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
    if let unknown = present.filter({ !names.contains($0) }).min() {
      throw Failure(
        "there is no setting '\(unknown)'",
        remedy: "use \(names.sorted().joined(separator: ", "))")
    }
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<T: Decodable>(_ key: CodingKeys, _ value: inout T) throws {
      value = try values.decodeIfPresent(T.self, forKey: key) ?? value
    }
    self.init(
      data: try values.decode(DataSource.self, forKey: .data),
      encoderU: try values.decode(EncoderSettings.self, forKey: .encoderU),
      encoderV: try values.decode(EncoderSettings.self, forKey: .encoderV),
      dimension: try values.decode(Int.self, forKey: .dimension))
    try read(.heldOut, &heldOut)
    try read(.tilting, &tilting)
    try read(.temperature, &temperature)
    try read(.potentialU, &potentialU)
    try read(.potentialV, &potentialV)
    try read(.loss, &loss)
    try read(.referenceU, &referenceU)
    try read(.referenceV, &referenceV)
    try read(.optimizer, &optimizer)
    try read(.schedule, &schedule)
    try read(.batchSize, &batchSize)
    try read(.epochs, &epochs)
    try read(.gradientClip, &gradientClip)
    try read(.chunk, &chunk)
    try read(.evaluateEvery, &evaluateEvery)
    try read(.seed, &seed)
    try read(.device, &device)
    try read(.threads, &threads)
  }

  /// - Throws: `Failure` naming the first setting that makes no sense.
  public func validate() throws {
    func require(_ holds: Bool, _ setting: String, _ what: String, _ remedy: String) throws {
      if !holds { throw Failure(what, at: setting, remedy: remedy) }
    }
    try require(
      batchSize >= 2, "batchSize", "a batch of \(batchSize) has nothing to contrast",
      "give at least 2")
    try require(epochs >= 1, "epochs", "\(epochs) epochs", "give at least 1")
    try require(
      dimension >= 1, "dimension", "an embedding of dimension \(dimension)", "give at least 1")
    try require(
      evaluateEvery >= 1, "evaluateEvery", "every \(evaluateEvery) epochs", "give at least 1")
    try require(
      (0..<1).contains(heldOut), "heldOut", "the part \(heldOut)", "give one from 0 to below 1")
    try require(chunk ?? 1 >= 1, "chunk", "chunks of \(chunk ?? 1) rows", "give at least 1")
    let rate = optimizer.learningRate
    try require(
      rate > 0 && rate.isFinite, "learningRate", "the learning rate \(rate)", "give one above 0")
    let clip = gradientClip ?? 1
    try require(clip > 0 && clip.isFinite, "gradientClip", "the norm \(clip)", "give one above 0")
    _ = try Tiltings.named(tilting)
    _ = try loss.make()
    _ = try Temperature(temperature)
  }
}
