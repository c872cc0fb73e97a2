import Arguments
import CoupletCore
import Files
import RunPages
import Runs
import Training

/// `couplet evaluate`: how good a trained coupling is on pairs.
enum Evaluate {
  private static let run = Argument.positional("RUN", .folder, "a run directory")
  private static let ks = Argument.option(
    "k", short: "k", .list(of: .integer(in: 1...)), default: [1, 5, 10],
    "the k of recall at k")
  private static let diagnostics = Argument.flag(
    "diagnostics",
    "also estimate the mutual information and check calibration; figures go into the run's report.html"
  )
  private static let report = Argument.option(
    "report", .file(".html"), "write the figures of --diagnostics here instead, as .html"
  ).writing

  static let command = Command(
    "evaluate", "Evaluates a trained coupling on pairs it has not seen.",
    discussion: """
      Recall at k of u is the fraction of v whose own u is among the k most probable ones; where v \
      is a label, any u with that label counts. Ties count against the model. nDCG@10 and the mean \
      average precision take all right answers in: those of a group, or of a label. The loss is relative \
      to independence, in nats: 0 says nothing was learned; the usual contrastive (CLIP) value is \
      larger by log N. Without --data, or --u and --v, the pairs are the test pairs of the run's \
      data, or those it kept from training.
      """,
    [
      .init("Run", [run]),
      .init(
        "Data",
        [RunOptions.data, RunOptions.u, RunOptions.v] + RunOptions.ofPairs
          + [RunOptions.verify]),
      .init("Measures", [ks, diagnostics, report]),
      .init("Draws of chains, with --diagnostics", DrawChecks.options),
    ],
    examples: [
      .init("couplet evaluate runs/mnist", "on the test images"),
      .init(
        "couplet evaluate runs/mnist --diagnostics", "how far to trust what the run says, too"),
      .init(
        "couplet evaluate runs/field --diagnostics --method hmc",
        "and how far the draws of couplet sample --method hmc"),
      .init("couplet evaluate runs/own --u new-u.npy --v new-v.npy --json", "on other pairs"),
    ]
  ) { arguments in try Ranks.share { try evaluate(arguments) } }

  private static func evaluate(_ arguments: ParsedArguments) throws {
    let common = try Common(arguments)
    let trained = try TrainedRun(
      arguments[run], device: common.device,
      reading: RunOptions.reading(arguments, RunOptions.ofPairs),
      report: common.report)
    try arguments.requireKept(dataOf: trained)
    let source = try RunOptions.source(arguments)
    let test = try RunOptions.checked {
      try trained.testData(source, verify: arguments[RunOptions.verify])
    }
    let loss = trained.configuration.loss.value
    let report = try trained.coupling.evaluate(
      on: test.pairs, loss: loss, ks: Array(Set(arguments[ks])))
    let exact = try ConditionalMeanError(trained, pairs: test.pairs, source: source)
    guard arguments[DrawChecks.method] == nil || arguments[diagnostics] else {
      throw UsageError(
        "draws are checked among the diagnostics", at: .setting("method"),
        remedy: "add --diagnostics")
    }
    let draws = try DrawChecks(of: trained, on: test.pairs, arguments, common)
    let diagnosis = try diagnosis(of: trained, on: test, arguments, common)
    // The page is written even when the result is read in part only, by head say.
    let shown = Result {
      try Console.show(
        Quality(
          name: test.name + test.pairs.inGroups, lossName: loss.name, pairs: test.pairs.count,
          groups: test.pairs.groups?.count, report: report, exact: exact, diagnosis: diagnosis,
          draws: draws),
        as: common)
    }
    try Ranks.first {
      try draws?.keep(in: trained.path, common)
      if let diagnosis { try writePage(of: trained, on: test, diagnosis, arguments, common) }
    }
    try shown.get()
  }

  /// What is known of the run on these pairs.
  private struct Quality: CommandResult {
    let name, lossName: String
    let pairs: Int
    let groups: Int?
    let report: EvaluationReport
    let exact: ConditionalMeanError?
    let diagnosis: Diagnosis?
    let draws: DrawChecks?

    private enum CodingKeys: CodingKey { case pairs, groups, conditionalMeanError, draws }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(pairs, forKey: .pairs)
      if let groups { try container.encode(groups, forKey: .groups) }
      try EvaluationMembers(report).encode(to: encoder)
      if let exact { try container.encode(exact, forKey: .conditionalMeanError) }
      try diagnosis.map(DiagnosisMembers.init)?.encode(to: encoder)
      if let draws { try container.encode(draws, forKey: .draws) }
    }

    var text: String {
      "\(name)\n\(report.text(loss: lossName))\(exact?.text ?? "")\(diagnosis?.text ?? "")\(draws?.text ?? "")"
    }
  }

  private static func diagnosis(
    of trained: TrainedRun, on test: TrainedRun.TestData, _ arguments: ParsedArguments,
    _ common: Common
  ) throws -> Diagnosis? {
    guard arguments[diagnostics] || arguments[report] != nil else { return nil }
    let diagnosis = try trained.coupling.diagnose(
      on: test.pairs, training: test.training,
      headline: trained.configuration.loss.value.informationBound, key: common.key)
    diagnosis.information.cautions.forEach(common.warn)
    return diagnosis
  }

  /// Writes the page where the user says, or into the run, unless that cannot be written now: then it is left out.
  private static func writePage(
    of trained: TrainedRun, on test: TrainedRun.TestData, _ diagnosis: Diagnosis,
    _ arguments: ParsedArguments, _ common: Common
  ) throws {
    var directory = try RunDirectory(opening: trained.path)
    let summary = try RunSummary(
      of: trained.coupling, on: test.pairs, training: test.training,
      loss: trained.configuration.loss.value, diagnosis: diagnosis)
    var page = try RunPage(directory, summary: summary, pairs: test.name)
    page.verdict = (try directory.readResult()?.verdict ?? []).map {
      .init("\($0.prefix(1).uppercased())\($0.dropFirst()).", .warning)
    }
    if let path = arguments[report] { return try page.write(to: path, links: .followed) }
    do {
      directory = try directory.locked()
    } catch let failure as Failure {
      return common.warn(
        "\(failure.place): \(failure.what), so the page is left out — write it with --report FILE")
    }
    directory.lockWarning.map(common.warn)
    try summary.write(to: directory)
    try page.write(to: directory.reportFile)
  }
}
