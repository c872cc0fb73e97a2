import Files
import Foundation

/// Takes what a compressed or chunked format decodes, block by block, so that its rows can then be read in any
/// order: in memory up to a quarter of it, and beyond that in a scratch file (`ScratchFile`) that is gone with the
/// process.
///
/// Of processes of one machine that decode the same files (`ScratchSharing`) one writes the scratch file, which all map.
///
/// ```swift
/// let decoded = try DecodedRows(rowBytes: 4 * 512, expectedRows: 1_000_000)
/// for block in blocks { try block.withUnsafeBytes { try decoded.append($0) } }
/// let samples = try decoded.finish(elementType: .float32, shape: [512], name: "table.parquet:x")
/// ```
public final class DecodedRows {
  private let rowBytes: Int
  private let memoryLimit: Int
  private let expected: Int
  private var memory = Data()
  private var scratch: ScratchFile?
  private let sharing = ScratchSharing.current
  /// The bytes that another process writes down.
  private var elsewhere: Int?

  /// - Parameters:
  ///   - rowBytes: the bytes of a row.
  ///   - expectedRows: how many rows will come, as far as is known; a number that proves wrong does no harm.
  ///   - memoryLimit: what is longer goes to a scratch file.
  /// - Throws: `Failure` when a scratch file is needed and the disk has not the room.
  public init(rowBytes: Int, expectedRows: Int? = nil, memoryLimit: Int = Memory.limit / 4) throws {
    let (expected, overflow) = (expectedRows ?? 0).multipliedReportingOverflow(by: rowBytes)
    self.expected = overflow ? .max : expected
    self.rowBytes = rowBytes
    self.memoryLimit = min(memoryLimit, sharing?.memory ?? .max)
    if self.expected > self.memoryLimit { try moveToDisk(expecting: self.expected) }
  }

  /// What comes from now on goes to the disk.
  private func moveToDisk(expecting count: Int) throws {
    if let sharing, !sharing.writes {
      elsewhere = memory.count
    } else {
      let file = try ScratchFile(expecting: count)
      try memory.withUnsafeBytes { try file.write($0) }
      scratch = file
    }
    memory = Data()
  }

  /// Adds bytes: better many rows at a time than one.
  /// - Throws: `Failure` when the disk is full.
  public func append(_ bytes: UnsafeRawBufferPointer) throws {
    if scratch == nil, elsewhere == nil, memory.count + bytes.count > memoryLimit {
      try moveToDisk(expecting: max(expected, memory.count + bytes.count))
    }
    if let known = elsewhere {
      elsewhere = known + bytes.count
    } else if let scratch {
      try scratch.write(bytes)
    } else {
      memory.append(contentsOf: bytes)
    }
  }

  /// All the bytes; nothing can be added any more.
  /// - Throws: `Failure` when what lies on the disk cannot be read.
  public func finish() throws -> any StoredBytes {
    if let elsewhere, let sharing {
      let mapped = try MappedFile(sharing.told(""))
      _ = sharing.told("")
      guard mapped.count == elsewhere else {
        throw Failure(
          "another process decoded \(mapped.count) bytes where this one decoded \(elsewhere)",
          remedy: "leave the data as they are while they are in use")
      }
      return mapped
    }
    guard let scratch else { return memory }
    if let sharing {
      try scratch.whileOpen {
        _ = sharing.told($0)
        _ = sharing.told("")
      }
    }
    return try scratch.mapped()
  }

  /// All the bytes as samples of a shape, row-major and in this machine's byte order.
  /// - Throws: `Failure` when they are not whole rows.
  public func finish(elementType: ElementType, shape: [Int], name: String) throws -> StoredRows {
    let bytes = try finish()
    guard rowBytes > 0, bytes.count % rowBytes == 0 else {
      throw Failure(
        "\(bytes.count) bytes were decoded, not whole rows of \(rowBytes)", at: name,
        remedy: "copy or create the file again")
    }
    return try StoredRows(
      bytes, elementType: elementType, shape: [bytes.count / rowBytes] + shape, name: name)
  }
}
