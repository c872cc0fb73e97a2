/// A value that is written as one text, the same on a command line, in a configuration file and in a report.
///
/// Conforming types say how to read the text and, by `description`, how to write it; the text is then their JSON
/// value too. Texts have the form `NAME[:OPTION]…` (`TextFields`).
///
/// ```swift
/// let kernel = try Kernel("laplace:0.5")
/// kernel.description                       // "laplace:0.5"
/// try JSONEncoder().encode([kernel])       // ["laplace:0.5"]
/// ```
public protocol TextForm: Hashable, Sendable, Codable, CustomStringConvertible {
  /// - Throws: `Failure` saying what is wrong with the text and which texts there are.
  init(_ text: String) throws
}

extension TextForm {
  /// From a string.
  /// - Throws: `Failure` as `init(_:)` does, and `DecodingError` for what is no string.
  public init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  /// As a string.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
