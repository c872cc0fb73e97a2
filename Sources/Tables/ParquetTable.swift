import CArrow
import Files
import Foundation

/// Parquet through Arrow: typed columns, vectors as lists of fixed length.
struct ParquetTable: TableFormat {
  var suffix: String { ".parquet" }

  func requireBuilt(at path: String) throws {
    guard ca_is_built() else { throw Self.notBuilt(path) }
  }

  private static func notBuilt(_ path: String) -> Failure {
    Failure(
      "Couplet was built without Arrow, which writes Parquet", at: path,
      remedy:
        "name a .csv or .jsonl, or build Couplet by `make build`, or after scripts/setup.sh with COUPLET_WITH=arrow"
    )
  }

  func begin(_ schema: TableSchema, in file: OutputFile, path: String) throws -> any TableWriter {
    let writer = try Writer(file, schema.columns, path: path)
    return writer
  }

  private final class Writer: TableWriter {
    private let columns: [TableColumn]
    private let path: String
    private let handle: ca_writer

    init(_ file: OutputFile, _ columns: [TableColumn], path: String) throws {
      let descriptor = file.duplicate(from: 3)
      guard descriptor >= 0 else { throw Failure.system("cannot write", at: path) }
      var handle: ca_writer?
      try Self.check(ca_write_parquet(descriptor, &handle), path)
      // A writer is there whenever beginning one succeeds.
      guard let handle else { throw ParquetTable.notBuilt(path) }
      (self.columns, self.path, self.handle) = (columns, path, handle)
      for column in columns {
        guard let type = column.elementType else {
          try check(ca_add_texts(handle, column.name))
          continue
        }
        try check(
          ca_add_numbers(
            handle, column.name, Self.element(type),
            column.shape.isEmpty ? 0 : Int32(clamping: column.width)))
      }
    }

    deinit { ca_discard(handle) }

    func write(_ block: [TableCells]) throws {
      guard let rows = block.first.map({ $0.rows(columns[0]) }), rows > 0 else { return }
      for (place, cells) in block.enumerated() {
        switch cells {
        case .texts(let texts): try put(texts, in: Int32(place))
        case .numbers(let array):
          let isHalf = array.elementType == .float16 || array.elementType == .bfloat16
          let bytes = isHalf ? NumericArray(array.floats()).bytes : array.bytes
          try bytes.withUnsafeBytes {
            try check(ca_put_numbers(handle, Int32(place), $0.baseAddress, Int64(rows)))
          }
        }
      }
      try check(ca_put_rows(handle, Int64(rows)))
    }

    private func put(_ texts: [String], in column: Int32) throws {
      var bytes: [UInt8] = []
      var ends: [Int64] = []
      for text in texts {
        bytes += text.utf8
        ends.append(Int64(bytes.count))
      }
      try bytes.withUnsafeBufferPointer { bytes in
        try bytes.withMemoryRebound(to: CChar.self) {
          try check(ca_put_texts(handle, column, $0.baseAddress, ends, Int64(ends.count)))
        }
      }
    }

    func end() throws { try check(ca_end(handle)) }

    private func check(_ status: ca_status) throws { try Self.check(status, path) }

    private static func check(_ status: ca_status, _ path: String) throws {
      switch status {
      case CA_OK: return
      case CA_NOT_BUILT: throw ParquetTable.notBuilt(path)
      default:
        throw Failure(
          "cannot write: \(String(cString: ca_last_error()))", at: path,
          remedy: "free some space, or write elsewhere")
      }
    }

    private static func element(_ type: ElementType) -> ca_element {
      switch type {
      case .bool: CA_BOOL
      case .uint8: CA_UINT8
      case .uint16: CA_UINT16
      case .uint32: CA_UINT32
      case .uint64: CA_UINT64
      case .int8: CA_INT8
      case .int16: CA_INT16
      case .int32: CA_INT32
      case .int64: CA_INT64
      case .float16, .bfloat16, .float32: CA_FLOAT32
      case .float64: CA_FLOAT64
      }
    }
  }
}
