import CoupletCore
import Files
import Tables

/// The answers of `couplet retrieve` as a table: a row per condition and rank.
struct MatchTable {
  private static let block = 1 << 14

  private let conditions, candidates: RowNames
  private let write: ([TableCells]) throws -> Void
  private var (queries, ranks, rows): ([Int], [Int], [Int]) = ([], [], [])
  private var (probabilities, sizes): ([Double], [Double]) = ([], [])

  private init(
    _ conditions: RowNames, _ candidates: RowNames, _ write: @escaping ([TableCells]) throws -> Void
  ) {
    (self.conditions, self.candidates, self.write) = (conditions, candidates, write)
  }

  /// Writes the answers that `body` hands over, with a bar that shows how far it is.
  static func write(
    _ question: Question, candidates count: Int, to table: TableFile, _ common: Common,
    _ body: (_ add: (Retrieve.Answer) throws -> Void) throws -> Void
  ) throws {
    // The others help to find what the first writes.
    guard Ranks.isFirst else { return try body { _ in } }
    let (conditions, candidates) = (question.conditionNames, question.candidateNames)
    let schema = TableSchema([
      conditions.column("query"), TableColumn("rank", .int64), candidates.column("id"),
      TableColumn("probability", .float64), TableColumn("effective_sample_size", .float64),
    ])
    let total = question.isTogether ? 1 : question.given.count
    let progress = Progress(.standard(quiet: common.quiet), unit: "queries")
    var written = 0
    try table.write(schema) { write in
      try withoutActuallyEscaping(write) { write in
        var answers = MatchTable(conditions, candidates, write)
        try body { answer in
          try answers.add(answer)
          written += answer.matches.count
          progress.update(answer.row + 1, of: total, note: "")
          // What is to be warned of stands below the bar.
          if answer.row + 1 == total { progress.end() }
        }
        try answers.flush()
      }
    }
    try Console.show(
      Written(
        out: table.path, of: question.modality.name, candidates: count, queries: total,
        rows: written), as: common)
  }

  /// What was written.
  private struct Written: CommandResult {
    let out, of: String
    let candidates, queries, rows: Int

    var text: String { "\(out): \(queries) queries, \(candidates) candidates, \(rows) rows\n" }
  }

  private mutating func add(_ answer: Retrieve.Answer) throws {
    for (place, match) in answer.matches.enumerated() {
      queries.append(answer.row)
      ranks.append(place + 1)
      rows.append(match.index)
      probabilities.append(match.weight)
      sizes.append(answer.trust.effectiveSampleSize)
    }
    if queries.count >= Self.block { try flush() }
  }

  private mutating func flush() throws {
    try write([
      conditions.cells(queries), .numbers(ranks), candidates.cells(rows), .numbers(probabilities),
      .numbers(sizes),
    ])
    (queries, ranks, rows, probabilities, sizes) = ([], [], [], [], [])
  }
}
