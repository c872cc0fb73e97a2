import Arguments
import CoupletCore
import Files
import Runs

/// `couplet compare`: runs side by side.
enum Compare {
  private static let runs = Argument.positionals("RUN", .folder, atLeast: 2, "a run directory")

  static let command = Command(
    "compare", "Puts runs side by side: settings that differ, and results.",
    discussion: """
      One column for each run: the settings in which the runs differ, the length of the training, \
      losses on training and validation pairs in batches of one size, results on the validation and \
      on the test pairs, those of the baselines, and what each run says of itself. Results on \
      different test pairs cannot be compared: the row 'test pairs' tells them apart by letters, and \
      a warning says so.
      """,
    [.init("Runs", [runs])],
    examples: [
      .init("couplet compare runs/a runs/b", "a table"),
      .init("couplet compare runs/a runs/b --json", "the same for programs"),
    ]
  ) { arguments in
    let common = try Common(arguments)
    let comparison = try RunComparison(arguments[runs])
    if Set(comparison.runs.compactMap(\.testSet)).count > 1 {
      common.warn(
        "the runs were tested on different pairs, so that their results cannot be compared — train them with one "
          + "--test FILE, or the same data and --seed")
    }
    try Console.show(Compared(comparison: comparison), as: common)
  }

  // MARK: JSON

  /// The runs side by side.
  private struct Compared: CommandResult {
    let comparison: RunComparison

    private enum CodingKeys: CodingKey { case sameTestPairs, differingSettings, runs }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(comparison.areComparable, forKey: .sameTestPairs)
      try container.encode(comparison.differing.map(\.name), forKey: .differingSettings)
      try container.encode(
        comparison.runs.enumerated().map { place, run in
          RunMembers(
            run, settings: Named(comparison.differing.map { ($0.name, $0.values[place]) }))
        }, forKey: .runs)
    }

    var text: String { Compare.text(comparison) }
  }

  private struct RunMembers: Encodable {
    let run: String
    let settings: Named<String?>
    let epochs, bestEpoch, steps: Int?
    let seconds: Double?
    let pairsPerBatch: Int?
    let trainingLoss, validationLoss: Double?
    let validation: EvaluationMembers?
    let testSet, testPairs: Int?
    let test: EvaluationMembers?
    let baselines: Named<EvaluationMembers?>
    let verdict: [String]

    init(_ run: RunComparison.Run, settings: Named<String?>) {
      let (last, result) = (run.last, run.result)
      (self.run, self.settings) = (run.path, settings)
      (epochs, bestEpoch, steps) = (last?.epoch, result?.bestEpoch, last?.step)
      (seconds, pairsPerBatch) = (last?.seconds, result?.compared?.size)
      trainingLoss = result?.compared?.training
      validationLoss = result?.compared?.validation
      validation = result?.validation.map { EvaluationMembers($0) }
      (testSet, testPairs) = (run.testSet, result?.testPairs)
      test = result?.test.map { EvaluationMembers($0) }
      baselines = Named(
        (result?.baselines ?? []).map { baseline in
          (baseline.kind.rawValue, baseline.test.map { EvaluationMembers($0) })
        })
      verdict = result?.verdict ?? []
    }
  }

  // MARK: Text

  private typealias Row = (name: String, cells: [String?])

  private static func text(_ comparison: RunComparison) -> String {
    let runs = comparison.runs
    func row(_ name: String, _ cell: (RunComparison.Run) -> String?) -> Row {
      (name, runs.map(cell))
    }
    let training: [Row] = [
      row("epochs") { $0.last.map { "\($0.epoch)" } },
      row("best epoch") { $0.result?.bestEpoch.map { "\($0)" } },
      row("steps") { $0.last.map { $0.step.grouped } },
      row("seconds") { $0.last?.seconds.short },
      row("pairs in a batch of losses") { $0.result?.compared.map { $0.size.grouped } },
      row("training loss") { $0.result?.compared?.training.short },
      row("validation loss") { $0.result?.compared?.validation.short },
    ]
    let test: [Row] = [
      row("test pairs") { run in
        run.result?.testPairs.map { count in
          count.grouped
            + (comparison.areComparable ? "" : run.testSet.map { " (\(letter($0)))" } ?? "")
        }
      }
    ]
    let quality =
      measures(runs, "validation") { $0.result?.validation } + test
      + measures(runs, "test") { $0.result?.test }
    let baselines = ["linear", "embeddings"].flatMap { kind in
      measures(runs, kind) { run in run.result?.baselines?.first { $0.kind.rawValue == kind }?.test
      }
    }
    let verdicts = runs.map { run in
      "\(run.path): \(run.result.map { verdict($0) } ?? "training has not ended")\n"
    }
    return table(
      [
        (heading: "", [row("") { $0.path }]),
        ("settings", comparison.differing.map { ($0.name, $0.values) }),
        ("training", training), ("quality", quality), ("baselines on the test pairs", baselines),
      ]) + "\n" + verdicts.joined()
  }

  private static func verdict(_ result: RunResult) -> String {
    result.verdict.isEmpty ? "no warnings" : result.verdict.joined(separator: "; ")
  }

  /// Loss, recalls and reciprocal ranks, those that some run has.
  private static func measures(
    _ runs: [RunComparison.Run], _ name: String,
    _ report: (RunComparison.Run) -> EvaluationReport?
  ) -> [Row] {
    let reports = runs.map(report)
    func row(_ what: String, _ value: (EvaluationReport) -> Double?) -> Row {
      ("\(name) \(what)", reports.map { $0.flatMap(value)?.short })
    }
    let sides = Set(reports.flatMap { $0?.recall.keys.map { $0 } ?? [] }).sorted()
    let ks = ["1", "5", "10"]
    return [row("loss, all as one batch", \.loss), row("accuracy", \.accuracy)]
      + sides.flatMap { side in
        ks.map { k in row("recall@\(k) of \(side)") { $0.recall[side]?[k] } }
          + [row("reciprocal rank of \(side)") { $0.meanReciprocalRank[side] }]
      }
  }

  /// A, B, …, Z, then numbers.
  private static func letter(_ number: Int) -> String {
    UnicodeScalar(65 + number).map { number < 26 ? String($0) : "\(number)" } ?? "\(number)"
  }

  /// Columns that are as wide as their widest cell; rows without any cell are left out.
  private static func table(_ sections: [(heading: String, rows: [Row])]) -> String {
    let kept = sections.map {
      (heading: $0.heading, rows: $0.rows.filter { $0.cells.contains { $0 != nil } })
    }
    .filter { !$0.rows.isEmpty }
    let rows = kept.flatMap(\.rows)
    let first = rows.map(\.name.count).max() ?? 0
    let widths = (rows.first?.cells ?? []).indices.map { column in
      rows.map { ($0.cells[column] ?? "").count }.max() ?? 0
    }
    func line(_ row: Row) -> String {
      let cells = zip(row.cells, widths).map { cell, width in
        let cell = cell ?? "–"
        return String(repeating: " ", count: width - min(width, cell.count)) + cell
      }
      return ([row.name.padding(toLength: first, withPad: " ", startingAt: 0)] + cells)
        .joined(separator: "  ")
    }
    return kept.map { section in
      (section.heading.isEmpty ? "" : "\n\(section.heading)\n")
        + section.rows.map { line($0) + "\n" }.joined()
    }.joined()
  }
}
