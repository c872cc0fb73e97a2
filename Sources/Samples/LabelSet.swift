/// The labels that a modality can have, by name; samples hold their places in it, 0 … K − 1.
///
/// ```swift
/// let labels = LabelSet(["cat", "dog"])
/// labels.place(of: "dog")    // 1
/// LabelSet(count: 10).names  // ["0", "1", …, "9"]
/// ```
public struct LabelSet: Hashable, Sendable, Codable {
  /// K different names.
  public let names: [String]

  /// From names, which must differ.
  public init(_ names: [String]) { self.names = names }

  /// The labels 0, 1, …, count − 1, named by their numbers.
  public init(count: Int) { names = (0..<count).map(String.init) }

  /// K.
  public var count: Int { names.count }

  /// Whether the labels are the numbers 0 … K − 1, named so.
  public var areNumbers: Bool { names.enumerated().allSatisfy { $1 == String($0) } }

  /// The place of a name; nil when there is no such label.
  public func place(of name: String) -> Int? { names.firstIndex(of: name) }

  /// The places by name.
  public var places: [String: Int] {
    Dictionary(names.enumerated().map { ($1, $0) }) { first, _ in first }
  }

  /// The names, for people: `0 to 9`, or the first dozen.
  public var shown: String {
    areNumbers && count > 2
      ? "0 to \(count - 1)"
      : names.prefix(12).map(\.quoted).joined(separator: ", ") + (count > 12 ? ", …" : "")
  }

  private enum CodingKeys: String, CodingKey { case classes, names }

  /// From `{"classes": K}` for the labels 0 … K − 1, or `{"names": [...]}`.
  /// - Throws: `DecodingError` when two names are the same, or the number is negative or above `largest`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    if let names = try container.decodeIfPresent([String].self, forKey: .names) {
      guard Set(names).count == names.count else {
        throw DecodingError.dataCorruptedError(
          forKey: .names, in: container, debugDescription: "two labels have one name")
      }
      self.init(names)
      return
    }
    let count = try container.decode(Int.self, forKey: .classes)
    guard (0...LabelSet.largest).contains(count) else {
      throw DecodingError.dataCorruptedError(
        forKey: .classes, in: container, debugDescription: "\(count) labels")
    }
    self.init(count: count)
  }

  /// More labels than this are no labels.
  public static let largest = 10_000_000

  /// As `{"classes": K}` for the labels 0 … K − 1, otherwise as `{"names": [...]}`.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    if areNumbers {
      try container.encode(count, forKey: .classes)
    } else {
      try container.encode(names, forKey: .names)
    }
  }
}
