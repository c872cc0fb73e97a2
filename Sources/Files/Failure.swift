/// What went wrong with the world — a file, data, a configuration, a device — as one line that
/// says what happened, where, and what to do about it.
///
/// Programmer errors (shapes that do not fit) trap instead; see `Torch`.
///
/// ```swift
/// throw Failure("wrong magic number 0x1f8b0808", at: "train-images (offset 0)",
///               remedy: "pass an IDX image file")
/// // train-images (offset 0): wrong magic number 0x1f8b0808 — pass an IDX image file
/// ```
public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public let what: String
  /// The file, field or offset where it is wrong; empty when there is no such place.
  public let place: String
  /// What the user can do.
  public let remedy: String

  public init(_ what: String, at place: String = "", remedy: String) {
    self.what = what
    self.place = place
    self.remedy = remedy
  }

  /// One line, whatever is quoted of a file.
  public var description: String {
    let text = (place.isEmpty ? "" : "\(place): ") + what + (remedy.isEmpty ? "" : " — \(remedy)")
    return text.contains(where: \.isNewline) ? String(text.map { $0.isNewline ? " " : $0 }) : text
  }
}
