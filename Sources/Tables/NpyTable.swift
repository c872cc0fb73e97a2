import Files

/// NumPy's `.npy`: the array of a table alone.
struct NpyTable: TableFormat {
  var suffix: String { ".npy" }
  var holdsArrayOnly: Bool { true }

  func begin(_ schema: TableSchema, in file: OutputFile, path: String) throws -> any TableWriter {
    guard let place = schema.array, let type = schema.columns[place].elementType else {
      throw Failure(
        "the answer is no array of numbers", at: path,
        remedy: "name a \(TableFile.suffixes(isArray: false)) file")
    }
    return Writer(
      place: place,
      stream: try NpyStream(type, shape: schema.rows + schema.columns[place].shape, in: file))
  }

  private struct Writer: TableWriter {
    let place: Int
    let stream: NpyStream

    mutating func write(_ block: [TableCells]) throws {
      guard case .numbers(let array) = block[place] else { return }
      try stream.write(array)
    }

    mutating func end() { stream.requireWhole() }
  }
}
