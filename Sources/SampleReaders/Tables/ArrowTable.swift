import CArrow
import Files
import Foundation
import Samples

/// A table that is read batch by batch through Arrow: a file, or the files of a folder one after the other (`TableFolder`).
final class ArrowTable {
  /// A column, as the file describes it.
  struct Column {
    let name: String
    let kind: ca_kind
    /// Arrow's name of its type.
    let type: String

    /// Whether its numbers are float32 or less.
    var isFloat32: Bool {
      kind == CA_FLOAT || (kind == CA_LIST && (type.contains(": float") || type.contains(": half")))
    }
  }

  let path: String
  let isCSV: Bool
  private(set) var columns: [Column] = []
  /// Bytes that what is decoded of it may take in memory.
  let memoryLimit: Int
  /// The files in their order; one, unless it is a folder.
  private let parts: [SampleFile]
  private let format: ca_format
  /// The file that is read, and its place.
  private var (handle, place): (ca_table, Int)

  /// - Throws: `Failure` when the file is damaged, or Couplet was built without Arrow.
  init(_ file: SampleFile, format: ca_format, memoryLimit: Int) throws {
    parts = try file.isFolder ? TableFolder.files(of: file) : [file]
    (path, self.format, self.memoryLimit) = (file.path, format, memoryLimit)
    (handle, place) = (try ArrowTable.opened(parts[0], format), 0)
    isCSV = format == CA_CSV
    columns = ArrowTable.columns(of: handle)
  }

  private static func opened(_ file: SampleFile, _ format: ca_format) throws -> ca_table {
    var handle: ca_table?
    let delimiter = CChar(bitPattern: TableReader.delimiter(of: file))
    try check(ca_open(file.path, format, delimiter, Int64(Memory.limit / 4), &handle), file.path)
    // A table is there whenever opening one succeeds.
    guard let handle else { throw Failure("the table is not open", at: file.path, remedy: "") }
    return handle
  }

  private static func columns(of handle: ca_table) -> [Column] {
    (0..<ca_column_count(handle)).map {
      Column(
        name: String(cString: ca_column_name(handle, $0)), kind: ca_column_kind(handle, $0),
        type: String(cString: ca_column_type(handle, $0)))
    }
  }

  /// Goes to one of the files, whose columns must be those of the first.
  private func open(_ place: Int, hasHeader: Bool) throws {
    guard place != self.place else { return }
    let next = try ArrowTable.opened(parts[place], format)
    ca_close(handle)
    (handle, self.place) = (next, place)
    let own = ArrowTable.columns(of: next)
    let areSame = own.elementsEqual(columns) {
      (!hasHeader || $0.name == $1.name) && $0.kind == $1.kind && (isCSV || $0.type == $1.type)
    }
    guard areSame else {
      throw Failure(
        "the columns are not those of \(parts[0].path)", at: parts[place].path,
        remedy: "write the files of a folder with the same columns of the same types")
    }
  }

  deinit { ca_close(handle) }

  /// The rows of this batch.
  var rowCount: Int { Int(ca_row_count(handle)) }

  /// The rows of all batches, as far as that is known.
  var expectedRows: Int? {
    let own = Int(ca_expected_rows(handle))
    guard own > 0, parts.count > 1 else { return own > 0 ? own : nil }
    let sizes = parts.map { Double((try? MappedFile($0.path).count) ?? 0) }
    return Int(min(1e15, Double(own) * sizes.reduce(0, +) / max(1, sizes[place])))
  }

  /// What has come out of a compressed file so far, in bytes.
  private(set) var inflated = 0

  /// Begins to read some columns from the first row on, and calls `body` after each batch is there.
  /// - Parameter text: a column whose cells are read as texts, whatever they hold.
  func forEachBatch(
    of chosen: [Int], hasHeader: Bool, text: Int? = nil, _ body: () throws -> Void
  ) throws {
    let ascending = Set(chosen).sorted().map(Int32.init)
    for part in parts.indices {
      try open(part, hasHeader: hasHeader)
      try check(
        ca_start(handle, ascending, Int32(ascending.count), hasHeader, Int32(text ?? -1)))
      while true {
        try check(ca_next(handle))
        // At the end the stream is closed, and says nothing any more.
        var bytes: Int64 = 0
        try check(ca_inflated(handle, &bytes))
        inflated = max(inflated, Int(bytes))
        guard rowCount > 0 else { break }
        try body()
      }
    }
  }

  /// The numbers in a cell of a column.
  /// - Throws: `Failure` when it holds lists that differ in length.
  func width(_ column: Int) throws -> Int {
    var width: Int64 = 0
    try check(ca_width(handle, Int32(column), &width))
    guard width > 0 else {
      throw Failure(
        "the lists of the column '\(columns[column].name.quoted)' are empty or differ in length",
        at: path, remedy: "store lists of one length")
    }
    return Int(width)
  }

  /// Writes the numbers of a column from `offset` on, a row every `stride`; NaN where one is missing.
  func numbers(_ column: Int, into values: inout [Double], offset: Int, stride: Int) throws {
    try values.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      try check(ca_numbers(handle, Int32(column), start + offset, Int64(stride)))
    }
  }

  /// The numbers of a column of single ones.
  func numbers(_ column: Int) throws -> [Double] {
    var values = [Double](repeating: 0, count: rowCount)
    try numbers(column, into: &values, offset: 0, stride: 1)
    return values
  }

  /// The texts of a column; nil where one is missing.
  func texts(_ column: Int) throws -> [String?] {
    try (0..<rowCount).map { row in
      var (bytes, length): (UnsafePointer<CChar>?, Int64) = (nil, 0)
      try check(ca_text(handle, Int32(column), Int64(row), &bytes, &length))
      return bytes.map {
        String(decoding: UnsafeRawBufferPointer(start: $0, count: Int(length)), as: UTF8.self)
      }
    }
  }

  /// - Throws: `Failure` when `what` takes more memory than it may.
  func requireInMemory(_ bytes: Int, _ what: String) throws {
    guard bytes > memoryLimit else { return }
    throw Failure(
      "\(what) take more than \(Memory.text(memoryLimit)), a quarter of the memory", at: path,
      remedy: "give fewer rows")
  }

  private func check(_ status: ca_status) throws {
    try ArrowTable.check(status, parts[place].path)
  }

  private static func check(_ status: ca_status, _ path: String) throws {
    switch status {
    case CA_OK: return
    case CA_NOT_BUILT:
      throw Failure(
        "Couplet was built without Arrow, which reads tables", at: path,
        remedy: "build it by `make build`, or after scripts/setup.sh with COUPLET_WITH=arrow")
    default:
      throw Failure(
        String(cString: ca_last_error()), at: path, remedy: "mend the table or create it again")
    }
  }
}
