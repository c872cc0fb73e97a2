import Foundation

/// The part of JSON that a safetensors header uses: objects, strings and lists of non-negative
/// integers, read strictly and without recursion of unbounded depth. Unlike Foundation's reader it
/// keeps the order of keys and sees repeated ones.
struct JSONText {
  struct Malformed: Error {
    var what: String
    var position: Int
  }

  private let text: [UInt8]
  private var position = 0

  init(_ text: Data) { self.text = Array(text) }

  var peek: UInt8? { position < text.count ? text[position] : nil }

  /// Reads an object, calling `member` at each value with its key.
  mutating func object(_ member: (inout JSONText, String) throws -> Void) throws {
    try expect("{")
    if take("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try member(&self, key)
    } while take(",")
    try expect("}")
  }

  /// Reads a list of integers from 0 to `Int.max`.
  mutating func integers() throws -> [Int] {
    var result: [Int] = []
    try expect("[")
    if take("]") { return [] }
    repeat {
      skipSpace()
      let digits = text[position...].prefix { (0x30...0x39).contains($0) }
      guard let value = Int(String(decoding: digits, as: UTF8.self)),
        digits.count == 1 || digits.first != 0x30
      else { throw malformed("a list holds something else than integers from 0 to \(Int.max)") }
      position += digits.count
      result.append(value)
    } while take(",")
    try expect("]")
    return result
  }

  mutating func string() throws -> String {
    try expect("\"")
    var bytes: [UInt8] = []
    while let byte = peek, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw malformed("a string holds a control character") }
      position += 1
      if byte == UInt8(ascii: "\\") {
        bytes += String(try escape()).utf8
      } else {
        bytes.append(byte)
      }
    }
    try expect("\"")
    guard let string = String(validating: bytes, as: UTF8.self) else {
      throw malformed("a string is not UTF-8")
    }
    return string
  }

  private mutating func escape() throws -> Character {
    guard let byte = peek else { throw malformed("a string has no end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
      return Character(Unicode.Scalar(byte))
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return Character(try codePoint())
    default: throw malformed("a string holds an unknown escape")
    }
  }

  /// `XXXX` or, for a surrogate pair, `XXXX\uXXXX`.
  private mutating func codePoint() throws -> Unicode.Scalar {
    let first = try fourDigits()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard (0xD800..<0xDC00).contains(first), text[position...].starts(with: "\\u".utf8) else {
      throw malformed("a string holds half a surrogate pair")
    }
    position += 2
    let second = try fourDigits()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw malformed("a string holds half a surrogate pair") }
    return scalar
  }

  private mutating func fourDigits() throws -> UInt32 {
    let digits = text[position...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw malformed("a \\u escape lacks four digits") }
    position += 4
    return value
  }

  /// Only white space may follow.
  mutating func expectEnd() throws {
    skipSpace()
    guard position == text.count else { throw malformed("text follows the object") }
  }

  func malformed(_ what: String) -> Malformed {
    Malformed(what: "the header is malformed: \(what.printable(300))", position: position)
  }

  private mutating func skipSpace() {
    while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar) throws {
    guard take(character) else { throw malformed("'\(character)' is missing") }
  }

  /// A string as JSON writes it.
  static func quoted(_ string: String) -> String {
    var result = "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
