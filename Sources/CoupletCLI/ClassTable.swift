import CoupletCore
import Files
import Samples
import Tables

/// The answers of `couplet classify` as a table: identifier, label, its probability, and the probability of each label.
struct ClassTable {
  /// What the samples are called.
  let names: RowNames
  /// What the classes are called.
  let classes: Identifiers

  func write(
    _ classifiers: [ZeroShotClassifier], _ samples: any SampleSource, together: Bool,
    to table: TableFile, _ common: Common
  ) throws {
    let texts = classes.texts
    if let twice = Dictionary(grouping: texts, by: { $0 }).filter({ $1.count > 1 }).keys.min() {
      throw Failure(
        "two classes are called '\(twice.quoted)'", at: .setting("names"),
        remedy: "give each class a name of its own")
    }
    let labels = RowNames(classes)
    let schema = TableSchema(
      [names.column("id"), labels.column("label"), TableColumn("probability", .float64)]
        + texts.map { TableColumn("probability_\($0)", .float64) })
    let count = together ? 1 : samples.count
    let progress = Progress(.standard(quiet: common.quiet), unit: "samples")
    try table.write(schema) { write in
      func put(_ rows: Range<Int>, _ probabilities: Tensor) throws {
        let values = probabilities.array(Double.self)
        let width = texts.count
        let best = ZeroShotClassifier.classes(of: probabilities)
        let columns = (0..<width).map { column in
          TableCells.numbers(stride(from: column, to: values.count, by: width).map { values[$0] })
        }
        let chosen = best.enumerated().map { values[$0 * width + $1] }
        try write([names.cells(rows), labels.cells(best), .numbers(chosen)] + columns)
        progress.update(rows.upperBound, of: count, note: "")
      }
      guard !together else {
        return try put(0..<1, classifiers.probabilities(together: samples.all()).unsqueezed(0))
      }
      try samples.forEachBlock(of: 1024) { range, rows in
        try put(range, classifiers.probabilities(rows))
      }
    }
    progress.end()
    try Console.show(
      Written(out: table.path, samples: samples.count, classes: texts.count), as: common)
  }

  /// What was written.
  private struct Written: CommandResult {
    let out: String
    let samples, classes: Int

    var text: String { "\(out): \(samples) samples, \(classes) classes\n" }
  }
}
