import Figures
import Files

/// A figure of the paper, or a study of this project: settings → run → numbers → figure → verdict.
///
/// ```swift
/// let figure7 = Experiment("figure7", .gaussian, "samples and conditionals of the Gaussian field") { workshop in
///   …
///   return try Findings(settings: …, numbers: …, figure: figure, verdict: "the bands hold the truth")
/// }
/// ```
public struct Experiment: Sendable {
  /// What experiments are run together.
  public enum Group: String, Sendable, CaseIterable {
    /// Figures 1 to 10; 11 and 12; 13 to 15, each with this project's studies of the same data; and pairs whose answer is
    /// known.
    case gaussian, mnist, ocean, truth
  }

  /// Its name on the command line, and of the files that it writes.
  public let name: String
  /// With which other experiments it is run.
  public let group: Group
  /// One line on what it shows.
  public let summary: String
  private let run: @Sendable (Workshop) throws -> Findings

  init(
    _ name: String, _ group: Group, _ summary: String,
    run: @escaping @Sendable (Workshop) throws -> Findings
  ) {
    self.name = name
    self.group = group
    self.summary = summary
    self.run = run
  }

  /// Runs it and writes what it found: `NAME.svg`, `NAME.png` and `NAME.json` in the workshop's folder.
  ///
  /// - Returns: the findings, with the seconds that they took.
  /// - Throws: `Failure` for data that are missing or damaged, an interruption, or a file that cannot be written.
  public func perform(in workshop: Workshop) throws -> (findings: Findings, seconds: Double) {
    let start = ContinuousClock.now
    let findings = try run(workshop)
    for (suffix, figure) in findings.figures {
      let path = workshop.path(suffix.isEmpty ? name : "\(name)-\(suffix)")
      try figure.write(svg: path + ".svg", png: path + ".png")
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try findings.write(to: workshop.path(name + ".json"), of: self, seconds: seconds, workshop)
    return (findings, seconds)
  }
}
