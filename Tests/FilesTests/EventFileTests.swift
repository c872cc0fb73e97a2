import Foundation
import Testing

@testable import Files

/// Files of scalars for TensorBoard, against those of its own classes and against a reader of the test's own.
struct EventFileTests {
  private let scratch: Scratch
  private var path: String { scratch.path + "/events.out.tfevents.test" }

  init() throws { scratch = try Scratch() }

  /// RFC 3720, appendix B.4, and the usual check value.
  @Test func checksumsAreThoseOfTheStandard() {
    #expect(CRC32C.of(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.of([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.of((0..<32).map { UInt8($0) }) == 0x46DD_794E)
    #expect(CRC32C.of([UInt8]()) == 0)
  }

  /// `make_events.py` has the same scalars.
  private let scalars: [(step: Int, time: Double, values: [(tag: String, value: Double)])] = [
    (0, 0, [("loss/training", 0)]),
    (1, 1.5, [("loss/training", -2.25), ("loss/validation", .infinity)]),
    (300, 1_700_000_000.125, [("recall@10/v", 0.1), ("temperature τ", -.infinity)]),
    (1 << 40, 1_700_000_001, []),
  ]

  @Test func bytesAreThoseOfTensorBoard() throws {
    let file = try EventFile(path, keepingTo: nil, wallTime: 1_700_000_000)
    for (step, time, values) in scalars { try file.append(values, step: step, wallTime: time) }
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: path))
        == Data(contentsOf: URL(fileURLWithPath: fixture("events.tfevents"))))
  }

  // MARK: Going on

  @Test func whatIsBeyondAStepIsWrittenOnceMore() throws {
    func write(_ steps: ClosedRange<Int>, keepingTo last: Int?) throws {
      let file = try EventFile(path, keepingTo: last, wallTime: 7)
      for step in steps { try file.append([("loss", Double(step))], step: step, wallTime: 9) }
    }
    try write(1...300, keepingTo: nil)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(try Reader.scalars(whole).map(\.step) == Array(1...300))
    // Beyond the checkpoint of a run that was killed.
    try write(201...300, keepingTo: 200)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
    // Cut off within a record, or damaged in one.
    for cut in [whole.count - 1, whole.count - 20, 5] {
      try whole.prefix(cut).write(to: URL(fileURLWithPath: path))
      let kept = try Reader.scalars(whole.prefix(cut), mayEnd: true).count
      try write((kept + 1)...300, keepingTo: 300)
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
    }
    var damaged = whole
    damaged[whole.count - 10] ^= 1
    try damaged.write(to: URL(fileURLWithPath: path))
    try write(300...300, keepingTo: 300)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == whole)
    // Begun anew.
    try write(1...2, keepingTo: nil)
    let again = try Reader.scalars(Data(contentsOf: URL(fileURLWithPath: path)))
    #expect(again.map(\.value) == [1, 2])
  }
}

/// Reads scalars with nothing of the writer: checksums bit by bit, fields by their numbers.
private enum Reader {
  struct Wrong: Error {}

  static func scalars(_ data: Data, mayEnd: Bool = false) throws -> [(
    step: Int, tag: String, value: Float
  )] {
    var (bytes, scalars) = (ArraySlice([UInt8](data)), [(step: Int, tag: String, value: Float)]())
    func take(_ count: Int) throws -> ArraySlice<UInt8> {
      guard bytes.count >= count else { throw Wrong() }
      defer { bytes = bytes.dropFirst(count) }
      return bytes.prefix(count)
    }
    while !bytes.isEmpty {
      do {
        let head = try take(8)
        guard number(try take(4)) == masked(head) else { throw Wrong() }
        let event = try take(Int(number(head)))
        guard number(try take(4)) == masked(event) else { throw Wrong() }
        var step = 0
        for field in try fields(event) {
          if field.number == 2 { step = Int(field.value) }
          guard field.number == 5 else { continue }
          for value in try fields(field.bytes) {
            let parts = try fields(value.bytes)
            let tag = parts.first { $0.number == 1 }.map {
              String(decoding: $0.bytes, as: UTF8.self)
            }
            let bits = parts.first { $0.number == 2 }.map { UInt32(truncatingIfNeeded: $0.value) }
            scalars.append((step, tag ?? "", bits.map(Float.init(bitPattern:)) ?? .nan))
          }
        }
      } catch  where mayEnd {
        return scalars
      }
    }
    return scalars
  }

  private static func fields(_ message: ArraySlice<UInt8>) throws -> [(
    number: Int, value: UInt64, bytes: ArraySlice<UInt8>
  )] {
    var (rest, fields) = (message, [(number: Int, value: UInt64, bytes: ArraySlice<UInt8>)]())
    func varint() throws -> UInt64 {
      var (value, shift) = (UInt64(0), UInt64(0))
      while let byte = rest.popFirst() {
        value |= UInt64(byte & 0x7F) << shift
        if byte & 0x80 == 0 { return value }
        shift += 7
      }
      throw Wrong()
    }
    while !rest.isEmpty {
      let key = try varint()
      var (value, bytes) = (UInt64(0), ArraySlice<UInt8>())
      switch key & 7 {
      case 0: value = try varint()
      case 1: (value, rest) = (number(rest.prefix(8)), rest.dropFirst(8))
      case 5: (value, rest) = (number(rest.prefix(4)), rest.dropFirst(4))
      case 2:
        let count = Int(try varint())
        (bytes, rest) = (rest.prefix(count), rest.dropFirst(count))
      default: throw Wrong()
      }
      fields.append((Int(key >> 3), value, bytes))
    }
    return fields
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.enumerated().reduce(0) { $0 | UInt64($1.element) << (8 * UInt64($1.offset)) }
  }

  private static func masked(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var sum: UInt32 = .max
    for bit in bytes.flatMap({ byte in (0..<8).map { UInt32(byte >> $0) & 1 } }) {
      let carry = (sum & 1) ^ bit
      sum >>= 1
      if carry == 1 { sum ^= 0x82F6_3B78 }
    }
    sum = ~sum
    return UInt64((sum >> 15 | sum << 17) &+ 0xA282_EAD8)
  }
}
