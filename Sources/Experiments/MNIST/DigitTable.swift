import CoupletCore
import Figures
import Files
import Foundation

extension Experiment {
  /// The numbers behind Figures 11 and 12, for the paper's three losses and this project's own columns.
  static let digitTable = Experiment(
    "mnist-table", .mnist, "classification, generation and mutual information by loss"
  ) { workshop in
    let digits = try workshop.digits()
    var models = try DigitColumn.all.map { column in
      (title: column.title, name: column.name, model: try workshop.scored(column, digits))
    }
    for index in [0, 1] {
      let (title, name, model) = models[index]
      models.append(("\(title), normalised", "\(name)-normalised", model.normalized))
    }
    let key = workshop.key(DigitKey.table.rawValue)
    let rows = try models.enumerated().map { index, entry in
      try workshop.progress(index, of: models.count, note: "measuring \(entry.title)")
      return (
        title: entry.title, name: entry.name,
        measures: DigitMeasures(entry.model, key: key)
      )
    }
    return try Findings(
      settings: try workshop.settings(of: DigitColumn.all, digits),
      numbers: Named(rows.map { ($0.name, $0.measures.json) }),
      figure: figure(rows.map { (Text($0.title), $0.measures) }),
      verdict: rows.map { row in
        let measures = row.measures
        return String(
          format: "%@: accuracy %.4f, ESS of ν(u | 7) %.1f, mean share %.3f", row.title,
          measures.reliability.accuracy, measures.generation[7].effectiveSampleSize,
          measures.mean(\.share))
      }.joined(separator: "; "))
  }

  private static func figure(_ rows: [(title: Text, measures: DigitMeasures)]) -> Figure {
    let digits = (0..<Digits.classes).map(Double.init)
    let shares = rows.enumerated().map { place, row in
      Mark.linePoints(
        x: digits, y: row.measures.generation.map { 100 * $0.share },
        label: "\(place + 1)  " + row.title,
        dash: place < 6 ? .solid : .dashed)
    }
    func bound(
      _ name: Text, _ offset: Double, _ color: Color,
      _ value: (MutualInformation) -> MutualInformation.Estimate
    ) -> Mark {
      let estimates = rows.map { value($0.measures.information) }
      // A bound below 0 says nothing.
      return .errorBars(
        x: rows.indices.map { Double($0) + offset }, y: estimates.map { max(0, $0.value) },
        lower: estimates.map { max(0, $0.lower) }, upper: estimates.map { max(0, $0.upper) },
        label: name, color: color)
    }
    return Figure(
      rows: [
        [
          Panel(
            title: .maths("effective sample size of ν(u | v), % of the digit's images"),
            x: Axis("digit v", ticks: .at(digits)), y: Axis("%", scale: .logarithmic),
            legend: .outside, shares)
        ],
        [
          Panel(
            title: "what is said of the mutual information, nats",
            x: .categories(rows.indices.map { "\($0 + 1)" }, label: "model"),
            y: Axis("nats", range: 0...2.5),
            legend: .outside,
            [
              .horizontal(at: log(10), label: "log 10"),
              bound("InfoNCE of ν(v | u)", -0.2, .blue, \.oneSidedInfoNCE[1]),
              bound("InfoNCE of ν(u | v)", 0, .vermilion, \.oneSidedInfoNCE[0]),
              bound("Donsker–Varadhan", 0.2, .green, \.donskerVaradhan),
            ])
        ],
      ], columnWidths: [420], rowHeights: [220, 180],
      note: "Bounds below 0, which say nothing, are drawn at 0.")
  }
}
