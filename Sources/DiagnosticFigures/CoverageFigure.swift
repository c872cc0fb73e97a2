import CoupletCore
import Figures

extension Figure {
  /// The expected coverage of highest-density sets: how often sets of mass α hold the true partner, against α, with the
  /// band that this is in with probability 95 % for a calibrated model. Above the diagonal the sets are too large (the
  /// conditional too wide), below it too small.
  ///
  /// ```swift
  /// try Figure.coverage([ofU.levels, ofV.levels], names: ["u | v", "v | u"]).write(svg: "coverage.svg")
  /// ```
  /// - Parameter levels: of one check or more; the band is that of the smallest number of queries.
  public static func coverage(_ levels: [UniformSample], names: [Text]) -> Figure {
    let grid = (0...100).map { Double($0) / 100 }
    let percent = grid.map { $0 * 100 }
    let smallest = levels.min { $0.count < $1.count }
    let band = smallest.map { sample in grid.map { sample.fractionBand(at: $0) } } ?? []
    let curves = zip(levels, names).map { levels, name in
      Mark.line(
        x: percent, y: grid.map { 100 * levels.fraction(atMost: $0) }, label: name, width: 2)
    }
    let axis = Axis("mass of the set, %", range: 0...100)
    return Figure(
      Panel(
        x: axis, y: Axis("sets that hold the partner, %", range: 0...100), legend: .topLeft,
        equalAspect: true,
        [
          .band(
            x: band.isEmpty ? [] : percent, lower: band.map { 100 * $0.lowerBound },
            upper: band.map { 100 * $0.upperBound }, label: "95 % if calibrated", color: .gray,
            opacity: 0.35),
          .line(x: [0, 100], y: [0, 100], color: .gray, width: 1, dash: .dashed),
        ] + curves), width: 280, height: 280)
  }
}
