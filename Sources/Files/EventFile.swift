import Foundation

/// A file of scalars over steps that TensorBoard reads.
///
/// It is a sequence of records, each the length of an event, the masked CRC-32C of the length, the event, and that of the
/// event (TensorFlow's TFRecord). An event is a protocol buffer with the fields
///
///     1 wall_time (double)   2 step (int64)   3 file_version (string)
///     5 summary { 1 value { 1 tag (string)   2 simple_value (float) } … }
///
/// of which those that are 0 are left out, as by TensorBoard's own writer. Records are appended, each by one write, so
/// that a viewer can follow; a record that a kill has cut off is removed when the file is opened again.
///
/// ```swift
/// let file = try EventFile("run/tensorboard/events.out.tfevents.couplet", keepingTo: 300, wallTime: 1.7e9)
/// try file.append([("loss/training", -2.1), ("loss/validation", -1.7)], step: 320, wallTime: 1.7e9)
/// ```
public final class EventFile {
  private let path: String
  private let descriptor: Int32

  /// Creates the file, or opens it and forgets what is beyond some steps or damaged.
  /// - Parameter last: the last step whose scalars are kept; nil keeps none.
  /// - Throws: `Failure` when the file cannot be read or written.
  public init(_ path: String, keepingTo last: Int?, wallTime: Double) throws {
    self.path = path
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW
    descriptor = open(path, flags, 0o666)
    guard descriptor >= 0 else { throw Failure.system("cannot write", at: path) }
    let kept = try EventFile.kept(in: Data(WholeFile.read(path)), to: last)
    guard ftruncate(descriptor, off_t(kept)) == 0, lseek(descriptor, 0, SEEK_END) >= 0 else {
      throw Failure.system("cannot write", at: path)
    }
    if kept == 0 { try put(EventFile.record(EventFile.header(wallTime))) }
  }

  deinit { close(descriptor) }

  /// Appends scalars of a step, by name.
  /// - Throws: `Failure` when they cannot be written.
  public func append(_ scalars: [(tag: String, value: Double)], step: Int, wallTime: Double) throws
  {
    try put(EventFile.record(EventFile.event(scalars, step: step, wallTime: wallTime)))
  }

  private func put(_ bytes: [UInt8]) throws {
    var bytes = bytes[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw Failure.system("cannot write", at: path) }
      bytes = bytes.dropFirst(count)
    }
  }

  // MARK: Records

  static func record(_ event: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(event.count))
    return length + littleEndian(CRC32C.masked(length)) + event
      + littleEndian(CRC32C.masked(event))
  }

  /// The bytes of the records that are whole, in order, up to a step; 0 where the first is none.
  private static func kept(in data: Data, to last: Int?) throws -> Int {
    guard let last else { return 0 }
    let bytes = [UInt8](data)
    var position = 0
    while let event = event(in: bytes, at: position), event.step <= last { position = event.end }
    return position
  }

  /// The step of the event that begins at a position, and where it ends; nil where there is no whole one.
  private static func event(in bytes: [UInt8], at position: Int) -> (step: Int, end: Int)? {
    func number(at place: Int, _ size: Int) -> UInt64 {
      bytes[place..<place + size].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    guard position + 12 <= bytes.count else { return nil }
    let length = bytes[position..<position + 8]
    let claimed = number(at: position, 8)
    guard claimed < 1 << 30, number(at: position + 8, 4) == UInt64(CRC32C.masked(length)) else {
      return nil
    }
    let (start, end) = (position + 12, position + 12 + Int(claimed))
    guard end + 4 <= bytes.count,
      number(at: end, 4) == UInt64(CRC32C.masked(bytes[start..<end]))
    else { return nil }
    return (step(of: bytes[start..<end]), end + 4)
  }

  /// Of an event as this writes it: after the time stands the step, or it is 0.
  private static func step(of event: ArraySlice<UInt8>) -> Int {
    let rest = event.dropFirst(event.first == 0x09 ? 9 : 0)
    guard rest.first == 0x10 else { return 0 }
    var (value, shift) = (UInt64(0), UInt64(0))
    for byte in rest.dropFirst().prefix(10) {
      value |= UInt64(byte & 0x7F) << shift
      shift += 7
      if byte < 0x80 { break }
    }
    return Int(truncatingIfNeeded: value)
  }

  // MARK: Protocol buffers

  static func header(_ wallTime: Double) -> [UInt8] {
    time(wallTime) + field(3, Array("brain.Event:2".utf8))
  }

  static func event(_ scalars: [(tag: String, value: Double)], step: Int, wallTime: Double)
    -> [UInt8]
  {
    let values = scalars.flatMap { scalar in
      field(
        1, field(1, Array(scalar.tag.utf8)) + [0x15] + littleEndian(Float(scalar.value).bitPattern))
    }
    let steps = step == 0 ? [] : [0x10] + varint(UInt64(bitPattern: Int64(step)))
    return time(wallTime) + steps + field(5, values)
  }

  private static func time(_ wallTime: Double) -> [UInt8] {
    wallTime == 0 ? [] : [0x09] + littleEndian(wallTime.bitPattern)
  }

  /// A field of bytes, with their number before them.
  private static func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] {
    [number << 3 | 2] + varint(UInt64(bytes.count)) + bytes
  }

  /// Seven bits a byte, the lowest first; the eighth says that more follow.
  private static func varint(_ value: UInt64) -> [UInt8] {
    value < 0x80
      ? [UInt8(value)] : [UInt8(value & 0x7F) | 0x80] + varint(value >> 7)
  }

  private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}
