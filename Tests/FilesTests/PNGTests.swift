import Foundation
import Testing

@testable import Files

struct PNGTests {
  @Test(arguments: [(PNG.Colour.grey, 5), (.rgb, 15)])
  func `an image's chunks hold its pixels`(colour: PNG.Colour, stride: Int) throws {
    let pixels = (0..<UInt8(stride * 4)).map { $0 &* 7 }
    let png = try PNG.encode(pixels, width: 5, height: 4, colour: colour)
    var reader = ByteReader(png, name: "png")
    #expect(try reader.bytes(8, field: "signature") == Data([137, 80, 78, 71, 13, 10, 26, 10]))

    let header = try chunk("IHDR", &reader)
    #expect([UInt8](header) == [0, 0, 0, 5, 0, 0, 0, 4, 8, colour == .grey ? 0 : 2, 0, 0, 0])
    // A zlib stream is a raw one between 2 bytes of header and 4 of checksum.
    let stream = try chunk("IDAT", &reader).dropFirst(2).dropLast(4)
    var rows = ByteReader(
      try Inflater(MemorySource(stream), format: .raw, name: "png"), name: "png")
    for row in 0..<4 {
      let expected = [0] + pixels[row * stride..<(row + 1) * stride]
      #expect(try [UInt8](rows.bytes(stride + 1, field: "row")) == expected)
    }
    try rows.expectEnd()
    #expect(try chunk("IEND", &reader).isEmpty)
    try reader.expectEnd()
  }

  /// The contents of the next chunk, its type and checksum checked.
  private func chunk(_ type: String, _ reader: inout ByteReader) throws -> Data {
    let count = Int(try reader.integer(UInt32.self, bigEndian: true, field: "length"))
    let bytes = try reader.bytes(4 + count, field: "chunk")
    #expect(bytes.prefix(4) == Data(type.utf8))
    #expect(try reader.integer(UInt32.self, bigEndian: true, field: "checksum") == crc(bytes))
    return bytes.dropFirst(4)
  }

  /// CRC-32 bit by bit, as the PNG specification defines it.
  private func crc(_ data: Data) -> UInt32 {
    ~data.reduce(~0) { value, byte in
      (0..<8).reduce(value ^ UInt32(byte)) { value, _ in
        value & 1 == 1 ? value >> 1 ^ 0xEDB8_8320 : value >> 1
      }
    }
  }
}
