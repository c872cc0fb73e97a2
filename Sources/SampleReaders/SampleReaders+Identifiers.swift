import CArrow
import Files
import Samples
import Torch

extension SampleReaders {
  /// The identifiers of the rows of a table or another file of samples: a column of texts or whole numbers, taken as it
  /// is written.
  ///
  /// ```swift
  /// try SampleReaders.identifiers("products.csv:sku")               // a column of a table
  /// try SampleReaders.identifiers("sku", of: "products.csv:x1..x9") // the same
  /// try SampleReaders.identifiers("keys.npy")                       // whole numbers
  /// ```
  /// - Parameters:
  ///   - text: `FILE[:COLUMN]`; or the name of a column of `table`.
  ///   - table: the file of the samples that are called so.
  ///   - header: whether a table's first row holds names; found from it when nil.
  /// - Throws: `Failure` when there is neither such a file nor such a column, or not one identifier in every row.
  public static func identifiers(
    _ text: String, of table: String? = nil, header: Bool? = nil
  ) throws -> Identifiers {
    register()
    let options = SampleOptions(hasHeader: header)
    guard let file = try? SampleFile(text) else {
      guard let table, let owner = try? SampleFile(table) else {
        throw Failure(
          "there is no file '\(text.quoted)'",
          remedy: "give a file with an identifier for each row: FILE or FILE:COLUMN")
      }
      guard let column = try? SampleFile("\(owner.path):\(text)"),
        try SampleFormats.reader(of: column) is TableReader
      else {
        throw Failure(
          "there is no file '\(text.quoted)', and \(owner.path) is no table with a column of that name",
          remedy: "give a file with an identifier for each row: FILE or FILE:COLUMN")
      }
      return try identifiers(in: column, options)
    }
    return try identifiers(in: file, options)
  }

  private static func identifiers(in file: SampleFile, _ options: SampleOptions) throws
    -> Identifiers
  {
    let reader = try SampleFormats.reader(of: file)
    if let table = reader as? TableReader { return try table.identifiers(file, options) }
    switch try reader.read(file, options) {
    case .strings(let cells, let missing, let name):
      try missing.first.map { throw gap(name, $0) }
      return Identifiers(cells: cells)
    case .numbers(let source) where source.space.size == 1:
      let values = try source.all().flattened()
      if !values.dtype.isFloatingPoint { return .numbers(values.array(Int.self)) }
      // Numbers that a float holds exactly.
      let whole = values.to(.float64).array(Double.self).compactMap {
        abs($0) <= 0x1p53 ? Int(exactly: $0) : nil
      }
      if whole.count == values.count { return .numbers(whole) }
    case .numbers, .settled: break
    }
    throw Failure(
      "these are no identifiers", at: file.name,
      remedy:
        "give one text or whole number a row: a column of a table, lines of a .txt, or a .npy of integers"
    )
  }

  fileprivate static func gap(_ name: String, _ row: Int) -> Failure {
    Failure(
      "an identifier is missing", at: .file(name, field: "row \(row)"),
      remedy: "give one for each row")
  }
}

extension TableReader {
  /// The cells of one column as they are written.
  fileprivate func identifiers(_ file: SampleFile, _ options: SampleOptions) throws -> Identifiers {
    let table = try ArrowTable(file, format: format, memoryLimit: memoryLimit)
    let hasHeader = try TableHeader.holds(in: table, options)
    let names =
      hasHeader ? table.columns.map(\.name) : table.columns.indices.map { "#\($0 + 1)" }
    let chosen = try TableColumns(names: names, path: file.path).places(file.member)
    guard chosen.count == 1 else {
      throw Failure(
        "there are \(chosen.count) columns, of which one holds the identifiers", at: file.name,
        remedy: "name it: \(file.path):COLUMN")
    }
    let column = table.columns[chosen[0]]
    guard column.kind.rawValue <= CA_TEXT.rawValue, column.kind != CA_FLOAT else {
      throw Failure(
        "the column '\(names[chosen[0]].quoted)' holds \(column.type), no identifiers",
        at: file.name, remedy: "give a column of texts or whole numbers")
    }
    var cells: [String] = []
    var size = 0
    try table.forEachBatch(of: chosen, hasHeader: hasHeader, text: chosen[0]) {
      for text in try table.texts(chosen[0]) {
        guard let text else { throw SampleReaders.gap(file.name, cells.count) }
        size += 32 + text.utf8.count
        cells.append(text)
      }
      try table.requireInMemory(size, "the identifiers")
    }
    return Identifiers(cells: cells)
  }
}
