import Files
import Foundation

/// Comma-separated values: a header, and a line per row; texts in quotes where they need them (RFC 4180).
struct CSVTable: TableFormat {
  var suffix: String { ".csv" }

  func begin(_ schema: TableSchema, in file: OutputFile, path: String) throws -> any TableWriter {
    let names = schema.columns.flatMap(\.names).map(Self.cell)
    try file.write(Data((names.joined(separator: ",") + "\n").utf8))
    return Writer(file: file, columns: schema.columns)
  }

  /// A text as a cell.
  static func cell(_ text: String) -> String {
    // An empty cell in quotes is a text, not a missing value.
    let needsQuotes = text.isEmpty || text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
    return needsQuotes ? "\"\(text.replacing("\"", with: "\"\""))\"" : text
  }

  private struct Writer: TableWriter {
    let file: OutputFile
    let columns: [TableColumn]

    mutating func write(_ block: [TableCells]) throws {
      var bytes: [UInt8] = []
      let cells = zip(columns, block).map(CellText.init)
      for row in 0..<(block.first.map { $0.rows(columns[0]) } ?? 0) {
        for (place, column) in cells.enumerated() {
          if place > 0 { bytes.append(UInt8(ascii: ",")) }
          switch column {
          case .texts(let texts): bytes += CSVTable.cell(texts[row]).utf8
          case .numbers(let width, let text):
            for number in 0..<width {
              if number > 0 { bytes.append(UInt8(ascii: ",")) }
              bytes += text(row * width + number).utf8
            }
          }
        }
        bytes.append(UInt8(ascii: "\n"))
      }
      try bytes.withUnsafeBytes { try file.write($0) }
    }
  }
}

/// Cells as texts.
enum CellText {
  case texts([String])
  /// The numbers in a cell, and the number at each place as text: in the fewest digits that read back as the same
  /// one, and `nan`, `inf`, `-inf`.
  case numbers(width: Int, (Int) -> String)

  init(_ column: TableColumn, _ cells: TableCells) {
    switch cells {
    case .texts(let texts): self = .texts(texts)
    case .numbers(let array):
      let text: (Int) -> String
      switch array.elementType {
      case .float64:
        let values = array.doubles()
        text = { "\(values[$0])" }
      case .float16, .bfloat16, .float32:
        let values = array.floats()
        text = { "\(values[$0])" }
      case .uint64:
        let values = array.withElements(of: UInt64.self, Array.init)
        text = { "\(values[$0])" }
      default:
        // Whole numbers of these types are all `Int`s.
        let values = (try? array.integers()) ?? []
        text = { "\(values[$0])" }
      }
      self = .numbers(width: column.width, text)
    }
  }
}
