import Foundation

/// NumPy's `.npy` files, versions 1 to 3: magic number, version, header length, a Python dictionary
/// that gives type, order and shape, and the elements.
///
/// ```swift
/// let features = try Npy.read("u.npy", requireFinite: true)
/// features.shape                                  // [10000, 512]
/// try Npy.write(NumericArray([1, 2, 3]), to: "v.npy")
/// ```
///
/// Big-endian and Fortran-ordered arrays are converted. Arrays of Python objects, records, text,
/// dates and complex numbers are rejected: the first would run code, the others are not numbers of
/// `ElementType`.
public enum Npy {
  /// Reads an array. With `requireFinite`, NaN and infinite values are a failure that names the
  /// first one's index.
  /// - Throws: `Failure` naming the file, the field and the offset of anything missing, damaged or rejected.
  public static func read(_ path: String, requireFinite: Bool = false) throws -> NumericArray {
    var reader = ByteReader(try InputFile(path), name: path)
    let array = try decode(&reader)
    if requireFinite { try array.requireFinite(name: path) }
    return array
  }

  /// Reads an array from a file's bytes; `name` stands for the file in failures.
  /// - Throws: `Failure` naming the field and the offset of anything missing, damaged or rejected.
  public static func decode(_ data: Data, name: String = "npy data") throws -> NumericArray {
    var reader = ByteReader(data, name: name)
    return try decode(&reader)
  }

  /// Writes an array, atomically, as a version 1 file. `bfloat16`, which NumPy does not have, is
  /// written as `float32`.
  /// - Throws: `Failure` when the file cannot be written.
  public static func write(
    _ array: NumericArray, to path: String, links: Links = .replaced
  ) throws {
    let parts = parts(of: array)
    try AtomicFile.write(to: path, links: links) { file in
      for part in parts { try file.write(part) }
    }
  }

  /// A file's header and elements.
  static func parts(of array: NumericArray) -> [Data] {
    let array =
      array.elementType == .bfloat16 ? NumericArray(array.floats(), shape: array.shape) : array
    return [NpyHeader(elementType: array.elementType, shape: array.shape).encoded, array.bytes]
  }

  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  static func decode(_ reader: inout ByteReader) throws -> NumericArray {
    let header = try NpyHeader.read(&reader)
    let type = header.elementType
    guard let count = NumericArray.count(of: header.shape), count <= Int.max / type.size else {
      throw reader.failure(
        "the product of the shape is more than memory can hold", "shape", offset: header.offset,
        remedy: "save the array with numpy.save")
    }
    var bytes = try reader.bytes(count * type.size, field: "elements")
    try reader.expectEnd()
    if header.isBigEndian { bytes.swapBytes(ofWidth: type.size) }
    if header.isFortranOrder {
      bytes = bytes.rowMajor(fromFortranOrder: header.shape, width: type.size)
    }
    return NumericArray(elementType: type, shape: header.shape, bytes: bytes)
  }
}
