import Files

/// Over what a normaliser is taken: `batch`, `labels` (all of them, equally weighted) or `queue:N`.
///
/// The text is also its JSON value, and `description` gives it back.
public enum ReferenceSettings: Equatable, Sendable, Codable, CustomStringConvertible {
  case batch, labels
  case queue(Int)

  /// - Throws: `Failure` listing the references when the text is none.
  public init(_ text: String) throws {
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

  public var description: String {
    switch self {
    case .batch: "batch"
    case .labels: "labels"
    case .queue(let capacity): "queue:\(capacity)"
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
