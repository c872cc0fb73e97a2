import CArrow
import Files
import Samples

/// Tables: CSV and TSV, gzipped or not, Parquet, Feather and Arrow's streams. `FILE:COLUMNS` chooses columns (`TableColumns`); one is a
/// column of labels, numbers, texts or images, several are vectors; `FILE:ID/TIME/COORDINATES` are trajectories (`TrackTable`).
struct TableReader: SampleReader {
  let format: ca_format
  let name: String
  let suffixes: [String]
  /// Decoded numbers beyond this go to the disk; texts and trajectories beyond it are refused.
  var memoryLimit = Memory.limit / 4

  static let all = [
    TableReader(format: CA_CSV, name: "table (.csv, .tsv)", suffixes: [".csv", ".tsv"]),
    TableReader(format: CA_PARQUET, name: "Parquet", suffixes: [".parquet"]),
    TableReader(
      format: CA_FEATHER, name: "Feather or Arrow", suffixes: [".feather", ".arrow", ".arrows"]),
  ]

  private init(format: ca_format, name: String, suffixes: [String]) {
    (self.format, self.name, self.suffixes) = (format, name, suffixes)
  }

  /// What stands between the cells of a row: a tab in `.tsv`; elsewhere whichever of comma, semicolon and tab the first
  /// line has most of.
  static func delimiter(of file: SampleFile) -> UInt8 {
    if file.suffix == ".tsv" { return UInt8(ascii: "\t") }
    let line = file.head.prefix { $0 != UInt8(ascii: "\n") }
    var isQuoted = false
    var counts: [UInt8: Int] = [:]
    for byte in line {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if !isQuoted { counts[byte, default: 0] += 1 }
    }
    let comma = UInt8(ascii: ",")
    return [UInt8(ascii: ";"), UInt8(ascii: "\t")].reduce(comma) {
      counts[$1, default: 0] > counts[$0, default: 0] ? $1 : $0
    }
  }

  func recognizes(_ file: SampleFile) -> Bool {
    if file.isFolder { return TableFolder.isOne(file, suffixes: suffixes) }
    return switch format {
    case CA_PARQUET: file.begins(with: Array("PAR1".utf8))
    case CA_FEATHER: file.begins(with: Array("ARROW1".utf8)) || TableReader.beginsStream(file.head)
    default:
      file.begins(with: [0x1f, 0x8b])
        && suffixes.contains { file.path.lowercased().hasSuffix("\($0).gz") }
    }
  }

  /// A stream begins with a mark, and the length of its schema: a multiple of 8, here at most 16 MB.
  private static func beginsStream(_ head: [UInt8]) -> Bool {
    head.count > 8 && head.starts(with: [0xFF, 0xFF, 0xFF, 0xFF]) && head[7] == 0
      && head[4] % 8 == 0 && head[4..<7] != [0, 0, 0]
  }

  func read(_ file: SampleFile, _ options: SampleOptions) throws -> RawSamples {
    let table = try ArrowTable(file, format: format, memoryLimit: memoryLimit)
    defer { report(table, file, options) }
    let hasHeader = try TableHeader.holds(in: table, options)
    let names =
      hasHeader ? table.columns.map(\.name) : table.columns.indices.map { "#\($0 + 1)" }
    let columns = TableColumns(names: names, path: file.path)
    if let member = file.member,
      member.split(separator: "/", omittingEmptySubsequences: false).count == 3,
      !names.contains(member)
    {
      let tracks = TrackTable(
        table: table, columns: columns, hasHeader: hasHeader, name: file.name)
      return try tracks.read(member, options)
    }
    let chosen = try columns.places(file.member)
    guard let first = chosen.first else {
      throw Failure("the table has no columns", at: file.path, remedy: "give a table with columns")
    }
    if chosen.count == 1, table.columns[first].kind == CA_TEXT {
      return try texts(table, first, names[first], hasHeader, file, options)
    }
    for place in chosen {
      let (column, name) = (table.columns[place], names[place])
      guard column.kind == CA_TEXT || column.kind == CA_TIME || column.kind == CA_OTHER else {
        continue
      }
      throw Failure(
        "the column '\(name.quoted)' holds \(column.kind == CA_TEXT ? "text" : column.type), not numbers",
        at: file.path,
        remedy: "choose the columns that hold numbers, such as \(file.path):FIRST..LAST")
    }
    let numbers = NumericColumns(
      table: table, name: file.name, names: names, chosen: chosen, hasHeader: hasHeader)
    return .numbers(try numbers.read(options.missing, fill: options.fill))
  }

  private func report(_ table: ArrowTable, _ file: SampleFile, _ options: SampleOptions) {
    guard file.isCompressed, let stored = try? MappedFile(file.path).count else { return }
    Inflation.report(table.inflated, from: stored, of: file.name, options.report)
  }

  /// A column of text, or of paths of images.
  private func texts(
    _ table: ArrowTable, _ column: Int, _ columnName: String, _ hasHeader: Bool,
    _ file: SampleFile, _ options: SampleOptions
  ) throws -> RawSamples {
    var cells: [String?] = []
    var size = 0
    try table.forEachBatch(of: [column], hasHeader: hasHeader) {
      let batch = try table.texts(column)
      size += batch.reduce(0) { $0 + 32 + ($1?.utf8.count ?? 0) }
      try table.requireInMemory(size, "the texts of the column '\(columnName.quoted)'")
      cells += batch
    }
    guard let model = cells.lazy.compactMap({ $0 }).first else {
      throw Failure("the column has no texts", at: file.name, remedy: "give a row for each sample")
    }
    let gaps = cells.indices.filter { cells[$0] == nil }
    if let gap = gaps.first, options.missing != .drop {
      throw Failure(
        "a text is missing",
        at: .file(file.name, field: "row \(gap), column '\(columnName.quoted)'"),
        remedy: "leave such rows out with --missing drop")
    }
    let texts = cells.map { $0 ?? model }
    let images = try ImageColumn(cells: texts, missingRows: gaps, file: file).read(options)
    return images.map { .settled($0) } ?? .strings(texts, missingRows: gaps, name: file.name)
  }
}
