import CoupletCore
import Figures
import Files

extension Experiments {
  /// Figure 14: recall at 1 and at 5, both directions, on training and test pairs, along training.
  static let figure14 = Experiment(
    "figure14", .ocean, "recall of paths and of potentials along training"
  ) { workshop in
    let trained = try workshop.ocean(OceanRun(workshop))
    let directions = [
      ("v", "potential → trajectory"), ("u", "trajectory → potential"),
    ]
    let panels = directions.map { key, title in recallPanel(trained, key, Text(title)) }
    guard let last = trained.metrics.last, let report = last.heldOut else {
      throw Failure("a run without epochs", at: "figure14", remedy: "report this")
    }
    return try Findings(
      settings: trained.run.json,
      numbers: TrainingNumbers(
        parameters: trained.coupling.parameters.count, seconds: last.seconds.rounded(toDigits: 4),
        temperature: last.temperature.rounded(toDigits: 4), loss: last.loss.rounded(toDigits: 4),
        recall: rounded(report.recall), medianRank: report.medianRank,
        epochs: trained.metrics.map {
          .init(step: $0.step, recall: rounded($0.heldOut?.recall ?? [:]))
        }),
      figure: Figure(
        rows: [panels], columnWidths: [260], rowHeights: [200],
        note: "\(trained.run.pairs) training and \(trained.run.testPairs) test pairs"),
      verdict:
        "recall at 5 on the test pairs: \(percent(report.recall, "v", "5")) potential → trajectory, "
        + "\(percent(report.recall, "u", "5")) trajectory → potential; at 1: "
        + "\(percent(report.recall, "v", "1")) and \(percent(report.recall, "u", "1"))")
  }

  private static func recallPanel(_ trained: TrainedOcean, _ key: String, _ title: Text) -> Panel {
    let candidates = Double(trained.test.count)
    let steps = [0] + trained.metrics.map { Double($0.step) }
    let curves = [("5", "at 5", Color.blue), ("1", "at 1", Color.vermilion)].flatMap {
      k, name, color in
      [(key, "test", Mark.Dash.solid), ("training-\(key)", "training", .dashed)].map {
        key, part, dash in
        let chance = (Double(k) ?? 1) / candidates
        return Mark.linePoints(
          x: steps, y: [chance] + trained.metrics.map { $0.heldOut?.recall[key]?[k] ?? .nan },
          label: "\(name), \(part)", color: color, dash: dash, size: 0.35)
      }
    }
    return Panel(
      title: title, x: Axis("step"), y: Axis("recall", range: 0...1.02), legend: .bottomRight,
      curves)
  }

  static func rounded(_ recall: [String: [String: Double]]) -> [String: [String: Double]] {
    recall.mapValues { $0.mapValues { $0.rounded(toDigits: 5) } }
  }

  static func percent(_ recall: [String: [String: Double]], _ key: String, _ k: String) -> String {
    "\((100 * (recall[key]?[k] ?? .nan)).rounded(toDigits: 4)) %"
  }
}

private struct TrainingNumbers: Encodable {
  struct Epoch: Encodable {
    let step: Int
    let recall: [String: [String: Double]]
  }

  let parameters: Int
  let seconds, temperature, loss: Double
  let recall: [String: [String: Double]]
  let medianRank: [String: Double]
  let epochs: [Epoch]
}
