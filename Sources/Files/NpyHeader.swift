import Foundation

/// What stands before the elements of an `.npy` file.
struct NpyHeader {
  var elementType: ElementType
  var isBigEndian = false
  var isFortranOrder = false
  var shape: [Int]
  /// Where the dictionary starts in the file.
  var offset = 10

  /// Longer headers hold records, which are rejected in any case, or nothing sensible.
  static let maximalLength = 1 << 16

  /// Reads magic number, version, length and dictionary.
  static func read(_ reader: inout ByteReader) throws -> NpyHeader {
    let magic = try reader.bytes(min(Npy.magic.count, max(reader.bound, 1)), field: "magic number")
    guard Array(magic) == Npy.magic else {
      throw reader.failure(
        "this is not an npy file", "magic number", offset: 0,
        remedy: "save the array with numpy.save")
    }
    let version = try reader.integer(UInt8.self, field: "version")
    _ = try reader.integer(UInt8.self, field: "version")
    guard (1...3).contains(version) else {
      throw reader.failure(
        "version \(version) of the npy format is unknown", "version", offset: 6,
        remedy: "save the array with numpy.save")
    }
    let length =
      version == 1
      ? Int(try reader.integer(UInt16.self, field: "header length"))
      : Int(try reader.integer(UInt32.self, field: "header length"))
    guard length <= maximalLength else {
      throw reader.failure(
        "a header of \(length) bytes is absurd", "header length", offset: 8,
        remedy: "save the array with numpy.save")
    }
    let offset = reader.offset
    let text = try reader.bytes(length, field: "header")
    do {
      var parser = PythonDictionaryParser(text)
      var header = try parser.header()
      header.offset = offset
      return header
    } catch let error as PythonDictionaryParser.Rejection {
      throw reader.failure(
        error.what, error.field, offset: offset + error.position, remedy: error.remedy)
    }
  }

  /// The type codes that NumPy writes for `ElementType`s.
  static let codes: [String: ElementType] = [
    "b1": .bool, "u1": .uint8, "u2": .uint16, "u4": .uint32, "u8": .uint64,
    "i1": .int8, "i2": .int16, "i4": .int32, "i8": .int64,
    "f2": .float16, "f4": .float32, "f8": .float64,
  ]

  /// Magic number, version 1, length and dictionary, padded so that the elements start at a
  /// multiple of 64 bytes, as NumPy does.
  var encoded: Data {
    guard let code = Self.codes.first(where: { $0.value == elementType })?.key else {
      // A programmer's error: `Npy.parts` writes bfloat16, the only such type, as float32.
      fatalError("NumPy has no elements of type \(elementType)")
    }
    let order = elementType.size == 1 ? "|" : "<"
    let extents = shape.map { "\($0), " }.joined()
    let tuple = shape.count == 1 ? "(\(shape[0]),)" : "(\(extents.dropLast(2)))"
    let fields = "{'descr': '\(order)\(code)', 'fortran_order': False, 'shape': \(tuple), }"
    let padding = 63 - (10 + fields.utf8.count) % 64
    let header = fields + String(repeating: " ", count: padding) + "\n"
    let length = UInt16(header.utf8.count)
    return Data(Npy.magic + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + header.utf8)
  }
}

/// Reads the Python literal of an npy header:
/// `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`.
struct PythonDictionaryParser {
  /// Why a header is rejected, and where in it.
  struct Rejection: Error {
    var what: String
    var field: String
    var position: Int
    var remedy: String
  }

  private let text: [UInt8]
  private var position = 0

  init(_ text: Data) { self.text = Array(text) }

  mutating func header() throws -> NpyHeader {
    var type: (element: ElementType, isBigEndian: Bool)?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try expect("{")
    while !take("}") {
      let start = position
      let key = try string(field: "header")
      try expect(":")
      switch key {
      case "descr" where type == nil: type = try elementType()
      case "fortran_order" where isFortranOrder == nil: isFortranOrder = try boolean()
      case "shape" where shape == nil: shape = try tuple()
      default: throw malformed("the key '\(key)' is repeated or unknown", at: start)
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard position == text.count else { throw malformed("text follows the dictionary") }
    guard let type, let isFortranOrder, let shape else {
      throw malformed("'descr', 'fortran_order' or 'shape' is missing", at: 0)
    }
    return NpyHeader(
      elementType: type.element, isBigEndian: type.isBigEndian, isFortranOrder: isFortranOrder,
      shape: shape)
  }

  private mutating func elementType() throws -> (ElementType, Bool) {
    skipSpace()
    let start = position
    guard peek != UInt8(ascii: "[") else {
      throw unsupported("records (a structured dtype)", at: start)
    }
    let code = try string(field: "descr")
    let letters = code.drop { "<>|=".contains($0) }
    if letters.count + 1 == code.count || letters.count == code.count,
      let type = NpyHeader.codes[String(letters)]
    {
      return (type, code.first == ">")
    }
    switch letters.first {
    case "O": throw unsupported("Python objects", at: start)
    case "c": throw unsupported("complex numbers", at: start)
    case "S", "U", "a": throw unsupported("text", at: start)
    case "M", "m": throw unsupported("dates", at: start)
    default: throw unsupported("elements of the unknown type '\(code)'", at: start)
    }
  }

  private mutating func boolean() throws -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)]
    where text[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw malformed("'fortran_order' is neither True nor False", field: "fortran_order")
  }

  private mutating func tuple() throws -> [Int] {
    var extents: [Int] = []
    try expect("(", field: "shape")
    while !take(")") {
      extents.append(try integer())
      _ = take("L")  // Python 2 wrote long integers so.
      if !take(",") {
        try expect(")", field: "shape")
        break
      }
    }
    // NumPy has at most 64 axes.
    guard extents.count <= 64 else { throw malformed("more than 64 axes", field: "shape") }
    return extents
  }

  private mutating func integer() throws -> Int {
    skipSpace()
    let digits = text[position...].prefix { (0x30...0x39).contains($0) }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw malformed("an extent is not an integer from 0 to \(Int.max)", field: "shape")
    }
    position += digits.count
    return value
  }

  private mutating func string(field: String) throws -> String {
    skipSpace()
    guard let quote = peek, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw malformed("a quoted word is missing", field: field)
    }
    let start = position + 1
    guard let end = text[start...].firstIndex(of: quote), end - start <= 64 else {
      throw malformed("a quoted word has no end", field: field)
    }
    guard text[start..<end].allSatisfy({ (0x20..<0x7F).contains($0) }) else {
      throw malformed("a quoted word is not plain text", field: field)
    }
    position = end + 1
    return String(decoding: text[start..<end], as: UTF8.self)
  }

  private var peek: UInt8? { position < text.count ? text[position] : nil }

  private mutating func skipSpace() {
    while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ character: Unicode.Scalar, field: String = "header") throws {
    guard take(character) else { throw malformed("'\(character)' is missing", field: field) }
  }

  private func malformed(
    _ what: String, field: String = "header", at start: Int? = nil
  ) -> Rejection {
    Rejection(
      what: "the header is malformed: \(what)", field: field, position: start ?? position,
      remedy: "save the array with numpy.save")
  }

  private func unsupported(_ what: String, at start: Int) -> Rejection {
    Rejection(
      what: "the array holds \(what)", field: "descr", position: start,
      remedy: "save numbers: array.astype('float32')")
  }
}
