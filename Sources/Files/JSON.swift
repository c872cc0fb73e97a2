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
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([Member])

  /// A key and its value.
  public struct Member: Equatable, Sendable {
    public let key: String
    public let value: JSON

    public init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }

  public static func array(_ values: [Double]) -> JSON { .array(values.map(JSON.number)) }
  public static func array(_ values: [Int]) -> JSON { .array(values.map(JSON.integer)) }
  public static func array(_ rows: [[Double]]) -> JSON { .array(rows.map(JSON.array)) }

  /// The value, or null when there is none.
  public static func optional(_ value: Double?) -> JSON { value.map(JSON.number) ?? .null }
  public static func optional(_ value: String?) -> JSON { value.map(JSON.string) ?? .null }

  /// The value in one line, without spaces.
  public var text: String {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the text as UTF-8; one buffer for all, since results hold matrices of a million numbers.
  private func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .integer(let value): bytes += String(value).utf8
    case .number(let value): bytes += Self.text(value).utf8
    case .string(let value): bytes += JSONText.quoted(value).utf8
    case .array(let values):
      Self.write(values, "[", "]", to: &bytes) { value, bytes in value.write(to: &bytes) }
    case .object(let members):
      Self.write(members, "{", "}", to: &bytes) { member, bytes in
        bytes += JSONText.quoted(member.key).utf8
        bytes.append(UInt8(ascii: ":"))
        member.value.write(to: &bytes)
      }
    }
  }

  private static func write<Item>(
    _ items: [Item], _ open: Unicode.Scalar, _ close: Unicode.Scalar, to bytes: inout [UInt8],
    _ body: (Item, inout [UInt8]) -> Void
  ) {
    bytes.append(UInt8(ascii: open))
    for (index, item) in items.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      body(item, &bytes)
    }
    bytes.append(UInt8(ascii: close))
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
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }
}
