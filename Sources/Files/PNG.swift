import Foundation

/// PNG images of 8-bit grey or RGB pixels.
///
/// ```swift
/// let png = try PNG.encode(pixels, width: 280, height: 28)            // grey
/// try AtomicFile.write(png, to: "samples.png")
/// ```
public enum PNG {
  /// What a pixel holds, by PNG's number for it: one byte of grey, or three of red, green and blue.
  public enum Colour: UInt8, Sendable {
    /// One byte a pixel, 0 black.
    case grey = 0
    /// Three bytes a pixel.
    case rgb = 2
    var channels: Int { self == .grey ? 1 : 3 }
  }

  /// The file of an image whose `pixels` are rows from top to bottom, `height × width × channels`.
  /// - Throws: `Failure` when zlib cannot compress, for want of memory.
  public static func encode(
    _ pixels: [UInt8], width: Int, height: Int, colour: Colour = .grey
  ) throws -> Data {
    let stride = width * colour.channels
    require(
      width > 0 && height > 0 && pixels.count == height * stride,
      "\(pixels.count) pixel values are not a \(height) × \(width) image of \(colour)")
    var rows = Data(capacity: height * (stride + 1))
    for row in 0..<height {
      rows.append(0)  // Filter "none": best for the flat areas of image grids.
      rows.append(contentsOf: pixels[row * stride..<(row + 1) * stride])
    }
    var header = Data()
    header.append(bigEndian: UInt32(width))
    header.append(bigEndian: UInt32(height))
    header.append(contentsOf: [8, colour.rawValue, 0, 0, 0])
    return Data([0x89] + "PNG\r\n\u{1A}\n".utf8) + chunk("IHDR", header)
      + chunk("IDAT", try Deflater.deflate([rows], format: .zlib)) + chunk("IEND", Data())
  }

  /// Length, type, contents, and the CRC-32 of type and contents.
  private static func chunk(_ type: String, _ contents: Data) -> Data {
    var checksum = CRC32()
    checksum.update(Data(type.utf8))
    checksum.update(contents)
    var result = Data()
    result.append(bigEndian: UInt32(contents.count))
    result += type.utf8 + contents
    result.append(bigEndian: checksum.value)
    return result
  }
}
