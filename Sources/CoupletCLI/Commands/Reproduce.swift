import Arguments
import Experiments
import Files
import Foundation

/// `couplet reproduce`: the paper's figures and this project's studies.
enum Reproduce {
  private static let name = Argument.positional(
    "NAME", .text("NAME"), "an experiment, all of a group (gaussian, mnist, ocean, truth), or all")
  private static let quick = Argument.flag(
    "quick", "make a reduced run that shows the same effects")
  private static let out = Argument.required(
    "out", .folder, "the folder to write; what was trained there is not trained again")
  private static let data = Argument.option(
    "data", .folder, shown: "$COUPLET_DATA, or data", "the folder that holds mnist/")

  static let command = Command(
    "reproduce", "Makes the paper's figures, with the numbers behind them.",
    discussion: """
      Each experiment writes NAME.svg, NAME.png and NAME.json (settings, numbers, time) and prints \
      one line of verdict against the theory. An interrupted experiment goes on when the same \
      command is given again.
      """,
    listing: .init("Experiments", Experiments.all.map { ($0.name, $0.summary) }),
    [.init("What", [name, quick]), .init("Files", [out, data])],
    examples: [
      .init("couplet reproduce figure2 --out results", "one figure"),
      .init("couplet reproduce gaussian --quick --out /tmp/gaussian", "a group, reduced"),
    ], run: run)

  private static func run(_ arguments: ParsedArguments) throws {
    let common = try Common(arguments)
    let experiments: [Experiment]
    do {
      experiments = try Experiments.named(arguments[name])
    } catch let failure as Failure {
      throw UsageError(failure)
    }
    let progress = Progress(.standard(quiet: common.quiet), unit: "steps")
    Interrupt.install()
    let workshop = try Workshop(
      folder: arguments[out], isQuick: arguments[quick], seed: common.givenSeed ?? 0,
      dataFolder: arguments[data] ?? dataFolder,
      report: { report in
        switch report {
        case .line(let line): progress.log("couplet: \(line)")
        case .step(let step, let total, let note): progress.update(step, of: total, note: note)
        }
      }, shouldStop: Interrupt.isRequested)
    var results: [(String, Verdict)] = []
    for experiment in experiments {
      let (findings, seconds) = try experiment.perform(in: workshop)
      progress.end()
      if !common.json { try Console.write("\(experiment.name): \(findings.verdict)\n") }
      results.append((experiment.name, Verdict(verdict: findings.verdict, seconds: seconds)))
    }
    if common.json { try Console.write(JSON(encoding: Named(results)).text + "\n") }
  }

  private struct Verdict: Encodable {
    let verdict: String
    let seconds: Double
  }

  /// Where data are looked for when no option says so.
  private static var dataFolder: String? {
    let named = ProcessInfo.processInfo.environment["COUPLET_DATA"]
    return [named, "data"].compactMap { $0 }.first { FileManager.default.fileExists(atPath: $0) }
  }
}
