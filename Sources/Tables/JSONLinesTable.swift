import Files

/// JSON lines: an object per row, vectors as lists; numbers that JSON does not have are null.
struct JSONLinesTable: TableFormat {
  var suffix: String { ".jsonl" }

  func begin(_ schema: TableSchema, in file: OutputFile, path: String) -> any TableWriter {
    Writer(
      file: file, columns: schema.columns,
      keys: schema.columns.map { JSON.string($0.name).text + ":" })
  }

  private struct Writer: TableWriter {
    let file: OutputFile
    let columns: [TableColumn]
    let keys: [String]

    mutating func write(_ block: [TableCells]) throws {
      var bytes: [UInt8] = []
      let cells = zip(columns, block).map(CellText.init)
      for row in 0..<(block.first.map { $0.rows(columns[0]) } ?? 0) {
        for (place, column) in cells.enumerated() {
          bytes.append(UInt8(ascii: place > 0 ? "," : "{"))
          bytes += keys[place].utf8
          switch column {
          case .texts(let texts): bytes += JSON.string(texts[row]).text.utf8
          case .numbers(let width, let text):
            let isList = !columns[place].shape.isEmpty
            if isList { bytes.append(UInt8(ascii: "[")) }
            for number in 0..<width {
              if number > 0 { bytes.append(UInt8(ascii: ",")) }
              let value = text(row * width + number)
              bytes += (["nan", "-nan", "inf", "-inf"].contains(value) ? "null" : value).utf8
            }
            if isList { bytes.append(UInt8(ascii: "]")) }
          }
        }
        bytes += "}\n".utf8
      }
      try bytes.withUnsafeBytes { try file.write($0) }
    }
  }
}
