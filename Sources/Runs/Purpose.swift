import CoupletCore
import Encoders
import Files
import Training

/// What a run is for: the settings that serve a purpose, where the user gives none (docs/training.md has the reasons).
///
/// ```swift
/// var settings = RunConfiguration(for: data)
/// let decided = try settings.take(.posterior, given: ["epochs"])   // all it stands for but the epochs
/// settings.tilting                                                 // pair
/// ```
public enum Purpose: String, CaseIterable, Sendable {
  /// To find partners: the cosine, both sides contrasted, encoders by trial. What holds without a purpose, by name.
  case retrieval
  /// To draw u given v: a network on both samples, ν(u | v) alone, one cycle of the learning rate.
  case posterior
  /// To say how much u and v tell of each other: a network on both samples whose score is normalised.
  case information
  /// To name the label v of u: ν(v | u) over all labels.
  case classification

  /// The settings that it stands for, as the texts of their options.
  /// - Throws: `Failure` where samples of these spaces cannot serve the purpose.
  public func settings(u: SampleSpace, v: SampleSpace) throws -> [String: String] {
    switch self {
    case .retrieval:
      return ["tilting": "cosine", "loss": "two-sided", "optimizer": "adam"]
    case .posterior:
      return Purpose.network.merging([
        "tilting": "pair:near=0.5", "loss": "u-given-v", "encoder-v": try Purpose.observation(v),
        "batch": "256", "patience": "none",
      ]) { $1 }
    case .information:
      return Purpose.network.merging([
        "tilting": "pair:width=64:blocks=2:negatives=15", "loss": "anchored", "batch": "256",
      ]) { $1 }
    case .classification:
      guard v.labels != nil else {
        throw Failure(
          "the samples of v are \(v.inWords), and only labels can be classified",
          at: .setting("for"),
          remedy: "give labels as v (--space v=labels), or another purpose")
      }
      return [
        "tilting": "inner-product", "loss": "v-given-u", "reference-v": "labels",
        "encoder-u": "\(try EncoderChoice.encoder(for: u, prepared: "standardized"))",
        "encoder-v": "one-hot",
      ]
    }
  }

  /// How a network on both samples is trained: steps of AdamW that grow for a quarter of the time and then shrink to 0, from
  /// which the best epoch is kept.
  private static let network = [
    "optimizer": "adamw", "learning-rate": "0.002", "schedule": "cosine:warmup=0.25", "clip": "1",
  ]

  /// What a network on both samples sees of an observation: its numbers, or what the usual encoder makes of images, series,
  /// texts and labels.
  private static func observation(_ space: SampleSpace) throws -> String {
    let usual = "\(try EncoderChoice.encoder(for: space))"
    return usual.hasPrefix("mlp") ? "fixed:standardized" : usual
  }

  /// The epochs of training, and the steps that it takes at least, where epochs are not given: few pairs are learned by heart
  /// before many steps are made, and the best epoch is then an early one.
  var length: (epochs: Int, steps: Int)? {
    switch self {
    case .posterior: (60, 400)
    case .information: (1, 500)
    case .retrieval, .classification: nil
    }
  }

  /// Whether encoders that are not given are tried, as without a purpose.
  var triesEncoders: Bool { self == .retrieval }
}

extension RunConfiguration {
  /// The settings of a run for a purpose, where nothing else is said; how long it trains is set by `setLength`.
  /// - Throws: `Failure` where the samples cannot serve the purpose.
  public init(for data: Dataset, purpose: Purpose) throws {
    self.init(for: data)
    let decided = try reconcile(decided: take(purpose, given: []))
    setEncodersOfPairScore(given: decided)
    (temperature, learnTemperature) = RunConfiguration.temperature(for: tilting)
    setDimensionOfEncoders(otherwise: dimension)
  }

  /// Takes what a purpose stands for, but for what is given.
  /// - Returns: the names of the settings that it decided; what is to be tried is not among them.
  /// - Throws: `Failure` where the samples cannot serve the purpose.
  @discardableResult
  public mutating func take(_ purpose: Purpose, given: Set<String>) throws -> Set<String> {
    let all = try purpose.settings(u: self[.u].space, v: self[.v].space)
    let decided = all.filter { !given.contains($0.key) }
    self = try with(decided)
    return purpose.triesEncoders ? [] : Set(decided.keys)
  }

  /// Takes back what a purpose decided and what is given does not go with: pairs near one another, where the loss or the
  /// samples do not allow them, and samples as they are, where their embeddings are to have one length.
  /// - Parameter decided: the names of the settings that the purpose decided.
  /// - Returns: those that it goes on deciding.
  public mutating func reconcile(decided: Set<String>) throws -> Set<String> {
    var decided = decided
    if decided.contains("tilting"), (try? requireNear()) == nil {
      self = try with(["tilting": "pair"])
    }
    if decided.contains("encoder-v"), tilting.value.needsOneDimension,
      self[.v].encoder.description.hasPrefix("fixed")
    {
      let usual = RunConfiguration(u: self[.u].space, v: self[.v].space)[.v].encoder
      self = try with(["encoder-v": usual.description])
      decided.remove("encoder-v")
    }
    return decided
  }
}
