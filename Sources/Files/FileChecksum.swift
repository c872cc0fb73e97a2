import Foundation

/// By what a file is known again: its size and a checksum of its content (CRC-32).
///
/// Of a file larger than 1 GB the checksum is of 1,024 blocks of 64 KB, evenly spaced from its first bytes, which
/// hold the header, to its last ones: a change elsewhere is not noticed. Of a folder it is of the names and
/// sizes of its files, and of their checksums: all of them, or 1,024 evenly spaced where they hold more than 1 GB.
///
/// ```swift
/// let before = try FileChecksum.of("u.npy")
/// try FileChecksum.of("u.npy") == before   // false once the file has changed
/// ```
public struct FileChecksum: Codable, Equatable, Sendable {
  /// The size in bytes; of a folder, the sum over its files.
  public let bytes: Int
  /// CRC-32 of the content, or of the blocks.
  public let crc32: UInt32

  /// Both in one line, by which a file is known again in another's metadata.
  public var text: String { "\(bytes) \(crc32)" }

  /// From a size in bytes and a CRC-32.
  public init(bytes: Int, crc32: UInt32) { (self.bytes, self.crc32) = (bytes, crc32) }

  /// Larger files are known by blocks.
  static let largestWhole = 1 << 30
  static let block = 1 << 16
  static let blocks = 1024

  /// - Parameter whole: reads all of a file, however large.
  /// - Throws: `Failure` when it cannot be read.
  public static func of(_ path: String, whole: Bool = false) throws -> FileChecksum {
    try of(path, whole: whole, largestWhole: largestWhole)
  }

  static func of(_ path: String, whole: Bool, largestWhole: Int) throws -> FileChecksum {
    if Folder.exists(path) {
      return try ofFolder(path, whole: whole, largestWhole: largestWhole)
    }
    let file = try MappedFile(path)
    let isWhole = whole || file.count <= largestWhole
    let ranges = ranges(file.count, whole: isWhole)
    // All blocks at once: a disk serves many requests in hardly more time than one.
    if !isWhole { ranges.forEach(file.willRead) }
    return try file.withBytes { bytes in
      var sum = CRC32()
      for range in ranges {
        if isWhole { file.willRead(range) }
        sum.update(UnsafeRawBufferPointer(rebasing: bytes[range]))
      }
      return FileChecksum(bytes: file.count, crc32: sum.value)
    }
  }

  /// What is read of a file.
  private static func ranges(_ size: Int, whole: Bool) -> [Range<Int>] {
    if whole {
      return stride(from: 0, to: size, by: 1 << 22).map { $0..<min($0 + 1 << 22, size) }
    }
    return (0..<blocks).map { place in
      let start = place * (size - block) / (blocks - 1)
      return start..<start + block
    }
  }

  private static func ofFolder(_ path: String, whole: Bool, largestWhole: Int) throws
    -> FileChecksum
  {
    let names = try Folder.names(in: path).filter { !$0.hasPrefix(".") }
    let sizes = names.map { size(of: "\(path)/\($0)") }
    let total = sizes.reduce(0, +)
    let step = whole || total <= largestWhole ? 1 : max(1, names.count / blocks)
    var sum = CRC32()
    for (place, name) in names.enumerated() {
      let content =
        place % step == 0
        ? try of("\(path)/\(name)", whole: whole, largestWhole: largestWhole).crc32 : 0
      sum.update(Data("\(name) \(sizes[place]) \(content)\n".utf8))
    }
    return FileChecksum(bytes: total, crc32: sum.value)
  }

  private static func size(of path: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return (attributes?[.size] as? NSNumber)?.intValue ?? 0
  }
}
