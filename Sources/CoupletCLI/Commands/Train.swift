import Arguments
import CoupletCore
import Encoders
import Files
import Foundation
import RunPages
import Runs
import Training

/// `couplet train`: learns a coupling from pairs into a run directory.
enum Train {
  static let config = Argument.option(
    "config", .file,
    "start from the settings in another run's config.json; other options override them")
  static let out = Argument.required("out", .folder, "the run directory to make")
  static let resume = Argument.flag(
    "resume",
    "continue the run in --out from its last checkpoint; with --epochs M for M epochs in all")

  static let purpose = Argument.option(
    "for", .choice(of: Purpose.self),
    "what the run is for: sets tilting, loss, encoders, optimiser and length as suits it, but for what is given (docs/training.md)"
  )

  static let tensorboard = Argument.flag(
    "tensorboard",
    "also write losses and results by step for TensorBoard: tensorboard/ in the run directory")

  private static let members = Argument.option(
    "members", .integer(in: 1...1000), shown: "one run",
    "train so many runs into --out, member-1, member-2, …, each with draws of its own but the same parts of the pairs; sample, retrieve and classify take them as one"
  )

  static let command = Command(
    "train", "Learns a coupling from pairs (u, v).",
    discussion: """
      The run directory holds config.json (everything that is needed to repeat the run), \
      metrics.jsonl (one line per epoch), model.safetensors, report.html, and checkpoint. A run that \
      was stopped, whatever the reason, is continued by 'couplet train --resume --out RUN' and ends \
      with the same weights as one that was not. Ctrl-C saves a checkpoint first. \
      'mpirun -n 4 couplet train …' distributes every batch over four processes: same losses, same \
      gradients (docs/scale.md).
      """,
    [
      .init(
        "Data",
        [RunOptions.data, RunOptions.u, RunOptions.v] + RunOptions.ofPairs
          + RunOptions.ofData + [
            RunOptions.verify, config,
          ]),
      .init("Run", [out, purpose, members, resume, tensorboard]),
    ] + RunOptions.groups,
    examples: [
      .init(
        "couplet train --data gaussian-field:field --tilting inner-product --dimension 5 --out runs/field",
        "linear encoders on what 'couplet simulate gaussian-field' wrote"),
      .init(
        "couplet train --data mnist:data/mnist --encoder-u lenet --encoder-v one-hot --tilting inner-product --loss v-given-u --epochs 5 --out runs/mnist",
        "a classifier of digits"),
      .init(
        "couplet train --u images.npy --v captions.npy --encoder-u mlp:256 --encoder-v mlp:256 --out runs/own",
        "a model of your own pairs, normalised embeddings and a learned temperature"),
      .init("couplet train --resume --out runs/own", "continue after an interruption"),
      .init(
        "couplet train --u images.npy --v captions.npy --members 5 --out runs/five",
        "five runs, whose conditionals couplet sample, retrieve and classify average"),
    ], run: run)

  private static func run(_ arguments: ParsedArguments) throws {
    let common = try Common(arguments)
    let ranks = try Communicator.start()
    if let family = try family(arguments, ranks) {
      return try trainMembers(family, arguments, common, ranks)
    }
    var plan = try TrainPlan(arguments, common, ranks)
    let progress = Progress(.standard(quiet: common.quiet), unit: "steps")
    progress.log("couplet: \(plan.data.summary)")

    Interrupt.install()
    try RunOptions.checked { try plan.choose(common, progress) }
    guard let shown = try train(plan, common, progress, ranks) else { return }
    try Console.show(shown, as: common)
  }

  /// The family that is asked for: a new one, or that in --out to go on with; nil for one run.
  private static func family(_ arguments: ParsedArguments, _ ranks: Communicator) throws
    -> RunFamily?
  {
    let path = arguments[out]
    let existing = try RunFamily(at: path)
    // All ranks have looked before one of them writes.
    ranks.barrier()
    if arguments[resume], let existing {
      guard let count = arguments[members], count != existing.members else { return existing }
      throw UsageError(
        "there are to be \(existing.members) members", at: .setting("members"),
        remedy: "leave it out, or choose another --out")
    }
    guard let count = arguments[members] else {
      guard existing == nil else {
        throw Failure(
          "the folder already holds runs", at: path,
          remedy: "choose another folder, or go on with them: --resume")
      }
      return nil
    }
    return RunFamily(members: count)
  }

  /// Trains each member that is not trained yet, the first with what is chosen for all.
  private static func trainMembers(
    _ family: RunFamily, _ arguments: ParsedArguments, _ common: Common, _ ranks: Communicator
  ) throws {
    let progress = Progress(.standard(quiet: common.quiet), unit: "steps")
    Interrupt.install()
    var (settings, results) = (RunConfiguration?.none, [TrainingResult]())
    for member in 1...family.members {
      var plan = try TrainPlan(arguments, common, ranks, base: settings, member: member)
      progress.log("couplet: member \(member) of \(family.members): \(plan.data.summary)")
      try RunOptions.checked { try plan.choose(common, progress) }
      if member == 1, ranks.rank == 0 { try family.make(at: arguments[out]) }
      settings = plan.configuration
      if let result = try train(plan, common, progress, ranks) { results.append(result) }
    }
    guard ranks.rank == 0 else { return }
    if try family.isOfEquals(at: arguments[out]) {
      common.warn(
        "all \(family.members) members have the same weights, those of a start in which nothing is drawn at random, "
          + "so that they say what one does: for members that differ begin at random (--start random)"
      )
    }
    try Console.show(Members(members: results), as: common)
  }

  /// What came of each member.
  private struct Members: CommandResult {
    let members: [TrainingResult]

    var text: String { members.map(\.text).joined() }
  }

  /// Carries out what is planned.
  /// - Returns: the result as it is shown; nil on ranks that show nothing.
  static func train(
    _ plan: TrainPlan, _ common: Common, _ progress: Progress, _ ranks: Communicator
  ) throws -> TrainingResult? {
    try plan.requireAgreement(ranks)
    try plan.warnOfRounding(progress)
    let coupling = try RunOptions.checked {
      try plan.configuration.coupling(training: plan.parts.training)
    }
    warnOfFlooredDirections(coupling, progress)
    try coupling.parameters.move(to: common.device)
    let source = try RunOptions.checked {
      try plan.configuration.pairSource(
        training: plan.parts.training, of: plan.data)
    }
    plan.warnOfExtension(progress)
    let (watched, comparison) = (plan.watched, plan.comparison)
    var trainer = try plan.configuration.trainer()
    trainer.ranks = ranks
    try RunOptions.checked { [trainer] in try trainer.requireSharing(of: coupling) }
    let loss = trainer.loss
    let directory = try plan.directory(ranks)
    let training = TrainingProgress(
      progress, plan.configuration, mayStop: comparison != nil && trainer.mayStop)
    let log =
      plan.logsScalars && ranks.rank == 0 ? ScalarOutput(ScalarLog(directory), common) : nil
    let outcome = try trainer.fit(
      coupling, to: source,
      evaluate: watched.map { pairs in
        { coupling in
          try Communicator.$sharing.withValue(ranks) {
            try coupling.evaluate(on: pairs, loss: loss, ofAllPartners: false)
          }
        }
      },
      compare: comparison.map { compare in { try compare($0) } },
      in: directory, resume: plan.resumes,
      metadata: { [profiled = plan.profiled] in try $0.scoreProfile(of: profiled).metadata() },
      onEvent: { event in
        training.show(event)
        log?.record(event)
      },
      shouldStop: Interrupt.isRequested)
    progress.end()
    if case .interrupted(let step) = outcome {
      throw Failure(
        "interrupted after step \(step); a checkpoint is saved", at: directory.path,
        remedy: "go on with couplet train --resume --out \(directory.path)")
    }
    guard ranks.rank == 0 else { return nil }
    let metrics = try directory.metrics()
    let result = try RunResult(
      of: coupling, on: plan.parts, metrics, plan.configuration,
      trials: plan.trials ?? directory.readTrials())
    try directory.write(result)
    Memory.giveBack()
    try directory.write(
      Support(of: coupling, training: plan.parts.training, others: plan.parts.validation))
    result.verdict.forEach(common.warn)
    Memory.giveBack()
    try RunPage.write(
      directory, coupling, test: plan.parts.test, evaluation: result.test,
      training: plan.parts.training, of: plan.configuration,
      verdict: result.verdict.map {
        .init("\($0.prefix(1).uppercased())\($0.dropFirst()).", .warning)
      })
    return TrainingResult(metrics, result, plan.configuration, directory)
  }

  /// A log that stops when it cannot be written: the training goes on.
  private final class ScalarOutput {
    private var log: ScalarLog?
    private let common: Common

    init(_ log: ScalarLog, _ common: Common) { (self.log, self.common) = (log, common) }

    func record(_ event: TrainingEvent) {
      do {
        try log?.record(event)
      } catch {
        common.warn("\(error); TensorBoard has nothing from here on")
        log = nil
      }
    }
  }

  /// Says where `:whitened` does not whiten.
  private static func warnOfFlooredDirections(_ coupling: Coupling, _ progress: Progress) {
    for (option, encoder) in coupling.sides.flatMap({
      [("--encoder-\($0.modality)", $0.encoder), ("--potential-\($0.modality)", $0.potential)]
    }) {
      guard let count = encoder?.flooredDirections, count > 0 else { continue }
      progress.log(
        "couplet: warning: \(option): \(count) directions of the samples hold less than "
          + "\(Whitened.floor) of the largest variance, or none, and are not scaled to variance 1")
    }
  }
}
