import CoupletCore
import Figures
import Files
import SampleReaders
import Simulators

extension Experiments {
  /// Figure 13: two flows, and the paths that they give a drifter.
  static let figure13 = Experiment(
    "figure13", .ocean, "two random flows, and the path of a drifter in each"
  ) { workshop in
    let run = try OceanRun(workshop)
    let pairs = try run.ocean.simulate(0..<2, key: workshop.key(13))
    let (coefficients, paths) = (try pairs.u, try pairs.v)
    let fields = run.ocean.potential(of: coefficients, at: FlowPanel.points, time: 0)
    let limit = fields.abs().max().item()
    let panels = (0..<2).map { index in
      FlowPanel.panel(
        FlowPanel.field(fields[index]), title: "flow \(index + 1) at t = 0", limit: limit,
        path: paths[index],
        [
          FlowPanel.arrows(
            run.ocean, coefficients[index..<(index + 1)], time: 0, length: 0.07)
        ])
    }
    let steps =
      paths.narrow(dim: 1, 1..<run.ocean.points)
      - paths.narrow(dim: 1, 0..<(run.ocean.points - 1))
    let lengths = steps.square().sum(dim: 2).sqrt().sum(dim: 1).to(.float64).array(Double.self)
    return try Findings(
      settings: run.json,
      numbers: [
        "lengths": .array(lengths.map { .number($0.rounded(toDigits: 5)) }),
        "largestPotential": .number(limit.rounded(toDigits: 5)),
      ] as JSON,
      figure: Figure(
        rows: [panels], columnWidths: [240], rowHeights: [240],
        note:
          "Colours: the potential at t = 0; arrows: its velocity; line: the drifter's path from the circle at (0.75, 0.75) to the disc, t = 0 … \(run.ocean.duration.rounded(toDigits: 3))"
      ),
      verdict:
        "paths of length \(lengths.map { "\($0.rounded(toDigits: 3))" }.joined(separator: " and "))"
    )
  }
}
