import Foundation
import Testing

@testable import Files

@Suite struct FileChecksumTests {
  /// CRC-32 of "123456789" is the check value of the algorithm's catalogue.
  @Test func aFileIsKnownByItsContent() throws {
    let scratch = try Scratch()
    let path = "\(scratch.path)/a"
    try Data("123456789".utf8).write(to: URL(fileURLWithPath: path))
    #expect(try FileChecksum.of(path) == FileChecksum(bytes: 9, crc32: 0xcbf4_3926))
    #expect(throws: Failure.self) { try FileChecksum.of("\(scratch.path)/none") }
  }

  /// Of a large file only blocks are read; a change in the first, in the last, or anywhere with `whole`, is noticed.
  @Test func blocksStandForALargeFile() throws {
    let scratch = try Scratch()
    let path = "\(scratch.path)/a"
    let size = FileChecksum.block * FileChecksum.blocks + 12_345_678
    try Data().write(to: URL(fileURLWithPath: path))
    let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    try file.truncate(atOffset: UInt64(size))
    func sum(_ whole: Bool) throws -> FileChecksum {
      try FileChecksum.of(path, whole: whole, largestWhole: 1 << 20)
    }
    let (blocks, all) = (try sum(false), try sum(true))
    #expect(try blocks == sum(false) && all.bytes == size)
    let between = FileChecksum.block + 5000  // The second block begins about 12 kB later.
    for (place, isSeen) in [(0, true), (size - 1, true), (between, false)] {
      try file.seek(toOffset: UInt64(place))
      try file.write(contentsOf: Data([1]))
      #expect(try (sum(false) != blocks) == isSeen, "\(place)")
      #expect(try sum(true) != all)
      try file.seek(toOffset: UInt64(place))
      try file.write(contentsOf: Data([0]))
      #expect(try sum(false) == blocks && sum(true) == all)
    }
  }

  @Test func aFolderIsKnownByItsFiles() throws {
    let scratch = try Scratch()
    func write(_ name: String, _ text: String) throws {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/\(name)"))
    }
    try write("a", "one")
    try write("b", "two")
    let before = try FileChecksum.of(scratch.path)
    #expect(before.bytes == 6)
    try write("b", "owt")
    #expect(try FileChecksum.of(scratch.path) != before)
    try write("b", "two")
    #expect(try FileChecksum.of(scratch.path) == before)
    try write("c", "")
    #expect(try FileChecksum.of(scratch.path) != before)
  }
}
