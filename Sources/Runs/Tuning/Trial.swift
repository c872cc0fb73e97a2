import CoupletCore
import Files

/// Settings that were tried by a short training, and how well they did on the validation pairs.
public struct Trial: Codable, Equatable, Sendable {
  /// The encoders, in the order of the sides.
  public var encoders: [String]
  /// The mean reciprocal rank of validation pairs, over both directions; of several partings the mean.
  public var rank: Double
  /// Their loss.
  public var loss: Double
  /// What was set, by the names of the options, besides what all trials have; nil where only encoders were tried.
  public var settings: [String: String]?
  /// Steps of the training at most.
  public var steps: Int?
  /// The number of partings in training and validation pairs that it was tried on.
  public var partings: Int?
  /// Whether validation pairs were told from shuffled ones on any of these; nil where it is not known.
  public var hasLearned: Bool?
  /// Why the training failed, where it did.
  public var failure: String?

  /// From numbers that are known.
  public init(
    encoders: [String], rank: Double, loss: Double, settings: [String: String]? = nil,
    steps: Int? = nil, partings: Int? = nil, hasLearned: Bool? = nil, failure: String? = nil
  ) {
    (self.encoders, self.rank, self.loss) = (encoders, rank, loss)
    (self.settings, self.steps, self.partings) = (settings, steps, partings)
    (self.hasLearned, self.failure) = (hasLearned, failure)
  }
}
