import CArrow
import Files
import Foundation
import Samples

/// A table that is read batch by batch through Arrow.
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
  private let handle: ca_table

  /// - Throws: `Failure` when the file is damaged, or Couplet was built without Arrow.
  init(_ file: SampleFile, format: ca_format, memoryLimit: Int) throws {
    let path = file.path
    var handle: ca_table?
    let delimiter = CChar(bitPattern: TableReader.delimiter(of: file))
    try ArrowTable.check(ca_open(path, format, delimiter, Int64(Memory.limit / 4), &handle), path)
    // A table is there whenever opening one succeeds.
    guard let handle else { throw Failure("the table is not open", at: path, remedy: "") }
    (self.path, self.handle, self.memoryLimit) = (path, handle, memoryLimit)
    isCSV = format == CA_CSV
    columns = (0..<ca_column_count(handle)).map {
      Column(
        name: String(cString: ca_column_name(handle, $0)), kind: ca_column_kind(handle, $0),
        type: String(cString: ca_column_type(handle, $0)))
    }
  }

  deinit { ca_close(handle) }

  /// The rows of this batch.
  var rowCount: Int { Int(ca_row_count(handle)) }

  /// The rows of all batches, as far as that is known.
  var expectedRows: Int? { ca_expected_rows(handle) > 0 ? Int(ca_expected_rows(handle)) : nil }

  /// What has come out of a compressed file so far, in bytes.
  private(set) var inflated = 0

  /// Begins to read some columns from the first row on, and calls `body` after each batch is there.
  /// - Parameter text: a column whose cells are read as texts, whatever they hold.
  func forEachBatch(
    of chosen: [Int], hasHeader: Bool, text: Int? = nil, _ body: () throws -> Void
  ) throws {
    let ascending = Set(chosen).sorted().map(Int32.init)
    try check(
      ca_start(handle, ascending, Int32(ascending.count), hasHeader, Int32(text ?? -1)))
    while true {
      try check(ca_next(handle))
      // At the end the stream is closed, and says nothing any more.
      var bytes: Int64 = 0
      try check(ca_inflated(handle, &bytes))
      inflated = max(inflated, Int(bytes))
      guard rowCount > 0 else { return }
      try body()
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

  private func check(_ status: ca_status) throws { try ArrowTable.check(status, path) }

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
