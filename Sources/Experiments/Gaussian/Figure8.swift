import CoupletCore
import Figures
import Files
import GaussianTheory

extension Experiments {
  /// Conditional means and their errors for d = 1…6: population, plug-in, trained in two ways.
  static let figure8 = Experiment(
    "figure8", .gaussian, "the Gaussian field: errors of conditional means by embedding dimension"
  ) { workshop in
    let study = try FieldStudy(workshop)
    let count = study.count
    let dimensions = Array(1...6)
    let (pairs, conditions) = (try study.pairs(count), try study.conditions())
    let rows = try dimensions.map { d in
      let paper = try study.fit(study.paper(pairs: count, dimension: d), "paper")
      let better = try study.fit(study.better(pairs: count, dimension: d), "better")
      return DimensionRow(
        dimension: d, populationOptimum: try study.populationErrors(d),
        plugIn: try study.plugInErrors(count, d), paper: try study.errors(paper),
        paperByWeightedSamples: try study.galleryErrors(paper.coupling, pairs, conditions),
        better: try study.errors(better),
        betterByWeightedSamples: try study.galleryErrors(better.coupling, pairs, conditions),
        seconds: .init(
          paper: paper.seconds.rounded(toDigits: 3), better: better.seconds.rounded(toDigits: 3)),
        steps: .init(paper: paper.steps, better: better.steps), fitOfPaper: paper)
    }
    // The minimum does not depend on where the search starts.
    let random = try study.errors(
      try study.fit(study.better(pairs: count, start: .random), "random"))
    let five = rows[4]
    return try Findings(
      settings: JSON.object(
        study.settings + [
          .init("pairs", .integer(count)),
          .init("conditioningDraws", .integer(conditions.count)),
          .init("paper", study.paper(pairs: count).json),
          .init("better", study.better(pairs: count).json),
        ]),
      numbers: Figure8.Numbers(
        canonicalCorrelations: study.analysis.correlations,
        mutualInformation: study.analysis.mutualInformation, byDimension: rows,
        betterFromRandomStart: random),
      figure: try Figure8.figure(study, rows, count),
      verdict:
        "d = 5, error of E[v | u]: as the paper trains \(five.paper.v.rounded(toDigits: 3)), all "
        + "pairs as one batch \(five.better.v.rounded(toDigits: 3)) "
        + "(from a random start \(random.v.rounded(toDigits: 3))), plug-in "
        + "\(five.plugIn.v.rounded(toDigits: 3)), population optimum "
        + "\(five.populationOptimum.v.rounded(toDigits: 2))")
  }
}

/// What Figure 8 shows for one embedding dimension.
private struct DimensionRow: Encodable {
  let dimension: Int
  let populationOptimum, plugIn, paper, paperByWeightedSamples: ErrorPair
  let better, betterByWeightedSamples: ErrorPair
  let seconds: ByTraining<Double>
  let steps: ByTraining<Int>
  let fitOfPaper: LinearFit

  struct ByTraining<Value: Encodable>: Encodable { let paper, better: Value }

  /// All but the fit.
  private enum CodingKeys: CodingKey {
    case dimension, populationOptimum, plugIn, paper, paperByWeightedSamples, better
    case betterByWeightedSamples, seconds, steps
  }
}

private enum Figure8 {
  struct Numbers: Encodable {
    let canonicalCorrelations: [Double]
    let mutualInformation: Double
    let byDimension: [DimensionRow]
    let betterFromRandomStart: ErrorPair
  }

  static func figure(_ study: FieldStudy, _ rows: [DimensionRow], _ count: Int) throws -> Figure {
    let one = try study.field.simulate(1, key: study.workshop.key(5))
    return Figure(
      rows: [
        try [Modality.u, .v].map { try means(study, rows, one, $0) } + [correlations(study)],
        [
          errors(rows, \.u, "error of E[u | v]", true),
          errors(rows, \.v, "error of E[v | u]", true),
        ],
      ], columnWidths: [210], rowHeights: [170, 210],
      note: "Upper row: conditional means for one realisation, as the paper trains (Adam, 1e-4, "
        + "\(rows[0].steps.paper / max((count + 511) / 512, 1)) epochs, batch 512, N = \(count)), "
        + "and the canonical correlations. Lower row: mean squared errors against the exact conditional "
        + "means; 'weighted samples' takes the mean over the training samples. Errors of the population optimum are 0 from d = 5 on."
    )
  }

  private static func means(
    _ study: FieldStudy, _ rows: [DimensionRow], _ one: PairedData, _ modality: Modality
  ) throws -> Panel {
    let given = (try modality == .u ? one.v : one.u).to(.float64)
    let exact = matmul(given, try study.field.conditional(modality).map)[0].array(Double.self)
    let x =
      modality == .u ? study.field.positions : (1...study.field.observed).map(Double.init)
    let curves = [0, 2, 4].map { index in
      let model = rows[index].fitOfPaper.model(study.truth)
      let mean = (modality == .u ? model.u : model.v).mean(given: given)[0].array(Double.self)
      return Mark.line(x: x, y: mean, label: "d = \(rows[index].dimension)")
    }
    return Panel(
      title: modality == .u ? "E[u | v]" : "E[v | u]",
      x: modality == .u ? Axis("x") : Axis("j", ticks: .at(x)), y: Axis(Text(modality.name)),
      legend: .below,
      [.linePoints(x: x, y: exact, label: "exact", color: .black)] + curves)
  }

  private static func correlations(_ study: FieldStudy) -> Panel {
    let sigmas = study.analysis.correlations
    let index = sigmas.indices.map { Double($0 + 1) }
    return Panel(
      title: "canonical correlations",
      x: Axis("mode", range: 0.4...Double(sigmas.count) + 0.6, ticks: .at(index)),
      y: Axis(.maths("σ_{i}"), range: 0...1), legend: .none,
      [.bars(x: index, heights: sigmas, width: 0.6, color: .blue, opacity: 0.7)])
  }

  private static func errors(
    _ rows: [DimensionRow], _ side: KeyPath<ErrorPair, Double>, _ title: Text, _ legend: Bool
  ) -> Panel {
    let d = rows.map { Double($0.dimension) }
    func series(_ column: KeyPath<DimensionRow, ErrorPair>) -> [Double] {
      // Exact fits have no place on a logarithm.
      rows.map { $0[keyPath: column][keyPath: side] }.map { $0 > 1e-12 ? $0 : .nan }
    }
    return Panel(
      title: title, x: Axis("d", ticks: .at(d)), y: Axis("mean squared error", scale: .logarithmic),
      legend: legend ? .below : .none,
      [
        .linePoints(x: d, y: series(\.paper), label: "paper's settings", color: .vermilion),
        .linePoints(
          x: d, y: series(\.paperByWeightedSamples), label: "the same, weighted samples",
          color: .orange,
          dash: .dashed, symbol: .circle),
        .linePoints(
          x: d, y: series(\.better), label: "all pairs as one batch", color: .blue, symbol: .square),
        .linePoints(
          x: d, y: series(\.betterByWeightedSamples), label: "the same, weighted samples",
          color: .sky,
          dash: .dashed, symbol: .circle),
        .linePoints(
          x: d, y: series(\.plugIn), label: "plug-in estimate", color: .green, symbol: .triangle),
        .linePoints(
          x: d, y: series(\.populationOptimum), label: "population optimum", color: .black,
          dash: .dashed,
          symbol: .diamond),
      ])
  }
}
