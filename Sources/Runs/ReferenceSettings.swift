import Files

/// Over what a normaliser is taken: `batch`, `labels` (all of them, equally weighted) or `queue:N`.
public enum ReferenceSettings: TextForm {
  /// The batch, or all labels, equally weighted.
  case batch, labels
  /// The batch and so many past embeddings.
  case queue(Int)

  /// - Throws: `Failure` listing the references when the text is none.
  public init(_ text: String) throws {
    var fields = TextFields(text, of: "reference")
    switch fields.name {
    case "batch": self = .batch
    case "labels": self = .labels
    case "queue":
      guard let capacity = try fields.next("N", .integer(in: 1...100_000_000)) else {
        throw Failure("the reference queue lacks N", remedy: "say, queue:4096")
      }
      self = .queue(capacity)
    default: throw fields.unknown(among: ["batch", "labels", "queue"])
    }
    try fields.requireEmpty(usage: "batch, labels or queue:N")
  }

  /// The text that gives the reference back.
  public var description: String {
    switch self {
    case .batch: "batch"
    case .labels: "labels"
    case .queue(let capacity): "queue:\(capacity)"
    }
  }
}
