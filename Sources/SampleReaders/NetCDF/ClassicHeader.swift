import Files
import Foundation

/// Goes through the header of a classic NetCDF file by its grammar ("NetCDF Classic Format Specification") before the
/// library does, which takes every count for true: it fails on wild ones, and reads zeros behind the end of a file.
struct ClassicHeader {
  private let bytes: Data
  private let path: String
  private let version: UInt8
  /// Bytes of a count.
  private let word: Int
  private var place = 4
  private var dimensions: [Int] = []
  private var records: [(begin: Int, size: Int)] = []

  /// Whether a file is a classic one, by its magic number.
  static func begins(_ head: some Collection<UInt8>) -> Bool {
    [1, 2, 5].contains { head.starts(with: [0x43, 0x44, 0x46, $0]) }
  }

  /// - Throws: `Failure` when the header is damaged, or the file shorter than it says; files of other formats pass.
  static func requireWhole(_ path: String) throws {
    guard begins(try FileHead.read(path, count: 4)) else { return }
    // Mapped: only the header is read of it.
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    var header = ClassicHeader(bytes, path)
    try header.read()
  }

  private init(_ bytes: Data, _ path: String) {
    (self.bytes, self.path, version) = (bytes, path, bytes[3])
    word = version == 5 ? 8 : 4
  }

  private mutating func read() throws {
    let count = try integer(word)
    guard word == 8 || count < 1 << 31 else { throw damaged("\(count) records") }
    try list(0x0A) { header in
      try header.name()
      header.dimensions.append(try header.integer(header.word))
    }
    guard dimensions.filter({ $0 == 0 }).count <= 1 else { throw damaged("two unlimited axes") }
    try attributes()
    try list(0x0B) { try $0.variable() }
    // The records of one variable alone are not padded.
    let length =
      records.count == 1 ? records[0].size : records.reduce(0) { $0 + ($1.size + 3) / 4 * 4 }
    for record in records where count > 0 {
      let (before, overflows) = length.multipliedReportingOverflow(by: count - 1)
      guard !overflows else { throw damaged("\(count) records") }
      try require(from: record.begin, before, record.size)
    }
  }

  private mutating func variable() throws {
    try name()
    let rank = try integer(word)
    guard rank <= 1024 else { throw damaged("\(rank) axes of a variable") }
    var shape: [Int] = []
    for axis in 0..<rank {
      let id = try integer(word)
      guard id < dimensions.count, dimensions[id] > 0 || axis == 0 else {
        throw damaged("axis \(id) of a variable")
      }
      shape.append(dimensions[id])
    }
    try attributes()
    let size = try type()
    _ = try integer(word)
    let begin = try integer(version == 1 ? 4 : 8)
    let isRecord = shape.first == 0
    let length = try Extent.bytes(isRecord ? Array(shape.dropFirst()) : shape, of: size, at: path)
    if isRecord { records.append((begin, length)) } else { try require(from: begin, 0, length) }
  }

  private mutating func attributes() throws {
    try list(0x0C) { header in
      try header.name()
      let size = try header.type()
      let count = try header.integer(header.word)
      guard count <= header.bytes.count / size else { throw header.damaged("\(count) values") }
      try header.skip(count * size)
    }
  }

  // MARK: Parts

  private mutating func list(_ tag: Int, _ element: (inout ClassicHeader) throws -> Void) throws {
    let (found, count) = (try integer(4), try integer(word))
    guard found == tag || (found == 0 && count == 0), count <= bytes.count / 8 else {
      throw damaged("a list of \(count)")
    }
    for _ in 0..<count { try element(&self) }
  }

  private mutating func name() throws {
    let count = try integer(word)
    guard (1...256).contains(count) else { throw damaged("a name of \(count) letters") }
    try skip(count)
  }

  /// Bytes of a number of a type.
  private mutating func type() throws -> Int {
    let code = try integer(4)
    guard (1...(version == 5 ? 11 : 6)).contains(code),
      let type = NetCDFType(rawValue: Int32(code))
    else { throw damaged("the type \(code)") }
    return type.size
  }

  /// Goes on by bytes that are filled up to four.
  private mutating func skip(_ count: Int) throws {
    place += (count + 3) / 4 * 4
    guard place <= bytes.count else { throw damaged("it ends too early") }
  }

  /// A number that is not negative.
  private mutating func integer(_ count: Int) throws -> Int {
    guard place + count <= bytes.count else { throw damaged("it ends too early") }
    let value = bytes[place..<place + count].reduce(UInt(0)) { $0 << 8 | UInt($1) }
    place += count
    guard value < 1 << 50 else { throw damaged("the number \(value)") }
    return Int(value)
  }

  private func require(from begin: Int, _ before: Int, _ length: Int) throws {
    let (end, overflows) = begin.addingReportingOverflow(before)
    guard !overflows, end <= bytes.count, length <= bytes.count - end else {
      throw Failure(
        "the file has \(bytes.count) bytes, fewer than its header announces", at: path,
        remedy: "write or download it again")
    }
  }

  private func damaged(_ what: String) -> Failure {
    Failure(
      "the header is damaged: \(what)", at: "\(path) (offset \(place))",
      remedy: "write or download the file again")
  }
}
