import Files
import Foundation
import Samples
import Synchronization

/// A process that decodes one request: numbers go to a scratch file, all else is its answer, in another.
struct DecodingProcess {
  /// The descriptors of the process: what it ends with when it is closed, the answer, the rows.
  private enum Descriptor {
    static let life: Int32 = 0
    static let answer: Int32 = 1
    static let errors: Int32 = 2
    static let rows: Int32 = 3
  }

  private let file: String
  private let (rows, answer): (ScratchFile, ScratchFile)
  private let process: pid_t
  /// Closed when this process ends, however it ends.
  private let life: Int32

  /// Seconds without a row after which it is given up.
  private let limit: Double

  /// Starts the process.
  /// - Throws: `Failure` when it cannot be started.
  init(_ program: String, _ arguments: [String], file: String, limit: Double) throws {
    (self.file, self.limit) = (file, limit)
    (rows, answer) = (try ScratchFile(expecting: 0), try ScratchFile(expecting: 0))
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw Failure.system("cannot start a process", at: file) }
    // Above those that the process is given, and closed in every other.
    let own = ends.map { fcntl($0, F_DUPFD_CLOEXEC, 10) }
    ends.forEach { close($0) }
    defer { close(own[0]) }
    life = own[1]
    let (rowsCopy, answerCopy) = (rows.duplicate(from: 10), answer.duplicate(from: 10))
    defer { [rowsCopy, answerCopy].forEach { close($0) } }
    guard !(own + [rowsCopy, answerCopy]).contains(where: { $0 < 0 }) else {
      close(own[1])
      throw Failure.system("cannot start a process", at: file, code: EMFILE)
    }
    do {
      process = try ChildProcess.start(
        program, arguments,
        streams: [
          (Descriptor.life, own[0]), (Descriptor.answer, answerCopy), (Descriptor.rows, rowsCopy),
        ],
        // What libraries print of a damaged file helps nobody.
        discarding: Descriptor.errors
      ) { .system("cannot start a process to read it", at: file, code: $0) }
    } catch {
      close(own[1])
      throw error
    }
  }

  /// What it found, once it has ended.
  /// - Throws: `Failure` of the request, or when the process was lost.
  private func finished() throws -> NetCDFAnswer {
    let end = ChildProcess.wait(for: process, limit: limit) { rows.length + answer.length }
    close(life)
    if let how = Self.text(of: end, limit) {
      throw Failure(
        "the file is damaged: reading it \(how) in the library for NetCDF and HDF5", at: file,
        remedy: "write or download it again")
    }
    let text = try answer.mapped().withBytes { Data($0) }
    guard let answer = try? JSONDecoder().decode(NetCDFAnswer.self, from: text) else {
      throw Failure(
        "the process that read it gave no answer", at: file, remedy: "check the space on the disk")
    }
    if let failure = answer.failure { throw failure }
    return answer
  }

  /// In the middle of a sentence; nil where it ended as it should.
  private static func text(of end: ChildProcess.End, _ limit: Double) -> String? {
    switch end {
    case .status(0): nil
    case .status(let status): "ended with status \(status)"
    case .signal(let signal): "ended by signal \(signal)"
    case .killed: "came to nothing for \(Int(saturating: limit.rounded(.up))) seconds"
    }
  }

  /// The seconds for which nothing may come of a file: a minute, and as much longer as a slow disk takes to read all of it
  /// before the first row. What loops in a damaged file would not end.
  static func limit(forBytes count: Int) -> Double { 60 + Double(count) / 5e6 }

  /// What was asked for.
  func answer(
    to request: NetCDFRequest, report: @Sendable (String) -> Void
  ) throws -> (text: String?, contents: [NetCDFContent]) {
    let answer = try finished()
    answer.reports.forEach(report)
    guard request.attribute == nil || answer.text != nil else { return (nil, []) }
    let bytes = try rows.mapped()
    let contents = try zip(request.members, answer.items).map { member, item in
      try NetCDFContent(
        decoded: item.decoded,
        rows: item.layout.map { layout in
          guard let type = ElementType(rawValue: layout.elementType) else {
            throw Failure("the rows are of no known type", at: file, remedy: "write it again")
          }
          return try StoredRows(
            bytes, offset: layout.offset, elementType: type, shape: [layout.count] + layout.shape,
            name: request.name(of: member))
        })
    }
    return (answer.text, contents)
  }

  // MARK: The other side

  /// Answers a request, and ends.
  static func serve(_ text: String) -> Never {
    // Ends with the process that asked.
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while true {
        let count = read(Descriptor.life, &byte, 1)
        if count == 0 || (count < 0 && errno != EINTR) { _exit(1) }
      }
    }
    var core = rlimit(rlim_cur: 0, rlim_max: 0)
    #if canImport(Glibc)
      setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &core)
    #else
      setrlimit(RLIMIT_CORE, &core)
    #endif
    let (reports, answer) = (Reports(), ScratchFile(Descriptor.answer))
    var result = NetCDFAnswer()
    do {
      try decode(NetCDFRequest(text: text), reports, into: &result)
    } catch let failure as Failure {
      result.failure = failure
    } catch {
      result.failure = Failure("\(error)", remedy: "write or download the file again")
    }
    result.reports = reports.lines.withLock { $0 }
    guard let data = try? JSONEncoder().encode(result),
      (try? data.withUnsafeBytes { try answer.write($0) }) != nil
    else { _exit(2) }
    _exit(0)
  }

  private static func decode(
    _ request: NetCDFRequest, _ reports: Reports, into result: inout NetCDFAnswer
  ) throws {
    if let attribute = request.attribute {
      result.text = try NetCDFFile(request.path).text(attribute)
      guard result.text != nil else { return }
    }
    let options = request.options { line in reports.lines.withLock { $0.append(line) } }
    let rows = ScratchFile(Descriptor.rows)
    for member in request.members {
      let sink = ScratchSink(rows, name: request.name(of: member))
      let decoded = try NetCDFDecoder.decode(request.path, member: member, options, into: sink)
      result.items.append(.init(decoded: decoded, layout: sink.layout))
    }
  }

  private final class Reports: Sendable { let lines = Mutex<[String]>([]) }
}

/// What a process has found.
struct NetCDFAnswer: Codable {
  /// Where rows lie in the scratch file, and what they are.
  struct Layout: Codable {
    let elementType: String
    let shape: [Int]
    let offset: Int
    let count: Int
  }
  struct Item: Codable {
    let decoded: Decoded
    /// nil where it is no numbers.
    let layout: Layout?
  }
  var items: [Item] = []
  var text: String?
  var reports: [String] = []
  var failure: Failure?
}

/// Writes decoded rows to the scratch file of another process.
private final class ScratchSink: RowSink {
  private let file: ScratchFile
  private let name: String
  private let start: Int
  private var kind: (type: ElementType, shape: [Int], rowBytes: Int)?

  init(_ file: ScratchFile, name: String) {
    (self.file, self.name, start) = (file, name, file.count)
  }

  func begin(elementType: ElementType, shape: [Int], count: Int) throws {
    let bytes = try Extent.bytes(shape, of: elementType.size, at: name)
    try file.require(Extent.bytes([count] + shape, of: elementType.size, at: name))
    kind = (elementType, shape, bytes)
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws { try file.write(bytes) }

  var layout: NetCDFAnswer.Layout? {
    guard let kind, kind.rowBytes > 0 else { return nil }
    return .init(
      elementType: kind.type.rawValue, shape: kind.shape, offset: start,
      count: (file.count - start) / kind.rowBytes)
  }
}
