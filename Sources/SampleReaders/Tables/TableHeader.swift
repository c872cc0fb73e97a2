import CArrow
import Samples

/// Whether the first row of a CSV file holds the columns' names.
///
/// It does where it has a text above numbers; where all its cells are different texts; where they count 0, 1, 2, …,
/// the last one perhaps excepted; and where they are different whole numbers such as no later row could have: each
/// column has fractions below, and the number is outside their range or none of them is whole.
enum TableHeader {
  /// How a missing value is written, as Arrow reads it.
  private static let missing: Set<String> = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "N/A", "NA", "NULL",
    "NaN", "n/a", "nan", "null",
  ]

  /// - Parameter first: the cells of the first row; those of the next ones are the table's batch.
  /// - Parameter start: the column of the first of them.
  static func holds(_ first: [String], above table: ArrowTable, from start: Int = 0) throws -> Bool
  {
    let numbers = first.map { Double($0.filter { $0 != " " }) }
    let isText = zip(first, numbers).map { !missing.contains($0) && $1 == nil }
    if zip(isText, table.columns.dropFirst(start)).contains(where: { $0 && $1.kind == CA_NUMBER }) {
      return true
    }
    let areDistinct = Set(first).count == first.count
    if isText.allSatisfy({ $0 }) { return areDistinct }
    // An index that has no name, as pandas writes it.
    if first.count > 1, first[0].isEmpty {
      return try holds(Array(first.dropFirst()), above: table, from: 1)
    }
    let whole = numbers.compactMap { $0.flatMap { Int(exactly: $0) } }
    guard whole.count == first.count else { return false }
    if whole.count > 1,
      whole.dropLast(whole.count > 2 ? 1 : 0).elementsEqual(0..<max(2, whole.count - 1))
    {
      return true
    }
    return try areDistinct
      && whole.indices.allSatisfy { column in
        guard table.columns[start + column].kind == CA_NUMBER else { return false }
        let below = try table.numbers(start + column).filter { !$0.isNaN }
        let wholeBelow = below.count { $0 == $0.rounded() }
        let isOutside =
          below.allSatisfy { $0 < Double(whole[column]) }
          || below.allSatisfy { $0 > Double(whole[column]) }
        return wholeBelow < below.count && (wholeBelow == 0 || isOutside)
      }
  }

  /// As the options say or as above; says what was assumed.
  static func holds(in table: ArrowTable, _ options: SampleOptions) throws -> Bool {
    guard table.isCSV else { return true }
    if let hasHeader = options.hasHeader { return hasHeader }
    let first = table.columns.map(\.name)
    let holds = try table.rowCount == 0 || TableHeader.holds(first, above: table)
    let shown =
      first.prefix(6).map(\.quoted).joined(separator: ", ") + (first.count > 6 ? ", …" : "")
    options.report(
      "\(table.path): the first row (\(shown)) is taken for \(holds ? "the columns' names" : "a sample")"
    )
    return holds
  }
}
