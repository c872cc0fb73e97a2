import CoupletCore
import Encoders

/// The settings of one modality in a run, and what its samples were found to be.
public struct SideSettings: Codable, Equatable, Sendable {
  /// Whose settings they are.
  public var modality: Modality
  /// `FILE[:MEMBER]`; nil where the data are named as a whole.
  public var file: String?
  /// g, by name and options.
  public var encoder: EncoderSettings
  /// The learned scalar φ that is added to the score.
  public var potential: EncoderSettings?
  /// What samples are contrasted with.
  public var reference = ReferenceSettings.batch

  /// Where the samples lie.
  public var space: SampleSpace
  /// How often each label occurs in the training pairs, where the samples are labels.
  public var labelFrequencies: [Double]?

  /// The settings that hold where nothing else is said, for samples of this space.
  public init(_ modality: Modality, space: SampleSpace) {
    self.modality = modality
    self.space = space
    // The simplest encoder for the space.
    encoder =
      switch space {
      case .labels: .oneHot
      case .real, .image: .linear
      case .text: (try? EncoderSettings("ngrams")) ?? .linear
      }
  }

  /// The weights of the labels under the marginal law: their frequencies where the scores are relative to batches,
  /// equal ones where the reference is the set of labels itself; nil for other samples.
  public var marginal: Tensor? {
    guard let labels = space.labels else { return nil }
    guard reference != .labels, let labelFrequencies else { return .ones([labels.count]) }
    return Tensor(labelFrequencies)
  }

  /// The reference of training.
  /// - Throws: `Failure` when it does not fit the samples.
  func trainingReference() throws -> Reference {
    switch reference {
    case .batch: return .batch
    case .queue(let capacity): return .queue(capacity: capacity)
    case .labels:
      guard let labels = space.labels else {
        throw Failure(
          "the data are no labels", at: .setting("reference-\(modality)"),
          remedy: "use batch or queue:N")
      }
      return .finite(.arange(labels.count))
    }
  }
}
