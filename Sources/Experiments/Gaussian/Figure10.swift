import CoupletCore
import Figures
import Files
import GaussianTheory

extension Experiments {
  /// The number of pairs: as the paper trains, better, plug-in, and the leading-order predictions.
  static let figure10 = Experiment(
    "figure10", .gaussian, "the Gaussian field: errors by the number of pairs"
  ) { workshop in
    let study = try FieldStudy(workshop)
    let counts =
      workshop.isQuick ? [1_000, 2_000, 4_000] : [2_000, 5_000, 10_000, 20_000, 50_000, 100_000]
    var rows: [(count: Int, paper: ErrorPair, better: ErrorPair, plugIn: ErrorPair)] = []
    for count in counts {
      let better = try study.fit(study.better(pairs: count), "better")
      let paper = try study.fit(study.paper(pairs: count), "paper")
      rows.append(
        (
          count, try study.errors(paper), try study.errors(better),
          try study.plugInErrors(count, 5)
        ))
      workshop.log(
        "N = \(count): \(better.seconds.rounded(toDigits: 3)) s for all pairs as one batch")
    }
    let predicted = study.analysis.plugInSamplingError
    let asymptotic = study.analysis.empiricalSamplingError()
    let x = counts.map(Double.init)
    func panel(_ side: KeyPath<ErrorPair, Double>, _ constant: Double, _ title: Text) -> Panel {
      Panel(
        title: title, x: Axis("N", scale: .logarithmic),
        y: Axis("mean squared error", scale: .logarithmic), legend: .below,
        [
          .linePoints(
            x: x, y: rows.map { $0.paper[keyPath: side] }, label: "paper's settings",
            color: .vermilion),
          .linePoints(
            x: x, y: rows.map { $0.better[keyPath: side] }, label: "all pairs as one batch",
            color: .blue, symbol: .square),
          .linePoints(
            x: x, y: rows.map { $0.plugIn[keyPath: side] }, label: "plug-in", color: .green,
            symbol: .triangle),
          .line(
            x: x, y: x.map { constant / $0 }, label: "plug-in, predicted", color: .black, width: 1,
            dash: .dotted),
        ])
    }
    let ratios = rows.map { $0.better.v / $0.plugIn.v }
    let byCount = rows.enumerated().map { index, row -> JSON in
      [
        "pairs": .integer(row.count), "paper": row.paper.json, "better": row.better.json,
        "plugIn": row.plugIn.json, "betterOverPlugIn": .number(ratios[index].rounded(toDigits: 4)),
      ]
    }
    let last = rows[rows.count - 1]
    return Findings(
      settings: .object(
        study.settings + [
          .init("dimension", 5), .init("paper", study.paper(pairs: 10_000).json),
          .init("better", study.better(pairs: 10_000).json),
        ]),
      numbers: [
        "byPairs": .array(byCount),
        "leadingOrderTimesN": [
          "plugIn": ["u": .number(predicted.u), "v": .number(predicted.v)],
          "empiricalLoss": ["u": .number(asymptotic.u), "v": .number(asymptotic.v)],
        ],
      ],
      figure: Figure(
        rows: [[panel(\.u, predicted.u, "E[u | v]"), panel(\.v, predicted.v, "E[v | u]")]],
        columnWidths: [250], rowHeights: [210],
        note:
          "d = 5. The normaliser of the loss is a mean over pairs of exp s, heavy-tailed where a "
          + "canonical correlation is near 1: minimising the empirical loss costs more pairs than the "
          + "plug-in estimate, which knows the law to be Gaussian."),
      verdict: "error of E[v | u] at N = \(last.count): paper's settings "
        + "\(last.paper.v.rounded(toDigits: 3)), all pairs as one batch "
        + "\(last.better.v.rounded(toDigits: 3)), plug-in \(last.plugIn.v.rounded(toDigits: 3)) "
        + "(predicted \((predicted.v / Double(last.count)).rounded(toDigits: 3))); the factor over the plug-in "
        + "is " + ratios.map { "\($0.rounded(toDigits: 2))" }.joined(separator: ", ")
        + " as N grows")
  }
}
