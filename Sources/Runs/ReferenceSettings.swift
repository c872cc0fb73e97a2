import Couplet
import Files

/// Over what a normaliser is taken, as text: `batch`, `labels` (all labels with equal weights),
/// `label-frequencies` (with those of the training data), or `queue:SIZE`.
public enum ReferenceSettings: Equatable, Sendable {
  case batch
  case labels
  case labelFrequencies
  case queue(Int)

  /// - Throws: `Failure` listing the forms when the text is none of them.
  public init(_ text: String) throws {
    switch text {
    case "batch": self = .batch
    case "labels": self = .labels
    case "label-frequencies": self = .labelFrequencies
    default:
      guard text.hasPrefix("queue:"), let size = Int(text.dropFirst(6)), size > 0 else {
        throw Failure(
          "unknown reference '\(text)'",
          remedy: "use batch, labels, label-frequencies or queue:SIZE")
      }
      self = .queue(size)
    }
  }
}

extension ReferenceSettings: Codable, CustomStringConvertible {
  public var description: String {
    switch self {
    case .batch: "batch"
    case .labels: "labels"
    case .labelFrequencies: "label-frequencies"
    case .queue(let size): "queue:\(size)"
    }
  }

  public init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Swift.Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
