import CoupletCore
import Figures
import Files
import GaussianTheory

extension Experiments {
  /// Batch sizes: as the paper trains, and from theory with a falling learning rate; and what else the normaliser may be taken over.
  static let figure9 = Experiment(
    "figure9", .gaussian,
    "the Gaussian field: errors by batch size, and by what the normaliser is taken over"
  ) { workshop in
    let study = try FieldStudy(workshop)
    let count = study.count
    let batches = [128, 256, 512, 1024]
    let paper = try batches.map {
      try study.errors(study.fit(study.paper(pairs: count, batch: $0), "paper"))
    }
    let converged = try batches.map {
      try study.errors(study.fit(study.converged(pairs: count, batch: $0), "converged"))
    }
    let queue = try study.errors(
      study.fit(study.converged(pairs: count, batch: 512, queue: 8_192), "queue"))
    let all = try study.errors(study.fit(study.better(pairs: count), "better"))
    let plugIn = try study.plugInErrors(count, 5)
    let remedies: [(Text, ErrorPair)] = [
      ("batch 512", converged[2]), ("with queue", queue), ("all pairs", all), ("Gaussian", plugIn),
    ]
    let x = batches.map(Double.init)
    func panel(_ side: KeyPath<ErrorPair, Double>, _ title: Text) -> Panel {
      Panel(
        title: title,
        x: Axis("batch size", scale: .logarithmic, ticks: .at(x)),
        y: Axis("mean squared error", scale: .logarithmic), legend: .below,
        [
          .linePoints(
            x: x, y: paper.map { $0[keyPath: side] }, label: "paper's settings", color: .vermilion),
          .linePoints(
            x: x, y: converged.map { $0[keyPath: side] }, label: "decayed", color: .blue,
            symbol: .square),
          .horizontal(at: all[keyPath: side], label: "all pairs", color: .sky),
          .horizontal(at: plugIn[keyPath: side], label: "plug-in", color: .green),
        ])
    }
    let bars = Panel(
      title: "E[v | u]: the normaliser over", x: .categories(remedies.map(\.0)),
      y: Axis("mean squared error"), legend: .none,
      [
        .bars(
          x: remedies.indices.map(Double.init), heights: remedies.map(\.1.v), width: 0.6,
          color: .blue)
      ])
    func list(_ rows: [ErrorPair]) -> Named<ErrorPair> {
      Named(zip(batches, rows).map { ("\($0)", $1) })
    }
    return try Findings(
      settings: JSON.object(
        study.settings + [
          .init("pairs", .integer(count)), .init("dimension", 5),
          .init("paper", study.paper(pairs: count).json),
          .init("decayed", study.converged(pairs: count, batch: 512).json),
          .init("queue", .integer(8_192)),
        ]),
      numbers: BatchNumbers(
        paper: list(paper), decayed: list(converged), queue: queue, allPairs: all,
        gaussianReferenceInClosedForm: plugIn),
      figure: Figure(
        rows: [[panel(\.u, "E[u | v]"), panel(\.v, "E[v | u]"), bars]],
        columnWidths: [210, 210, 270],
        rowHeights: [190],
        note:
          "d = 5, N = \(count). Decayed: from the plug-in optimum, with a learning rate that falls to 0. "
          + "Right: the decayed run with batches of 512, the same with a queue of 8,192 past embeddings, all "
          + "pairs as one batch, and a normaliser in closed form for Gaussian embeddings, whose minimum is "
          + "the plug-in estimate."),
      verdict: "error of E[v | u], batches of 128 to 1,024: paper's settings "
        + paper.map { "\($0.v.rounded(toDigits: 3))" }.joined(separator: ", ") + "; decayed "
        + converged.map { "\($0.v.rounded(toDigits: 3))" }.joined(separator: ", ")
        + "; with a queue \(queue.v.rounded(toDigits: 3)), all pairs \(all.v.rounded(toDigits: 3)), "
        + "Gaussian normaliser \(plugIn.v.rounded(toDigits: 3))")
  }
}

private struct BatchNumbers: Encodable {
  /// By the size of batches.
  let paper, decayed: Named<ErrorPair>
  let queue, allPairs, gaussianReferenceInClosedForm: ErrorPair
}
