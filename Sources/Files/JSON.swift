/// A JSON value to be written: members keep their order, so the same result is the same text.
///
/// Numbers are written in the fewest digits that read back as the same value; NaN and the
/// infinities, which JSON does not have, are written as null.
///
/// ```swift
/// let result: JSON = ["accuracy": 0.985, "recall": ["1": .number(.nan)]]
/// result.text  // {"accuracy":0.985,"recall":{"1":null}}
/// ```
public enum JSON: Equatable, Sendable {
  /// `null`.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A number without a fraction.
  case integer(Int)
  /// A number; null when it is not finite.
  case number(Double)
  /// A text.
  case string(String)
  /// A list.
  case array([JSON])
  /// A list of numbers in a third of the memory, for results that hold matrices of a million of them.
  case numbers([Double])
  /// Keys with values, in this order.
  case object([Member])

  /// A key and its value.
  public struct Member: Equatable, Sendable {
    /// Its name; the writer escapes what needs it.
    public let key: String
    /// What stands after the colon.
    public let value: JSON

    /// A key with its value.
    public init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// A list of numbers.
  public static func array(_ values: [Double]) -> JSON { .array(values.map(JSON.number)) }
  /// A list of whole numbers.
  public static func array(_ values: [Int]) -> JSON { .array(values.map(JSON.integer)) }
  /// A matrix as a list of its rows.
  public static func array(_ rows: [[Double]]) -> JSON { .array(rows.map(JSON.array)) }

  /// The value, or null when there is none.
  public static func optional(_ value: Double?) -> JSON { value.map(JSON.number) ?? .null }
  /// The text, or null when there is none.
  public static func optional(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }

  /// The value in one line, without spaces.
  public var text: String {
    var bytes: [UInt8] = []
    write(to: &bytes) { _ in }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Hands the text over as UTF-8, in pieces of some 64 KiB: a result of a hundred megabytes never stands in memory
  /// as text.
  public func write(to put: ([UInt8]) throws -> Void) rethrows {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Self.piece + 1_024)
    try write(to: &bytes) { bytes in
      guard bytes.count >= Self.piece else { return }
      try put(bytes)
      bytes.removeAll(keepingCapacity: true)
    }
    try put(bytes)
  }

  private static let piece = 1 << 16

  /// Appends the text, letting `flush` empty the bytes after every item of a list.
  private func write(to bytes: inout [UInt8], _ flush: (inout [UInt8]) throws -> Void) rethrows {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .integer(let value): bytes += String(value).utf8
    case .number(let value): Self.append(value, to: &bytes)
    case .string(let value): bytes += JSONText.quoted(value).utf8
    case .array(let values):
      try Self.write(values, "[", "]", to: &bytes, flush) { value, bytes in
        try value.write(to: &bytes, flush)
      }
    case .numbers(let values):
      try Self.write(values, "[", "]", to: &bytes, flush) { Self.append($0, to: &$1) }
    case .object(let members):
      try Self.write(members, "{", "}", to: &bytes, flush) { member, bytes in
        bytes += JSONText.quoted(member.key).utf8
        bytes.append(UInt8(ascii: ":"))
        try member.value.write(to: &bytes, flush)
      }
    }
  }

  private static func write<Item>(
    _ items: [Item], _ open: Unicode.Scalar, _ close: Unicode.Scalar, to bytes: inout [UInt8],
    _ flush: (inout [UInt8]) throws -> Void, _ body: (Item, inout [UInt8]) throws -> Void
  ) rethrows {
    bytes.append(UInt8(ascii: open))
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      try body(item, &bytes)
      try flush(&bytes)
    }
    bytes.append(UInt8(ascii: close))
  }

  private static func append(_ value: Double, to bytes: inout [UInt8]) {
    var text = text(value)
    text.withUTF8 { bytes.append(contentsOf: $0) }
  }

  /// Whole numbers without a fraction, as other writers of JSON have them.
  private static func text(_ value: Double) -> String {
    guard value.isFinite else { return "null" }
    return abs(value) < 1e15 && value == value.rounded()
      ? (value == 0 && value.sign == .minus ? "-0.0" : String(Int(value))) : value.description
  }
}

extension JSON: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// From `true` and `false`.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// From a whole number in the source.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// From a number with a fraction in the source.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// From a text in the source.
  public init(stringLiteral value: String) { self = .string(value) }
  /// From a list in the source.
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  /// From keys and values in the source, in their order.
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}
