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
    var rows: [CountRow] = []
    for count in counts {
      let better = try study.fit(study.better(pairs: count), "better")
      let paper = try study.fit(study.paper(pairs: count), "paper")
      rows.append(
        CountRow(
          pairs: count, paper: try study.errors(paper), better: try study.errors(better),
          plugIn: try study.plugInErrors(count, 5)))
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
    let last = rows[rows.count - 1]
    return try Findings(
      settings: JSON.object(
        study.settings + [
          .init("dimension", 5), .init("paper", study.paper(pairs: 10_000).json),
          .init("better", study.better(pairs: 10_000).json),
        ]),
      numbers: CountNumbers(
        byPairs: rows,
        leadingOrderTimesN: Named([
          ("plugIn", ["u": predicted.u, "v": predicted.v]),
          ("empiricalLoss", ["u": asymptotic.u, "v": asymptotic.v]),
        ])),
      figure: Figure(
        rows: [[panel(\.u, predicted.u, "E[u | v]"), panel(\.v, predicted.v, "E[v | u]")]],
        columnWidths: [250], rowHeights: [210],
        note:
          "d = 5. The normaliser of the loss is a mean over pairs of exp s, heavy-tailed where a "
          + "canonical correlation is near 1: minimising the empirical loss costs more pairs than the "
          + "plug-in estimate, which knows the law to be Gaussian."),
      verdict: "error of E[v | u] at N = \(last.pairs): paper's settings "
        + "\(last.paper.v.rounded(toDigits: 3)), all pairs as one batch "
        + "\(last.better.v.rounded(toDigits: 3)), plug-in \(last.plugIn.v.rounded(toDigits: 3)) "
        + "(predicted \((predicted.v / Double(last.pairs)).rounded(toDigits: 3))); the factor over the plug-in "
        + "is " + rows.map { "\($0.ratio.rounded(toDigits: 2))" }.joined(separator: ", ")
        + " as N grows")
  }
}

/// What Figure 10 shows for a number of pairs.
private struct CountRow: Encodable {
  let pairs: Int
  let paper, better, plugIn: ErrorPair
  let betterOverPlugIn: Double

  /// Of the errors of E[v | u].
  var ratio: Double { better.v / plugIn.v }

  init(pairs: Int, paper: ErrorPair, better: ErrorPair, plugIn: ErrorPair) {
    (self.pairs, self.paper, self.better, self.plugIn) = (pairs, paper, better, plugIn)
    betterOverPlugIn = (better.v / plugIn.v).rounded(toDigits: 4)
  }
}

private struct CountNumbers: Encodable {
  let byPairs: [CountRow]
  let leadingOrderTimesN: Named<[String: Double]>
}
