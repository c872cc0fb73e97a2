import Arguments
import CoupletCore
import Files
import Foundation
import Runs
import Training

/// `couplet tune`: settings chosen by trials within a budget of time, and a run with the best of them.
enum Tune {
  private static let budget = Argument.option(
    "budget", .duration, default: 600, shown: "10m",
    "how long all trials and the training at the end may take: 90s, 10m, 2h")
  private static let plan = Argument.option(
    "plan", .file,
    "carry out the plan of another tuning, its tune/plan.json, in place of making one"
  )

  private static let refit = Argument.flag(
    "refit",
    "train the best on the validation pairs, too, for as many epochs as were best on average")

  static let command = Command(
    "tune", "Tries settings on the validation pairs, and trains with the best.",
    discussion: """
      Trials are short trainings that are compared by the mean reciprocal rank of the validation \
      pairs; those that tell these from shuffled ones come before others. What is not given is \
      tried: encoders with their dropout, learning rate, weight decay, dimension, tilting, \
      temperature and loss (docs/training.md). A measured rate turns the budget \
      into a plan, which is written down (tune/plan.json in the run directory): many settings for \
      few steps, the best third of them for more, and the best of these on further partings of the \
      pairs in training and validation. The last is trained as 'couplet train' would, and the run's \
      config.json gives the same model again: 'couplet train --config RUN/config.json'. What was \
      tried stands in result.json. A tuning that was stopped is continued by 'couplet tune --resume \
      --out RUN', and ends with the same model as one that was not.
      """,
    [
      .init("Tuning", [budget, refit, plan]),
      .init(
        "Data",
        [RunOptions.data, RunOptions.u, RunOptions.v] + RunOptions.ofPairs
          + RunOptions.ofData + [RunOptions.verify, Train.config]),
      .init("Run", [Train.out, Train.resume, Train.tensorboard]),
    ] + RunOptions.groups,
    examples: [
      .init("couplet tune --u a.csv --v b.csv --budget 10m --out runs/best", "ten minutes"),
      .init(
        "couplet tune --u a.csv --v b.csv --tilting cosine --encoder-v linear --out runs/best",
        "what is given stays as it is"),
      .init("couplet tune --resume --out runs/best", "continue after an interruption"),
    ], run: run)

  private static func run(_ arguments: ParsedArguments) throws {
    let common = try Common(arguments)
    guard Communicator.processesHere ?? 1 == 1 else {
      throw UsageError(
        "trials are made by one process", remedy: "start couplet tune without mpirun")
    }
    let out = arguments[Train.out]
    let folder = "\(out)/tune"
    if !arguments[Train.resume] { try TrainPlan.requireFree(out) }
    let isTrained = FileManager.default.fileExists(atPath: "\(out)/config.json")
    let earlier = isTrained ? nil : try earlierPlan(arguments, folder)
    try requireOfUse(arguments, isMade: earlier != nil || isTrained && arguments[Train.resume])
    let ranks = try Communicator.start()
    var training = try TrainPlan(arguments, common, ranks, base: earlier?.base)
    let progress = Progress(.standard(quiet: common.quiet), unit: "trials")
    progress.log("couplet: \(training.data.summary)")
    Interrupt.install()
    var trials: [Trial] = []
    if !isTrained {
      // No other process writes it from here on.
      let directory = try RunDirectory(creating: out)
      directory.lockWarning.map(common.warn)
      try training.decideDimension(progress)
      let plan = try RunOptions.checked {
        try earlier ?? made(training, arguments, common, progress)
      }
      try plan.data.requireSame(training.data, reading: training.configuration.reading)
      try Folder.make(folder)
      try plan.write(to: folder)
      trials = try carryOut(plan, &training, folder, common, progress)
      try finish(training, trials, common, ranks)
      return withExtendedLifetime(directory) {}
    }
    // Of the tuning that the run came from.
    if let plan = try? TuningPlan(readFrom: "\(folder)/plan.json") {
      trials = try Tuning(plan, training.data, training.parts, in: folder).trials
      training.keep(trials)
    }
    try finish(training, trials, common, ranks)
  }

  /// The training with what was chosen.
  private static func finish(
    _ training: TrainPlan, _ trials: [Trial], _ common: Common, _ ranks: Communicator
  ) throws {
    let progress = Progress(.standard(quiet: common.quiet), unit: "steps")
    guard let shown = try Train.train(training, common, progress, ranks) else { return }
    let trials = training.trials ?? trials
    try Console.show(
      Tuned(trials: trials.map(TrialMembers.init), training: shown, table: table(trials)),
      as: common)
  }

  // MARK: The plan

  private static func earlierPlan(_ arguments: ParsedArguments, _ folder: String) throws
    -> TuningPlan?
  {
    if arguments[Train.resume] {
      guard FileManager.default.fileExists(atPath: "\(folder)/plan.json") else {
        throw UsageError(
          "there is no tuning in \(arguments[Train.out]) to resume",
          remedy: "begin one: leave --resume out")
      }
      return try TuningPlan(readFrom: "\(folder)/plan.json")
    }
    guard !FileManager.default.fileExists(atPath: "\(folder)/plan.json") else {
      throw Failure(
        "the folder already holds a tuning", at: arguments[Train.out],
        remedy: "choose another folder, or go on with it: --resume")
    }
    return try arguments[plan].map(TuningPlan.init(readFrom:))
  }

  /// Refuses options that a plan which is made already leaves without effect.
  private static func requireOfUse(_ arguments: ParsedArguments, isMade: Bool) throws {
    if let online = RunOptions.given(arguments).first(where: { $0 == "online" }) {
      throw UsageError(
        "trials are compared on pairs that are there", at: .setting(online), remedy: "leave it out")
    }
    guard isMade else { return }
    let given =
      RunOptions.given(arguments).sorted()
      + (arguments.isGiven(budget) ? ["budget"] : [])
      + (arguments.isGiven(Train.config) ? ["config"] : [])
      + (arguments[refit] ? ["refit"] : [])
      + (arguments[Train.resume] && arguments.isGiven(plan) ? ["plan"] : [])
    guard let first = given.first else { return }
    throw UsageError(
      "it has no effect: the plan is made", at: .setting(first),
      remedy: "leave it out, or begin another tuning")
  }

  private static func made(
    _ training: TrainPlan, _ arguments: ParsedArguments, _ common: Common, _ progress: Progress
  ) throws -> TuningPlan {
    let plan = try TuningPlan(
      training.configuration, given: RunOptions.given(arguments), training.data, training.parts,
      budget: arguments[budget], refit: arguments[refit], device: common.device,
      shouldStop: Interrupt.isRequested)
    let stages = plan.stages.map { stage in
      "\(stage.count.counted("setting")) for \(stage.steps.grouped) steps"
        + (stage.partings > 1 ? " on \(stage.partings) partings" : "")
    }
    progress.log(
      "couplet: \(stages.joined(separator: ", then ")), at \((1 / plan.rate.secondsPerStep).short) steps a second"
    )
    return plan
  }

  private static func carryOut(
    _ plan: TuningPlan, _ training: inout TrainPlan, _ folder: String, _ common: Common,
    _ progress: Progress
  ) throws -> [Trial] {
    var tuning = try Tuning(
      plan, training.data, training.parts, in: folder, device: common.device,
      shouldStop: Interrupt.isRequested)
    func show() {
      let best = tuning.trials.first
      progress.update(
        tuning.progress.done, of: tuning.progress.all,
        note: best.map { "best so far \($0.rank.short): \($0.encoders.joined(separator: ", "))" }
          ?? "")
    }
    show()
    while try tuning.next() != nil { show() }
    progress.end()
    try training.take(try tuning.best(), tuning.trials)
    return tuning.trials
  }

  // MARK: What is shown

  /// What was tried, and what came of the best.
  private struct Tuned: CommandResult {
    let trials: [TrialMembers]
    let training: TrainingResult
    let table: String

    private enum CodingKeys: CodingKey { case trials, training }

    var text: String { table + "\n" + training.text }
  }

  private struct TrialMembers: Encodable {
    let settings: Named<String>
    let rank, loss: Double?
    let steps, partings: Int?
    let hasLearned: Bool?
    let failure: String?

    init(_ trial: Trial) {
      settings = Named(sorted(trial).map { ($0.key, $0.value) })
      (rank, loss) = trial.failure == nil ? (trial.rank, trial.loss) : (nil, nil)
      (steps, partings) = (trial.steps, trial.partings)
      (hasLearned, failure) = (trial.hasLearned, trial.failure)
    }
  }

  private static func sorted(_ trial: Trial) -> [(key: String, value: String)] {
    (trial.settings ?? [:]).sorted { $0.key < $1.key }
  }

  /// The best ten, as the options that give them.
  private static func table(_ trials: [Trial]) -> String {
    guard !trials.isEmpty else { return "" }
    let rows = trials.prefix(10).map { trial in
      let rank = trial.failure == nil ? String(format: "%8.4f", trial.rank) : "  failed"
      let options = sorted(trial).map {
        $0.value == "true" ? "--\($0.key)" : "--\($0.key) \($0.value)"
      }
      return rank + String(format: "%10d", trial.partings ?? 1)
        + String(format: "%8d", trial.steps ?? 0)
        + "  " + (options.isEmpty ? "as train has it" : options.joined(separator: " "))
        + (trial.failure == nil && trial.hasLearned == false ? "  (learned nothing)" : "") + "\n"
    }
    return "\(trials.count.counted("setting")) tried on the validation pairs, the best first"
      + (trials.count > 10 ? " (all are in result.json)" : "")
      + "\n    rank  partings   steps  settings\n" + rows.joined()
  }
}
