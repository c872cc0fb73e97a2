import Figures
import Files
import Foundation

/// What an experiment found.
public struct Findings: Sendable {
  /// What made the numbers: sizes, learning rates, epochs.
  public let settings: JSON
  /// What was measured, and beside it what theory says.
  public let numbers: JSON
  /// The figures; the one with the name "" bears the experiment's own name.
  public let figures: [(name: String, figure: Figure)]
  /// One line: what the numbers say against the theory.
  public let verdict: String

  /// From values, whose members are written in their order.
  /// - Throws: what encoding the settings or numbers throws.
  init(
    settings: some Encodable, numbers: some Encodable, figures: [(name: String, figure: Figure)],
    verdict: String
  ) throws {
    self.settings = try JSON(encoding: settings)
    self.numbers = try JSON(encoding: numbers)
    self.figures = figures
    self.verdict = verdict
  }

  /// Findings with one figure.
  init(settings: some Encodable, numbers: some Encodable, figure: Figure, verdict: String) throws {
    try self.init(
      settings: settings, numbers: numbers, figures: [(name: "", figure: figure)],
      verdict: verdict)
  }

  func write(
    to path: String, of experiment: Experiment, seconds: Double, _ workshop: Workshop
  ) throws {
    let record = Record(
      experiment: experiment.name, summary: experiment.summary, verdict: verdict,
      quick: workshop.isQuick, seed: String(workshop.seed), seconds: seconds.rounded(toDigits: 3),
      settings: settings, numbers: numbers)
    try AtomicFile.write(Data((JSON(encoding: record).text + "\n").utf8), to: path)
  }

  /// `NAME.json`.
  private struct Record: Encodable {
    let experiment, summary, verdict: String
    let quick: Bool
    /// As text, since not every number of 64 bits is a number of JSON.
    let seed: String
    let seconds: Double
    let settings, numbers: JSON
  }
}

extension Double {
  /// The nearest number of so many significant digits.
  func rounded(toDigits digits: Int) -> Double {
    Double(String(format: "%.\(digits)g", self)) ?? self
  }
}
