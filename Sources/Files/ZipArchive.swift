import Foundation

/// The part of the zip format that `.npz` files use: members stored or deflated, not encrypted, in
/// one volume. Archives beyond 4 GiB (zip64) are read, not written.
enum ZipArchive {
  struct Member {
    var name: String
    var isDeflated: Bool
    var checksum: UInt32
    var compressedCount: Int
    var count: Int
    /// Where its local header starts.
    var offset: Int
  }

  enum Signature {
    static let local: UInt32 = 0x0403_4b50
    static let central: UInt32 = 0x0201_4b50
    static let end: UInt32 = 0x0605_4b50
    static let end64: UInt32 = 0x0606_4b50
    static let locator64: UInt32 = 0x0706_4b50
  }

  static let remedy = "save the arrays again with numpy.savez"

  /// The contents of a member, inflated as they are read.
  static func open(_ member: Member, of file: InputFile, name: String) throws -> ChecksumSource {
    var local = ByteReader(FileSlice(file, from: member.offset, count: 30), name: name)
    guard try local.integer(UInt32.self, field: "local header") == Signature.local else {
      throw local.failure(
        "the member is not where the directory says", "local header", offset: member.offset,
        remedy: remedy)
    }
    _ = try local.bytes(22, field: "local header")
    let nameLength = try local.integer(UInt16.self, field: "local header")
    let extraLength = try local.integer(UInt16.self, field: "local header")
    let start = member.offset + 30 + Int(nameLength) + Int(extraLength)
    let slice = FileSlice(file, from: start, count: member.compressedCount)
    let contents: any ByteSource =
      member.isDeflated
      ? try Inflater(slice, format: .raw, name: name, promised: member.count) : slice
    return ChecksumSource(contents, expected: member.checksum, name: name)
  }

  /// The members that the directory at the archive's end names.
  static func members(of file: InputFile) throws -> [Member] {
    let (count, offset) = try directory(of: file)
    let slice = FileSlice(file, from: offset, count: file.bound - offset)
    var reader = ByteReader(slice, name: file.path)
    var members: [Member] = []
    // No capacity is reserved: the count may be any number until the members have been read.
    for _ in 0..<count { members.append(try member(&reader)) }
    return members
  }

  private static func member(_ reader: inout ByteReader) throws -> Member {
    let field = "zip directory"
    guard try reader.integer(UInt32.self, field: field) == Signature.central else {
      throw reader.failure("the zip directory is damaged", field, remedy: remedy)
    }
    _ = try reader.bytes(4, field: field)
    let flags = try reader.integer(UInt16.self, field: field)
    let method = try reader.integer(UInt16.self, field: field)
    _ = try reader.bytes(4, field: field)
    let checksum = try reader.integer(UInt32.self, field: field)
    let compressedCount = try reader.integer(UInt32.self, field: field)
    let count = try reader.integer(UInt32.self, field: field)
    let lengths = try (0..<3).map { _ in Int(try reader.integer(UInt16.self, field: field)) }
    _ = try reader.bytes(8, field: field)
    let offset = try reader.integer(UInt32.self, field: field)
    let name = String(decoding: try reader.bytes(lengths[0], field: field), as: UTF8.self)
    let extra = try reader.bytes(lengths[1], field: field)
    _ = try reader.bytes(lengths[2], field: field)
    guard flags & 1 == 0, method == 0 || method == 8 else {
      throw reader.failure(
        "the member '\(name.quoted)' is encrypted or compressed by method \(method)",
        field, remedy: remedy)
    }
    let values = try wide([count, compressedCount, offset], extra: extra, name: reader.name)
    return Member(
      name: name, isDeflated: method == 8, checksum: checksum, compressedCount: values[1],
      count: values[0], offset: values[2])
  }

  /// Numbers of the directory; those that read 0xFFFFFFFF stand in the zip64 field (id 1), in order.
  private static func wide(_ values: [UInt32], extra: Data, name: String) throws -> [Int] {
    guard values.contains(.max) else { return values.map(Int.init) }
    var reader = ByteReader(extra, name: name)
    while true {
      let id = try reader.integer(UInt16.self, field: "zip64 field")
      let length = try reader.integer(UInt16.self, field: "zip64 field")
      if id == 1 { break }
      _ = try reader.bytes(Int(length), field: "zip64 field")
    }
    return try values.map { $0 == .max ? try offset64(&reader) : Int($0) }
  }

  /// A 64-bit number that counts bytes of a file.
  private static func offset64(_ reader: inout ByteReader) throws -> Int {
    let value = try reader.integer(UInt64.self, field: "zip64 field")
    // Far above any file and far below overflow when added to.
    guard value < 1 << 60 else {
      throw reader.failure("the number \(value) is absurd", "zip64 field", remedy: remedy)
    }
    return Int(value)
  }

  /// The number of members and where the directory starts, from the record at the archive's end.
  private static func directory(of file: InputFile) throws -> (count: Int, offset: Int) {
    // The record is 22 bytes and a comment of at most 65,535.
    let start = max(0, file.bound - 22 - 0xFFFF)
    var tail = ByteReader(
      FileSlice(file, from: start, count: file.bound - start), name: file.path)
    let bytes = [UInt8](try tail.bytes(file.bound - start, field: "end of the archive"))
    let signature: [UInt8] = [0x50, 0x4b, 5, 6]
    guard bytes.count >= 22,
      let end = (0...bytes.count - 22).last(where: { bytes[$0..<$0 + 4].elementsEqual(signature) })
    else {
      throw Failure(
        "this is not a zip archive, or it is truncated", at: "\(file.path) (end of the archive)",
        remedy: remedy)
    }
    var reader = ByteReader(Data(bytes[end...]), name: file.path)
    _ = try reader.bytes(10, field: "end of the archive")
    let count = Int(try reader.integer(UInt16.self, field: "end of the archive"))
    _ = try reader.bytes(4, field: "end of the archive")
    let offset = Int(try reader.integer(UInt32.self, field: "end of the archive"))
    guard count == 0xFFFF || offset == 0xFFFF_FFFF else { return (count, offset) }
    return try directory64(of: file, end: start + end)
  }

  private static func directory64(of file: InputFile, end: Int) throws -> (Int, Int) {
    var locator = ByteReader(FileSlice(file, from: max(0, end - 20), count: 20), name: file.path)
    var isFound = try locator.integer(UInt32.self, field: "zip64 locator") == Signature.locator64
    _ = try locator.bytes(4, field: "zip64 locator")
    let offset = try offset64(&locator)
    var record = ByteReader(FileSlice(file, from: offset, count: 56), name: file.path)
    isFound = try isFound && record.integer(UInt32.self, field: "zip64 end") == Signature.end64
    guard isFound else {
      throw record.failure(
        "the zip64 record is damaged", "zip64 end", offset: offset, remedy: remedy)
    }
    _ = try record.bytes(28, field: "zip64 end")
    let count = try offset64(&record)
    _ = try record.bytes(8, field: "zip64 end")
    return (count, try offset64(&record))
  }
}

/// A source whose bytes must have a known CRC-32 in the end.
final class ChecksumSource: ByteSource {
  private let source: any ByteSource
  private let expected: UInt32
  private let name: String
  private var checksum = CRC32()

  init(_ source: any ByteSource, expected: UInt32, name: String) {
    self.source = source
    self.expected = expected
    self.name = name
  }

  var bound: Int { source.bound }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    let count = try source.read(into: buffer)
    checksum.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    return count
  }

  func verify() throws {
    guard checksum.value == expected else {
      throw Failure(
        "the data is corrupt: its checksum differs", at: name,
        remedy: "download or copy the file again")
    }
  }
}
