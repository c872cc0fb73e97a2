import Files

/// A format in which tables are written. One format, one conforming type, one file.
protocol TableFormat: Sendable {
  /// How files of this format end, in lower case, with the dot.
  var suffix: String { get }
  /// Whether it holds one array and nothing beside it.
  var holdsArrayOnly: Bool { get }
  /// Whether this build can write it, and what to do where it cannot.
  func requireBuilt(at path: String) throws
  /// Begins a table in an open file.
  func begin(_ schema: TableSchema, in file: OutputFile, path: String) throws -> any TableWriter
}

extension TableFormat {
  var holdsArrayOnly: Bool { false }
  func requireBuilt(at path: String) throws {}
}

/// A table that is being written, block after block.
protocol TableWriter {
  /// Appends rows: the cells of every column, in the order of the schema.
  mutating func write(_ block: [TableCells]) throws
  /// Ends the table.
  mutating func end() throws
}

extension TableWriter {
  mutating func end() throws {}
}
