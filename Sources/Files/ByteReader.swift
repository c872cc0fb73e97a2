import Foundation

/// Where bytes come from, in order: a file, memory, or a compressed form of either.
protocol ByteSource: AnyObject {
  /// An upper bound on the bytes it holds in all, which no header may claim to exceed.
  var bound: Int { get }
  /// Fills `buffer` as far as bytes are left and returns how many it wrote.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// Bytes in memory.
final class MemorySource: ByteSource {
  private let data: Data
  private var position = 0

  init(_ data: Data) { self.data = data }

  var bound: Int { data.count }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, data.count - position)
    let start = data.startIndex + position
    data.copyBytes(
      to: buffer.bindMemory(to: UInt8.self), from: start..<start + count)
    position += count
    return count
  }
}

/// Reads a format field by field. Every failure names the file, the field and its offset, and no
/// memory is taken for bytes that the source cannot hold.
struct ByteReader {
  let name: String
  private let source: any ByteSource
  private(set) var offset = 0

  init(_ source: any ByteSource, name: String) {
    self.source = source
    self.name = name
  }

  init(_ data: Data, name: String) { self.init(MemorySource(data), name: name) }

  /// An upper bound on the bytes that follow; exact unless the source is compressed.
  var bound: Int { source.bound - offset }

  /// The next `count` bytes, in memory aligned for every element type.
  mutating func bytes(_ count: Int, field: String) throws -> Data {
    guard count <= bound else {
      throw truncated(field, needs: count, holds: "at most \(max(bound, 0)) can")
    }
    guard count > 0 else { return Data() }
    let remedy = "use a smaller file or a machine with more memory"
    if count > 1 << 26 {
      try Memory.require(
        count, for: "what it holds", at: .file(name, field: field, offset: offset), remedy: remedy)
    }
    guard let memory = malloc(count) else {
      throw failure("\(count) bytes of memory are not to be had", field, remedy: remedy)
    }
    // `Data` takes the memory over once it is filled: it copies and frees short memory at once.
    let read: Int
    do {
      read = try source.read(into: UnsafeMutableRawBufferPointer(start: memory, count: count))
    } catch {
      free(memory)
      throw error
    }
    let data = Data(bytesNoCopy: memory, count: count, deallocator: .free)
    guard read == count else { throw truncated(field, needs: count, holds: "\(read)") }
    offset += count
    return data
  }

  /// At most `count` bytes: as many as there are.
  mutating func bytes(upTo count: Int) throws -> Data {
    var buffer = [UInt8](repeating: 0, count: count)
    let read = try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
    offset += read
    return Data(buffer.prefix(read))
  }

  mutating func integer<T: FixedWidthInteger>(
    _ type: T.Type, bigEndian: Bool = false, field: String
  ) throws -> T {
    let data = try bytes(MemoryLayout<T>.size, field: field)
    let value = data.withUnsafeBytes { $0.loadUnaligned(as: T.self) }
    return bigEndian ? T(bigEndian: value) : T(littleEndian: value)
  }

  /// Throws when bytes are left.
  mutating func expectEnd() throws {
    var byte: UInt8 = 0
    let extra = try withUnsafeMutableBytes(of: &byte) { try source.read(into: $0) }
    guard extra == 0 else {
      throw failure(
        "extra bytes follow the data", "end", remedy: "check that the file is complete and unmixed")
    }
  }

  /// A failure at a field that starts at `offset`, or where the reader stands.
  func failure(
    _ what: String, _ field: String, offset: Int? = nil, remedy: String
  ) -> Failure {
    Failure(what, at: "\(name) (\(field), offset \(offset ?? self.offset))", remedy: remedy)
  }

  func truncated(_ field: String, needs: Int, holds: String) -> Failure {
    failure(
      "the file is truncated: \(needs) bytes are needed, \(holds) follow", field,
      remedy: "copy or create the file again")
  }
}
