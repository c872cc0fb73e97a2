import Foundation

/// The IDX format of MNIST's files, gzipped or not: two zero bytes, an element code, the number of
/// axes, one big-endian 32-bit extent per axis, and the elements, row-major and big-endian.
///
/// ```swift
/// let images = try IDX.read("train-images-idx3-ubyte.gz")
/// images.shape          // [60000, 28, 28]
/// try images.uint8s()   // the pixels
/// ```
public enum IDX {
  /// Element codes, by element type.
  static let codes: [(code: UInt8, type: ElementType)] = [
    (0x08, .uint8), (0x09, .int8), (0x0B, .int16), (0x0C, .int32), (0x0D, .float32),
    (0x0E, .float64),
  ]

  /// Reads an IDX file, inflating it when its first bytes are gzip's.
  /// - Throws: `Failure` naming the file, the field and the offset of anything missing or damaged.
  public static func read(_ path: String) throws -> NumericArray {
    var reader = try Gzip.reader(path)
    return try decode(&reader)
  }

  /// Reads the bytes of an IDX file; `name` stands for the file in failures.
  /// - Throws: `Failure` naming the field and the offset of anything missing or damaged.
  public static func decode(_ data: Data, name: String = "IDX data") throws -> NumericArray {
    guard Gzip.isGzip([UInt8](data.prefix(2))) else {
      var reader = ByteReader(data, name: name)
      return try decode(&reader)
    }
    let inflater = try Inflater(MemorySource(data), format: .gzip, name: name)
    var reader = ByteReader(inflater, name: name)
    return try decode(&reader)
  }

  /// Writes an array as an IDX file, not compressed.
  /// - Throws: `Failure` for element types that IDX does not have, or when the file cannot be written.
  public static func write(_ array: NumericArray, to path: String) throws {
    try AtomicFile.write(encode(array), to: path)
  }

  static func encode(_ array: NumericArray) throws -> Data {
    guard let code = codes.first(where: { $0.type == array.elementType })?.code else {
      throw Failure(
        "IDX has no elements of type \(array.elementType)",
        remedy:
          "convert the array to \(codes.map(\.type.rawValue).joined(separator: ", ")), or write .npy"
      )
    }
    var data = Data([0, 0, code, UInt8(array.rank)])
    for extent in array.shape {
      data.append(bigEndian: UInt32(extent))
    }
    var elements = array.bytes
    elements.swapBytes(ofWidth: array.elementType.size)
    return data + elements
  }

  private static func decode(_ reader: inout ByteReader) throws -> NumericArray {
    let (type, shape) = try header(&reader)
    guard let count = NumericArray.count(of: shape), count <= Int.max / type.size else {
      throw reader.failure(
        "the product of the extents is more than memory can hold", "extents", offset: 4,
        remedy: "copy or create the file again")
    }
    var bytes = try reader.bytes(count * type.size, field: "elements")
    try reader.expectEnd()
    bytes.swapBytes(ofWidth: type.size)
    return NumericArray(elementType: type, shape: shape, bytes: bytes)
  }

  /// The type and the shape that a file begins with.
  static func header(_ reader: inout ByteReader) throws -> (ElementType, [Int]) {
    let magic = try reader.integer(UInt32.self, bigEndian: true, field: "magic number")
    let code = UInt8(magic >> 8 & 0xFF)
    guard magic >> 16 == 0, let type = codes.first(where: { $0.code == code })?.type else {
      throw reader.failure(
        "0x\(hexadecimal(magic)) is not the magic number of an IDX file", "magic number", offset: 0,
        remedy: "give an IDX file such as MNIST's")
    }
    let shape = try (0..<Int(magic & 0xFF)).map { axis in
      Int(try reader.integer(UInt32.self, bigEndian: true, field: "extent of axis \(axis)"))
    }
    return (type, shape)
  }

  /// Whether a file begins as one of this format does.
  package static func begins(_ head: [UInt8]) -> Bool {
    head.count >= 4 && head[0] == 0 && head[1] == 0 && codes.contains { $0.code == head[2] }
      && (1...8).contains(head[3])
  }

  private static func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
