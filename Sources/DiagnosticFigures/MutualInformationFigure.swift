import CoupletCore
import Figures

extension Figure {
  /// The bounds on the mutual information and its estimate with their intervals, under the ceiling log N of InfoNCE.
  ///
  /// ```swift
  /// try Figure.mutualInformation(information).write(svg: "information.svg")
  /// ```
  /// - Parameter truth: I(u; v) where it is known, nats.
  public static func mutualInformation(
    _ information: MutualInformation, truth: Double? = nil
  ) -> Figure {
    let estimates =
      [information.infoNCE] + information.oneSidedInfoNCE + [information.nwj].compactMap { $0 }
      + [information.donskerVaradhan]
    let names: [Text] =
      ["InfoNCE", "of u | v", "of v | u"] + (information.nwj == nil ? [] : ["NWJ"])
      + ["Donsker–Varadhan"]
    let x = estimates.indices.map(Double.init)
    let values = estimates.map(\.value)
    let truthMark: [Mark] =
      truth.map { [.horizontal(at: $0, label: "truth", color: .black, dash: .solid)] } ?? []
    return Figure(
      Panel(
        x: .categories(names),
        y: Axis("mutual information, nats"), legend: .outside,
        [
          .bars(x: x, heights: values, width: 0.6, color: .sky, opacity: 0.6),
          .errorBars(
            x: x, y: values, lower: estimates.map(\.lower), upper: estimates.map(\.upper),
            label: "held-out, \((information.confidence).percent) %", color: .blue),
          .horizontal(
            at: information.ceiling, label: .maths("log N, ceiling of InfoNCE"),
            color: .vermilion),
        ] + truthMark), width: 430, height: 210,
      note: information.cautions.isEmpty ? nil : Text(information.cautions.joined(separator: ". ")))
  }
}
