import Foundation

extension ZipArchive {
  /// Writes an archive member by member. Dates are 1980-01-01, so that equal contents make equal
  /// files.
  struct Writer {
    private let file: OutputFile
    private let path: String
    private var offset = 0
    private var directory = Data()
    private var count = 0

    init(_ file: OutputFile, path: String) {
      self.file = file
      self.path = path
    }

    mutating func add(_ name: String, _ parts: [Data], compressed: Bool) throws {
      var checksum = CRC32()
      for part in parts { checksum.update(part) }
      let stored = compressed ? [try Deflater.deflate(parts, format: .raw)] : parts
      let storedCount = stored.reduce(0) { $0 + $1.count }
      let member = Member(
        name: name, isDeflated: compressed, checksum: checksum.value,
        compressedCount: storedCount, count: parts.reduce(0) { $0 + $1.count }, offset: offset)

      let header = try fields(of: member)
      var local = Data()
      local.append(littleEndian: Signature.local)
      local += header
      local.append(littleEndian: UInt16(0))  // no extra field
      local += name.utf8
      try write(local)
      for part in stored { try write(part) }

      directory.append(littleEndian: Signature.central)
      directory.append(littleEndian: UInt16(20))  // made by version 2.0
      directory += header
      // No extra field, no comment, first volume, no attributes.
      directory += Data(repeating: 0, count: 12)
      directory.append(littleEndian: UInt32(member.offset))
      directory += name.utf8
      count += 1
    }

    /// Writes the directory.
    mutating func finish() throws {
      let start = try narrow(offset)
      let size = try narrow(directory.count)
      guard let count = UInt16(exactly: count) else { throw tooLarge() }
      try write(directory)
      var end = Data()
      end.append(littleEndian: Signature.end)
      end += Data(repeating: 0, count: 4)
      end.append(littleEndian: count)
      end.append(littleEndian: count)
      end.append(littleEndian: size)
      end.append(littleEndian: start)
      end.append(littleEndian: UInt16(0))
      try write(end)
    }

    /// What local header and directory have in common: version 2.0, flags (UTF-8 names), method,
    /// date, checksum, sizes and the name's length.
    private func fields(of member: Member) throws -> Data {
      guard let nameCount = UInt16(exactly: member.name.utf8.count) else { throw tooLarge() }
      var result = Data()
      result.append(littleEndian: UInt16(20))
      result.append(littleEndian: UInt16(1 << 11))
      result.append(littleEndian: UInt16(member.isDeflated ? 8 : 0))
      result.append(littleEndian: UInt32(0x0021_0000))
      result.append(littleEndian: member.checksum)
      result.append(littleEndian: try narrow(member.compressedCount))
      result.append(littleEndian: try narrow(member.count))
      _ = try narrow(member.offset)
      result.append(littleEndian: nameCount)
      return result
    }

    private mutating func write(_ data: Data) throws {
      try file.write(data)
      offset += data.count
    }

    private func narrow(_ value: Int) throws -> UInt32 {
      guard let result = UInt32(exactly: value), result < .max else { throw tooLarge() }
      return result
    }

    private func tooLarge() -> Failure {
      Failure(
        "the arrays are more than an npz file without zip64 holds (4 GiB)", at: path,
        remedy: "write each to an npy file")
    }
  }
}
