import CZlib
import Foundation

/// Inflates a compressed source as it is read: a gzip file of one or more members, or a raw deflate
/// stream as zip archives hold it. zlib checks gzip's lengths and CRC-32.
final class Inflater: ByteSource {
  enum Format { case gzip, raw }

  let bound: Int
  private let source: any ByteSource
  private let name: String
  private let format: Format
  // On the heap, for zlib keeps the stream's address.
  private let stream: UnsafeMutablePointer<z_stream>
  private let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
  private var consumed = 0
  private var hasEnded = false

  /// - Parameter promised: the bytes that come out, where a directory says so; no header inside may claim more.
  init(_ source: any ByteSource, format: Format, name: String, promised: Int = .max) throws {
    self.source = source
    self.format = format
    self.name = name
    // Deflate spends at least 2 bits on 258 bytes: it expands at most 1032 times.
    bound = min(Memory.bytes([source.bound], of: 1032), promised)
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let windowBits: Int32 = format == .gzip ? 15 + 16 : -15
    let size = Int32(MemoryLayout<z_stream>.size)
    guard inflateInit2_(stream, windowBits, ZLIB_VERSION, size) == Z_OK else {
      throw Failure("cannot start zlib", at: name, remedy: "free some memory")
    }
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
    chunk.deallocate()
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var done = 0
    // With an empty buffer nothing could be told of the stream's end.
    while done < buffer.count {
      if hasEnded {
        guard try startNextMember() else { break }
      }
      if stream.pointee.avail_in == 0 { try fill() }
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let space = min(rest.count, 1 << 30)  // avail_out has 32 bits
      stream.pointee.next_out = rest.bindMemory(to: UInt8.self).baseAddress
      stream.pointee.avail_out = UInt32(space)
      let status = inflate(stream, Z_NO_FLUSH)
      done += space - Int(stream.pointee.avail_out)
      try check(status)
    }
    return done
  }

  private func check(_ status: Int32) throws {
    switch status {
    case Z_STREAM_END: hasEnded = true
    case Z_OK: break
    case Z_BUF_ERROR where stream.pointee.avail_in == 0: try fill()
    default:
      let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)"
      throw failure("the compressed data is corrupt: \(reason)")
    }
  }

  /// Takes the next compressed bytes; throws when there are none though the stream goes on.
  private func fill() throws {
    let count = try source.read(into: chunk)
    guard count > 0 else { throw failure("the compressed data is truncated") }
    stream.pointee.next_in = chunk.bindMemory(to: UInt8.self).baseAddress
    stream.pointee.avail_in = UInt32(count)
    consumed += count
  }

  /// Goes on with a gzip file's next member, if bytes follow the last.
  private func startNextMember() throws -> Bool {
    if stream.pointee.avail_in == 0 {
      let count = try source.read(into: chunk)
      if count == 0 { return false }
      stream.pointee.next_in = chunk.bindMemory(to: UInt8.self).baseAddress
      stream.pointee.avail_in = UInt32(count)
      consumed += count
    }
    guard format == .gzip, stream.pointee.next_in[0] == 0x1f else {
      throw failure("extra bytes follow the compressed data")
    }
    inflateReset(stream)
    hasEnded = false
    return true
  }

  private func failure(_ what: String) -> Failure {
    Failure(
      what, at: "\(name) (compressed offset \(consumed - Int(stream.pointee.avail_in)))",
      remedy: "download or copy the file again")
  }
}

/// Gzip files: MNIST's are.
public enum Gzip {
  /// A file's bytes, inflated when it starts with gzip's magic number and as they are otherwise.
  static func reader(_ path: String) throws -> ByteReader {
    let file = try InputFile(path)
    var start: [UInt8] = [0, 0]
    _ = try start.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
    guard isGzip(start) else { return ByteReader(file, name: path) }
    return ByteReader(try Inflater(file, format: .gzip, name: path), name: path)
  }

  /// Whether a file is compressed so.
  package static func isCompressed(_ path: String) throws -> Bool {
    isGzip(Array(try FileHead.read(path, count: 2)))
  }

  /// The first bytes of what a file holds, inflated where it is compressed.
  package static func head(_ path: String, count: Int) throws -> [UInt8] {
    var reader = try reader(path)
    return [UInt8](try reader.bytes(upTo: count))
  }

  static func isGzip(_ start: [UInt8]) -> Bool { start == [0x1f, 0x8b] }
}
