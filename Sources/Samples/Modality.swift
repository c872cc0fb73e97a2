/// One kind of data among those that a coupling links, by its name: `u` and `v` are the usual two (MATH §1), and
/// others are as good.
///
/// ```swift
/// let caption = Modality("caption")
/// Modality.u.name   // "u"
/// ```
public struct Modality: Hashable, Sendable, Codable, CustomStringConvertible {
  /// A word: letters, digits, `-` and `_`.
  public let name: String

  /// From a word: letters, digits, `-` and `_`, which is not checked.
  public init(_ name: String) { self.name = name }

  /// The first of a pair.
  public static let u = Modality("u")
  /// The second of a pair.
  public static let v = Modality("v")

  /// The name.
  public var description: String { name }

  /// As its name.
  public init(from decoder: any Decoder) throws {
    name = try decoder.singleValueContainer().decode(String.self)
  }

  /// As its name.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}
