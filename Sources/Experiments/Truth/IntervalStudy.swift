import Files
import Information

extension Experiments {
  /// How often the interval of an answer that needs no learned score holds the truth.
  ///
  /// An answer that needs one is counted apart: it would be a bound, "at least".
  static let informationIntervals = Experiment(
    "information-intervals", .truth, "how often intervals of the information hold it"
  ) { workshop in
    let (pairs, draws) = (1_000, workshop.isQuick ? 40 : 200)
    let tasks = try InformationTask.all().filter { !workshop.isQuick || $0.isQuick }
    let rows = try tasks.map { task in
      IntervalRow(try workshop.measure(task, pairs: pairs, draws: draws, learns: false))
    }
    let claiming = rows.filter { $0.claims > 0 }
    let least = claiming.min { $0.coverage < $1.coverage }
    return try Findings(
      settings: InformationSettings(pairs: pairs, draws: draws, learned: "never"),
      numbers: Named(rows.map { ($0.row.task.name, $0.numbers) }), figures: [],
      verdict:
        "\(claiming.count { $0.coverage >= 0.9 }) of \(claiming.count) kinds of pairs are held in 0.90 of draws"
        + (least.map { "; least \($0.row.task.name), \($0.held) of \($0.claims)" } ?? ""))
  }
}

/// How the intervals of a task's draws did.
private struct IntervalRow {
  let row: InformationRow
  /// Of draws that are answered without a learned score.
  let claims: Int
  /// Of these, those whose interval holds the truth; of bounds, those whose lower end is not above it.
  let held: Int

  var coverage: Double { Double(held) / Double(max(1, claims)) }

  init(_ row: InformationRow) {
    self.row = row
    let answered = row.found.filter { !$0.needsLearning }
    claims = answered.count
    held = answered.count { row.holds($0) }
  }

  /// Under the names of JSON.
  struct Numbers: Encodable {
    let truth, mean: Double
    let answered, held: Int
    let meanWidth: Double
    /// How many draws each method answered.
    let methods: [String: Int]
    let secondsEach: Double
  }

  var numbers: Numbers {
    let widths = row.found.map { $0.interval[1] - $0.interval[0] }
    return Numbers(
      truth: row.task.truth, mean: row.mean, answered: claims, held: held,
      meanWidth: widths.reduce(0, +) / Double(widths.count),
      methods: Dictionary(grouping: row.found, by: \.method.rawValue).mapValues(\.count),
      secondsEach: row.seconds / Double(row.found.count))
  }
}
