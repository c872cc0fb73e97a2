import CoupletCore
import Figures

extension Figure {
  /// The reliability diagram: how often the predicted class was right, against the probability it was given, with
  /// Wilson's 95 % intervals, above the number of predictions in each bin. Points below the diagonal are
  /// over-confident.
  ///
  /// ```swift
  /// try Figure.reliability(Reliability(logProbabilities, classes: labels)).write(svg: "reliability.svg")
  /// ```
  public static func reliability(_ reliability: Reliability) -> Figure {
    let filled = reliability.bins.filter { $0.count > 0 }
    let confidence = filled.map { $0.confidence ?? .nan }
    let edges = reliability.bins.map(\.lower) + [1]
    return Figure(
      rows: [
        [
          Panel(
            x: Axis(range: 0...1, ticks: .unlabelled), y: Axis("how often right", range: 0...1),
            legend: .topLeft,
            [
              .line(
                x: [0, 1], y: [0, 1], label: "calibrated", color: .gray, width: 1, dash: .dashed),
              .errorBars(
                x: confidence, y: filled.map { $0.frequency ?? .nan },
                lower: filled.map { $0.frequencyLower ?? .nan },
                upper: filled.map { $0.frequencyUpper ?? .nan }, label: "predictions", color: .blue),
              .text(
                "accuracy \(reliability.accuracy.percent) %", atFraction: 0.97, 0.14,
                anchor: .right, color: .gray),
              .text(
                "calibration error \(reliability.expectedCalibrationError.percent) %",
                atFraction: 0.97, 0.06, anchor: .right, color: .gray),
            ])
        ],
        [
          Panel(
            x: Axis("probability of the predicted class", range: 0...1), y: Axis("count"),
            [
              .histogram(
                edges: edges, heights: reliability.bins.map { Double($0.count) }, color: .blue,
                opacity: 0.6)
            ])
        ],
      ], columnWidths: [280], rowHeights: [280, 70])
  }
}
