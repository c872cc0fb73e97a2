import Foundation
import Testing

@testable import Files

struct IDXTests {
  @Test(arguments: arrays.filter { array in IDX.codes.contains { $0.type == array.elementType } })
  func `an array comes back as it was written, gzipped or not`(array: NumericArray) throws {
    let scratch = try Scratch()
    let path = try scratch.file("a.idx")
    try IDX.write(array, to: path)
    #expect(try IDX.read(path) == array)
    let gzipped = try scratch.file("a.idx.gz", gzip([UInt8](contents(path))))
    #expect(try IDX.read(gzipped) == array)
  }

  @Test(arguments: arrays.filter { array in !IDX.codes.contains { $0.type == array.elementType } })
  func `an array of a type that IDX does not have is refused`(array: NumericArray) throws {
    let path = try Scratch().file("a.idx")
    let failure = #expect(throws: Failure.self) { try IDX.write(array, to: path) }
    #expect(failure?.what == "IDX has no elements of type \(array.elementType)")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `numbers are big-endian`() throws {
    let data = Data([0, 0, 0x0B, 1, 0, 0, 0, 2, 0x01, 0x02, 0xFF, 0xFE])
    #expect(try IDX.decode(data) == NumericArray([0x0102, -2] as [Int16]))
  }

  @Test func `a gzip file may have several members, of any size`() throws {
    // More than the inflater's 256 KiB of input at a time: incompressible bytes of a seeded sequence.
    var state: UInt32 = 1
    let pixels = (0..<600_000).map { _ -> UInt8 in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
    let header: [UInt8] = [0, 0, 8, 2, 0, 0, 2, 0x58, 0, 0, 3, 0xE8]  // 600 × 1000
    let data =
      try gzip(header) + gzip(Array(pixels[..<300_001])) + gzip([])
      + gzip(Array(pixels[300_001...]))
    #expect(try IDX.decode(data) == NumericArray(pixels, shape: [600, 1000]))
  }
}
