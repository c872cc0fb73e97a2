import Files
import Foundation
import Information
import Torch

extension Experiments {
  /// What `couplet information` answers where the truth is known.
  static let information = Experiment(
    "information", .truth, "mutual information of pairs whose information is known"
  ) { workshop in
    let (pairs, draws) = (10_000, 5)
    let rows = try InformationTask.all().map { task in
      try workshop.measure(task, pairs: pairs, draws: draws, learns: !workshop.isQuick)
    }
    let open = rows.filter(\.isOpen)
    let answered = rows.filter { !$0.isOpen && $0.task.truth > 0 }
    let worst = answered.max { abs($0.error) < abs($1.error) }
    let settled = rows.filter { !$0.isOpen }
    let parts = [
      "\(answered.count { abs($0.error) <= 0.05 }) of \(answered.count) within 5 % of the truth, "
        + "\(answered.count { abs($0.error) <= 0.15 }) within 15 %",
      worst.map { String(format: "farthest \($0.task.name), %+.1f %%", $0.error * 100) },
      "\(settled.reduce(0) { $0 + $1.covered }) of \(settled.count * draws) intervals hold it",
      open.isEmpty ? nil : "\(open.count) need learned scores",
    ]
    return try Findings(
      settings: InformationSettings(
        pairs: pairs, draws: draws, learned: workshop.isQuick ? "never" : "where needed"),
      numbers: Named(rows.map { ($0.task.name, $0.numbers) }), figures: [],
      verdict: parts.compactMap { $0 }.joined(separator: "; "))
  }
}

struct InformationSettings: Encodable {
  let pairs, draws: Int
  /// When scores are learned.
  let learned: String
}

/// What was found of a task.
struct InformationRow {
  let task: InformationTask
  let found: [InformationEstimate]
  let seconds: Double

  /// Whether only a learned score would be believed, and none was learned.
  var isOpen: Bool { found.contains { $0.needsLearning } }
  var mean: Double { found.reduce(0) { $0 + $1.value } / Double(found.count) }
  /// Relative to the truth.
  var error: Double { mean / task.truth - 1 }
  /// Intervals that hold the truth; of bounds those whose lower end is not above it.
  var covered: Int {
    found.count(where: holds)
  }

  func holds(_ found: InformationEstimate) -> Bool {
    found.interval[0] <= task.truth && (found.isBound || task.truth <= found.interval[1])
  }

  /// Under the names of JSON.
  struct Numbers: Encodable {
    let truth, value: Double
    let values: [Double]
    let methods: [String]
    let held: Int
    let needsLearnedScores: Bool
    /// By method, means over the draws.
    let estimates: [String: Double]
    let secondsEach: Double
  }

  var numbers: Numbers {
    let estimates = Dictionary(grouping: found.flatMap(\.estimates), by: \.method.rawValue)
    return Numbers(
      truth: task.truth, value: mean, values: found.map(\.value),
      methods: found.map { ($0.isBound ? "at least, " : "") + $0.method.rawValue },
      held: covered, needsLearnedScores: isOpen,
      estimates: estimates.mapValues { $0.reduce(0) { $0 + $1.value } / Double($0.count) },
      secondsEach: seconds / Double(found.count))
  }
}

extension Workshop {
  /// The answers of draws of a task.
  /// - Parameter learns: whether scores are learned where only they would be believed.
  func measure(_ task: InformationTask, pairs: Int, draws: Int, learns: Bool) throws
    -> InformationRow
  {
    let clock = ContinuousClock.now
    let learning = InformationEstimate.Effort()
    var plain = learning
    plain.learned = nil
    let found = try (0..<draws).map { draw in
      let (data, own) = Key(seed).folded(with: draw).split()
      let (u, v) = try task.draw(pairs, data)
      try progress(draw, of: draws, note: task.name)
      let found = try InformationEstimate(u: u, v: v, effort: plain, key: own)
      return found.needsLearning && learns
        ? try InformationEstimate(u: u, v: v, effort: learning, key: own) : found
    }
    let row = InformationRow(
      task: task, found: found, seconds: clock.duration(to: .now) / .seconds(1))
    log(
      String(
        format: "\(task.name): truth %.4f, found %.4f, \(found[0].method.rawValue), %.1f s each",
        task.truth, row.mean, row.seconds / Double(draws)))
    return row
  }
}
