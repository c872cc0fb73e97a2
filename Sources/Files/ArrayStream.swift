import Foundation

/// What the header of an array in a file says: type, shape, order, and where the elements start.
package struct ArrayHeader: Sendable {
  package var elementType: ElementType
  package var shape: [Int]
  package var isBigEndian = false
  package var isFortranOrder = false
  /// Where the elements start in the file, when it is not compressed.
  package var offset: Int
}

/// An array in a file, plain or compressed: its header, then its elements block by block.
///
/// ```swift
/// let stream = try Npy.open("u.npy.gz")
/// while let block = try stream.block(1 << 20) { … }   // throws when the data are cut off or corrupt
/// ```
package final class ArrayStream {
  package let header: ArrayHeader
  /// Whether the elements lie in the file itself, at `header.offset`.
  package let isPlain: Bool
  private var reader: ByteReader
  private var left: Int
  private let verify: () throws -> Void

  init(
    _ header: ArrayHeader, _ reader: ByteReader, isPlain: Bool,
    verify: @escaping () throws -> Void = {}
  ) throws {
    guard let count = NumericArray.count(of: header.shape),
      count <= Int.max / header.elementType.size
    else {
      throw reader.failure(
        "the product of the shape is more than memory can hold", "shape", offset: header.offset,
        remedy: "copy or create the file again")
    }
    (self.header, self.reader, self.isPlain, self.verify) = (header, reader, isPlain, verify)
    left = count * header.elementType.size
    guard left <= reader.bound else {
      throw reader.truncated("elements", needs: left, holds: "at most \(max(0, reader.bound)) can")
    }
  }

  /// The next bytes of the elements, at most `size`; nil behind the last, when the file ends as it should.
  /// - Throws: `Failure` when the data are cut off, corrupt, or followed by others.
  package func block(_ size: Int) throws -> Data? {
    guard left > 0 else {
      try reader.expectEnd()
      try verify()
      return nil
    }
    let count = min(size, left)
    left -= count
    return try reader.bytes(count, field: "elements")
  }
}

extension Npy {
  /// An array as a stream; a gzipped file is inflated as it is read.
  package static func open(_ path: String) throws -> ArrayStream {
    var reader = try Gzip.reader(path)
    return try open(&reader, isPlain: try !Gzip.isCompressed(path))
  }

  static func open(
    _ reader: inout ByteReader, isPlain: Bool, verify: @escaping () throws -> Void = {}
  ) throws -> ArrayStream {
    let header = try NpyHeader.read(&reader)
    return try ArrayStream(
      ArrayHeader(
        elementType: header.elementType, shape: header.shape, isBigEndian: header.isBigEndian,
        isFortranOrder: header.isFortranOrder, offset: reader.offset), reader, isPlain: isPlain,
      verify: verify)
  }
}

extension Npz {
  /// The names of the arrays, without `.npy`.
  package static func names(_ path: String) throws -> [String] {
    try ZipArchive.members(of: InputFile(path)).map { name(of: $0) }
  }

  /// An array as a stream, inflated as it is read.
  /// - Throws: `Failure` listing the arrays when there is none of this name.
  package static func open(_ path: String, array name: String) throws -> ArrayStream {
    let file = try InputFile(path)
    let members = try ZipArchive.members(of: file)
    guard let member = members.first(where: { self.name(of: $0) == name }) else {
      let known = members.map { self.name(of: $0) }
      throw Failure(
        "there is no array '\(name)'", at: path,
        remedy: "give one of \(known.prefix(20).joined(separator: ", "))")
    }
    let shown = "\(path)/\(member.name.quoted)"
    let contents = try ZipArchive.open(member, of: file, name: shown)
    var reader = ByteReader(contents, name: shown)
    return try Npy.open(&reader, isPlain: false, verify: contents.verify)
  }

  private static func name(of member: ZipArchive.Member) -> String {
    member.name.hasSuffix(".npy") ? String(member.name.dropLast(4)) : member.name
  }
}

extension IDX {
  /// An array as a stream; a gzipped file is inflated as it is read.
  package static func open(_ path: String) throws -> ArrayStream {
    var reader = try Gzip.reader(path)
    let (type, shape) = try header(&reader)
    return try ArrayStream(
      ArrayHeader(elementType: type, shape: shape, isBigEndian: true, offset: reader.offset),
      reader, isPlain: try !Gzip.isCompressed(path))
  }
}

extension Safetensors {
  /// What a file holds: the arrays by name, with where each lies in the file.
  package static func layout(_ path: String) throws -> [(name: String, header: ArrayHeader)] {
    var reader = ByteReader(try InputFile(path), name: path)
    let tensors = try Header.read(&reader).tensors
    return tensors.map {
      (
        $0.name,
        ArrayHeader(
          elementType: $0.elementType, shape: $0.shape,
          offset: reader.offset + $0.range.lowerBound)
      )
    }
  }
}
