import CoupletCore
import Figures

extension Figure {
  /// Histograms of ranks (or levels), each with the band that a bin of a calibrated model is in with
  /// probability 95 %, three in a row (four make two rows). A hump in the middle says that the conditional is too wide, a trough that
  /// it is too narrow, a slope that it is biased.
  ///
  /// ```swift
  /// try Figure.rankHistograms(check.ranks, names: ["u₁", "u₂"]).write(svg: "ranks.svg")
  /// ```
  /// - Parameter names: one for each sample, at least one.
  public static func rankHistograms(
    _ samples: [UniformSample], names: [Text], bins: Int = 20
  ) -> Figure {
    let columns = samples.count == 4 ? 2 : 3
    let edges = (0...bins).map { Double($0) / Double(bins) }
    let panels = zip(samples, names).enumerated().map { index, entry in
      let (sample, name) = entry
      let band = sample.histogramBand(bins: bins)
      let heights = sample.histogram(bins: bins).map(Double.init)
      let top = 1.35 * max(heights.max() ?? 0, Double(band.upperBound))
      return Panel(
        title: name, x: Axis("rank", range: 0...1),
        y: Axis(index % columns == 0 ? "count" : nil, range: 0...top), legend: .topLeft,
        [
          .band(
            x: [0, 1], lower: Array(repeating: Double(band.lowerBound), count: 2),
            upper: Array(repeating: Double(band.upperBound), count: 2),
            label: index == 0 ? "95 % if calibrated" : nil, color: .gray, opacity: 0.35),
          .histogram(edges: edges, heights: heights, color: .blue, opacity: 0.6),
          .horizontal(at: Double(sample.count) / Double(bins), color: .black, width: 0.9),
          .text(
            "KS p \(sample.kolmogorovSmirnovPValue.shortProbability)", atFraction: 0.97, 0.93,
            anchor: .right, color: .gray),
        ])
    }
    let rows = stride(from: 0, to: panels.count, by: columns).map {
      Array(panels[$0..<min($0 + columns, panels.count)])
    }
    return Figure(rows: rows, columnWidths: [240], rowHeights: [170])
  }
}
