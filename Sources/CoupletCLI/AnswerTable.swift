import Arguments
import CoupletCore
import Files
import Runs
import SampleReaders
import Tables

/// Answers as tables: what `couplet retrieve`, `classify`, `sample` and `embed` have in common of `--out`.
enum AnswerTable {
  static let ids = Argument.option(
    "ids", .text("FILE[:COLUMN]|COLUMN"), shown: "the numbers of rows",
    "what the rows of the samples are called in the file of --out: a column of their table, or a file with one identifier in each row"
  )
  static let givenIDs = Argument.option(
    "given-ids", .text("FILE[:COLUMN]|COLUMN"), shown: "the numbers of rows",
    "the same for the rows of --given")

  /// The file of `--out`; nil where it is not given.
  /// - Parameter isArray: whether the answer is a plain array.
  static func file(
    _ option: Argument<String?>, _ arguments: ParsedArguments, isArray: Bool
  ) throws -> TableFile? {
    guard let path = arguments[option] else {
      for ids in [ids, givenIDs] where arguments.isGiven(ids) {
        throw UsageError(
          "identifiers are for tables", at: ids.summary.place,
          remedy: "name one with --\(option.summary.name)")
      }
      return nil
    }
    return try file(path, option.summary.name, arguments, isArray: isArray)
  }

  static func file(
    _ path: String, _ option: String, _ arguments: ParsedArguments, isArray: Bool
  ) throws -> TableFile {
    let file: TableFile
    do {
      file = try TableFile(path, isArray: isArray)
    } catch let failure as Failure {
      throw UsageError(failure.at(.setting(option, value: path)))
    }
    for ids in [ids, givenIDs] where file.holdsArrayOnly && arguments.isGiven(ids) {
      throw UsageError(
        "a .npy has no room for identifiers: its rows are in the order of the samples",
        at: ids.summary.place, remedy: "name a \(TableFile.suffixes(isArray: false))")
    }
    return file
  }
}

/// What rows are called in a table: by the user's identifiers, or by their numbers.
struct RowNames {
  /// One for each row; nil where rows go by their numbers.
  let identifiers: Identifiers?

  init(_ identifiers: Identifiers?) { self.identifiers = identifiers }

  /// What an option says; nil where it is not given.
  /// - Parameters:
  ///   - table: in which it may name a column.
  ///   - rows: how many there are.
  ///   - isAll: whether the file has no more rows than these.
  init?(
    _ option: Argument<String?>, _ arguments: ParsedArguments, of table: String?, rows: Int,
    isAll: Bool
  ) throws {
    guard let text = arguments[option] else { return nil }
    let identifiers = try Failure.at(option.summary.place) {
      try SampleReaders.identifiers(
        text, of: table, header: RunOptions.reading(arguments)?.header)
    }
    guard isAll ? identifiers.count == rows : identifiers.count >= rows else {
      throw Failure(
        "\(identifiers.count) identifiers for \(rows) rows", at: text,
        remedy: "give one for each row of the samples")
    }
    self.identifiers = identifiers
  }

  func column(_ name: String) -> TableColumn {
    if case .texts = identifiers { .text(name) } else { TableColumn(name, .int64) }
  }

  /// The cells for some rows.
  func cells(_ rows: some Sequence<Int>) -> TableCells {
    switch identifiers?.select(rows) ?? .numbers(Array(rows)) {
    case .numbers(let numbers): .numbers(numbers)
    case .texts(let texts): .texts(texts)
    }
  }
}
