import Figures
import Files
import Runs
import Training

/// The figures of a run's page, each with what it shows.
extension RunPage {
  typealias Shown = (figure: Figure, caption: String)

  /// Recall against k.
  var recallFigure: Shown? {
    guard let summary, summary.pairs >= 10, summary.evaluation.accuracy == nil else { return nil }
    let curves = trained.compactMap { name -> Mark? in
      guard let recall = summary.evaluation.recall[name] else { return nil }
      let points = recall.points
      return .line(
        x: points.map(\.k), y: points.map { 100 * $0.recall },
        label: Text("\(name) retrieved"), width: 2)
    }
    guard let ks = summary.evaluation.recall[trained[0]]?.points.map(\.k), let last = ks.last,
      last > 1
    else { return nil }
    let chance: [Mark] =
      summary.chance.map { values in
        let points = values.points
        return [
          .line(
            x: points.map(\.k), y: points.map { 100 * $0.recall }, label: "chance", color: .gray,
            dash: .dashed)
        ]
      } ?? []
    let others = baselines.compactMap { baseline -> Mark? in
      let recalls = trained.compactMap { baseline.test?.recall[$0]?.points }
      guard let first = recalls.first, !first.isEmpty else { return nil }
      // One curve for both directions, so that there are few.
      let means = first.indices.map { place in
        recalls.map { $0[place].recall }.reduce(0, +) / Double(recalls.count)
      }
      return .line(
        x: first.map(\.k), y: means.map { 100 * $0 }, label: Text(baseline.shortName),
        color: baseline.kind == .linear ? .green : .purple, width: 1.4)
    }
    return (
      Figure(
        Panel(
          x: Axis(
            "k, of \(summary.pairs.grouped)", range: 1...last, scale: .logarithmic,
            ticks: .at(
              ks.filter { (last > 100 ? [1, 10, 100, 1000] : [1, 5, 10, 50, 100]).contains($0) })),
          y: Axis("partner among the k best, %", range: 0...100), curves + others + chance)),
      "How often the partner is among the k most probable candidates, on \(pairs)."
        + (others.isEmpty
          ? "" : " Baselines took no training; their curves are means over directions.")
    )
  }

  /// The epoch that is the model.
  private var bestMark: [Mark] {
    guard let best = result?.bestEpoch else { return [] }
    return [
      .vertical(at: Double(best), label: Text("best, \(best.grouped)"), color: .gray, dash: .dotted)
    ]
  }

  /// The loss against epochs.
  var courseFigure: Shown? {
    guard metrics.count > 1 else { return nil }
    let compared = metrics.compactMap { line in line.compared.map { (Double(line.epoch), $0) } }
    if compared.count > 1, let size = compared.first?.1.size {
      return (
        Figure(
          Panel(
            x: Axis("epoch"), y: Axis("loss, nats (0: independent)"),
            [
              .line(x: compared.map(\.0), y: compared.map(\.1.training), label: "training"),
              .line(x: compared.map(\.0), y: compared.map(\.1.validation), label: "validation"),
            ] + bestMark)),
        "The loss against epochs, relative to independence, of training and of validation pairs in batches of \(size)."
          + (bestMark.isEmpty ? "" : " The model is the epoch that is marked.")
      )
    }
    var marks: [Mark] = [
      .line(x: metrics.map { Double($0.epoch) }, y: metrics.map(\.loss), label: "training")
    ]
    let tested = metrics.filter { $0.heldOut?.loss != nil }
    if !tested.isEmpty {
      marks.append(
        .line(
          x: tested.map { Double($0.epoch) }, y: tested.map { $0.heldOut?.loss ?? .nan },
          label: "held-out"))
    }
    return (
      Figure(Panel(x: Axis("epoch"), y: Axis("loss, nats (0: independent)"), marks)),
      "The loss against epochs, relative to independence."
    )
  }

  /// The learned temperature against epochs.
  var temperatureFigure: Shown? {
    guard metrics.count > 1, configuration.learnTemperature else { return nil }
    let values = metrics.map(\.temperature)
    let reached = configuration.temperatureBounds.filter { bound in
      values.contains { abs($0 / bound - 1) < 0.02 }
    }
    return (
      Figure(
        Panel(
          x: Axis("epoch"), y: Axis("temperature"),
          [.line(x: metrics.map { Double($0.epoch) }, y: values)]
            + reached.map { .horizontal(at: $0, label: "bound", color: .gray) })),
      "The learned temperature against epochs."
    )
  }

  /// The canonical correlations of the embeddings.
  var spectrumFigure: Shown? {
    guard let correlations = summary?.canonicalCorrelations, !correlations.isEmpty else {
      return nil
    }
    let shown = Array(correlations.prefix(64))
    return (
      Figure(
        Panel(
          x: Axis("direction", range: 0.4...Double(shown.count) + 0.6),
          y: Axis("canonical correlation", range: 0...1),
          [.bars(x: (1...shown.count).map(Double.init), heights: shown, color: .blue, opacity: 0.7)]
        )),
      "How strongly the embeddings of partners go together, direction by direction: directions near 0 carry nothing."
    )
  }

  /// Embeddings on two principal axes, partners joined.
  var embeddingFigure: Shown? {
    guard let projection = summary?.projection else { return nil }
    let joined = zip(projection.u, projection.v).map { u, v in
      (x: [u[0], v[0], .nan], y: [u[1], v[1], .nan])
    }
    let lines = Mark.line(
      x: joined.flatMap(\.x), y: joined.flatMap(\.y), color: .gray, width: 0.6, opacity: 0.5)
    let part = (100 * projection.variance.reduce(0, +)).digits(3)
    return (
      Figure(
        Panel(
          x: Axis("first axis", ticks: .unlabelled), y: Axis("second axis", ticks: .unlabelled),
          grid: false, [lines] + points(projection)), width: 320, height: 280),
      "Test pairs on the two main axes of the embeddings (\(part) % of the variance), each side "
        + "about its own mean and scaled alike; "
        + "lines join partners. Discs are u, circles v"
        + (projection.labels == nil ? "." : ", coloured by label.")
    )
  }

  /// Colours that up to ten labels are told apart by.
  private static let palette: [Color] =
    Color.cycle + [0x8C6D31, 0x7F7F7F, 0x17A2A2, 0xB03060].map { Color($0) }

  private func points(_ projection: EmbeddingProjection) -> [Mark] {
    func marks(
      _ places: [[Double]], _ symbol: Mark.Symbol, _ rows: [Int], _ color: Color, _ label: Text?
    )
      -> Mark
    {
      .points(
        x: rows.map { places[$0][0] }, y: rows.map { places[$0][1] }, label: label, color: color,
        symbol: symbol, size: 0.6, opacity: 0.75)
    }
    let all = Array(projection.u.indices)
    guard let labels = projection.labels else {
      return [
        marks(projection.u, .disc, all, .blue, "u"),
        marks(projection.v, .circle, all, .vermilion, "v"),
      ]
    }
    let names = Array(Set(labels)).sorted { ($0.count, $0) < ($1.count, $1) }
    let isNamed = names.count <= Self.palette.count
    return names.enumerated().flatMap { index, name in
      let rows = all.filter { labels[$0] == name }
      let color = Self.palette[index % Self.palette.count]
      return [
        marks(projection.u, .disc, rows, color, isNamed ? Text(name) : nil),
        marks(projection.v, .circle, rows, color, nil),
      ]
    }
  }
}

extension [String: Double] {
  /// The values in the order of k.
  var points: [(k: Double, recall: Double)] {
    compactMap { key, value in Double(key).map { ($0, value) } }.sorted { $0.0 < $1.0 }
  }
}

extension Baseline {
  /// Beside a curve.
  fileprivate var shortName: String {
    switch kind {
    case .linear: "linear"
    case .embeddings: "as they are"
    }
  }
}
