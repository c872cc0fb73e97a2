import CZlib
import Foundation

/// Deflate in one of its three wrappings.
enum Deflater {
  enum Format: Int32 { case raw = -15, zlib = 15, gzip = 31 }

  /// The compressed bytes, the same for the same input and zlib.
  static func deflate(_ parts: [Data], format: Format) throws -> Data {
    var stream = z_stream()
    let size = Int32(MemoryLayout<z_stream>.size)
    guard
      deflateInit2_(
        &stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, format.rawValue, 8, Z_DEFAULT_STRATEGY,
        ZLIB_VERSION, size) == Z_OK
    else { throw Failure("cannot start zlib", remedy: "free some memory") }
    defer { deflateEnd(&stream) }

    var result = Data()
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    /// Compresses what `stream` has been given, and with Z_FINISH ends it.
    func drain(_ flush: Int32) {
      repeat {
        chunk.withUnsafeMutableBufferPointer { buffer in
          stream.next_out = buffer.baseAddress
          stream.avail_out = UInt32(buffer.count)
          _ = CZlib.deflate(&stream, flush)  // With room for output it cannot fail.
          result.append(contentsOf: buffer[..<(buffer.count - Int(stream.avail_out))])
        }
      } while stream.avail_out == 0
    }
    for part in parts {
      part.withUnsafeBytes { (raw: UnsafeRawBufferPointer) in
        // avail_in has 32 bits.
        for start in stride(from: 0, to: raw.count, by: 1 << 30) {
          let piece = UnsafeRawBufferPointer(
            rebasing: raw[start..<min(start + (1 << 30), raw.count)])
          stream.next_in = UnsafeMutablePointer(
            mutating: piece.bindMemory(to: UInt8.self).baseAddress)
          stream.avail_in = UInt32(piece.count)
          drain(Z_NO_FLUSH)
        }
      }
    }
    drain(Z_FINISH)
    return result
  }
}

/// CRC-32, as gzip, zip and PNG use it, of bytes that come in parts.
struct CRC32 {
  private(set) var value: UInt32 = 0

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    let start = bytes.bindMemory(to: UInt8.self).baseAddress
    guard let start else { return }  // zlib takes a null pointer as a call to begin anew.
    value = UInt32(truncatingIfNeeded: crc32_z(UInt(value), start, bytes.count))
  }

  mutating func update(_ data: Data) { data.withUnsafeBytes { update($0) } }
}
