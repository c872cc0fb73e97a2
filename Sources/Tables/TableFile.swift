import Files

/// A table in a file, in the format that the file's name says, written block by block: it need not fit in memory.
///
/// | suffix | holds |
/// |---|---|
/// | `.csv` | a header and a line per row; the numbers of a vector are columns `u1`, `u2`, … |
/// | `.jsonl` | an object per line; vectors are lists |
/// | `.parquet` | typed columns; vectors are lists of fixed length |
/// | `.npy` | the array alone, where the answer is one |
///
/// Numbers are written in the fewest digits that read back as the same ones. The file is replaced atomically, as
/// `AtomicFile` does.
///
/// ```swift
/// let file = try TableFile("embeddings.parquet")
/// let schema = TableSchema([.text("id"), TableColumn("u", .float32, shape: [64])], array: "u", rows: [n])
/// try file.write(schema) { write in
///   for block in blocks { try write([.texts(block.ids), .numbers(block.vectors.numericArray)]) }
/// }
/// ```
public struct TableFile: Sendable {
  private static let formats: [any TableFormat] = [
    CSVTable(), ParquetTable(), JSONLinesTable(), NpyTable(),
  ]

  /// Where it is written.
  public let path: String
  private let format: any TableFormat

  /// How the names of tables end: `.csv, .parquet, .jsonl or .npy`.
  /// - Parameter isArray: whether the answer is a plain array, which `.npy` holds too.
  public static func suffixes(isArray: Bool) -> String {
    let names = formats.filter { isArray || !$0.holdsArrayOnly }.map(\.suffix)
    return names.dropLast().joined(separator: ", ") + " or \(names.last ?? "")"
  }

  /// - Parameters:
  ///   - path: whose suffix names the format.
  ///   - isArray: whether the answer is a plain array, which `.npy` holds too.
  /// - Throws: `Failure` when the suffix is none of the formats', or Couplet was built without the format's library.
  public init(_ path: String, isArray: Bool = true) throws {
    guard
      let format = Self.formats.first(where: { path.lowercased().hasSuffix($0.suffix) }),
      isArray || !format.holdsArrayOnly
    else {
      throw Failure(
        "the file's name does not end in \(Self.suffixes(isArray: isArray))", at: path,
        remedy: "name a file of one of these formats")
    }
    try format.requireBuilt(at: path)
    (self.path, self.format) = (path, format)
  }

  /// Whether only the array of the schema is written, and nothing of its other columns.
  public var holdsArrayOnly: Bool { format.holdsArrayOnly }

  /// Writes the blocks that `body` hands over; when it throws, the file stays as it was.
  /// - Parameter body: is given what writes the next rows, the cells of every column in the order of the schema.
  /// - Throws: `Failure` when the file cannot be written, and what `body` throws.
  public func write(
    _ schema: TableSchema, links: Links = .followed,
    _ body: (_ write: (_ block: [TableCells]) throws -> Void) throws -> Void
  ) throws {
    try AtomicFile.write(to: path, links: links) { file in
      var writer = try format.begin(schema, in: file, path: path)
      try body { block in
        let rows = Set(zip(block, schema.columns).map { $0.rows($1) })
        require(
          block.count == schema.columns.count && rows.count <= 1,
          "TableFile.write: \(block.count) columns of \(rows.sorted()) rows for \(schema.columns.map(\.name))"
        )
        try writer.write(block)
      }
      try writer.end()
    }
  }
}
