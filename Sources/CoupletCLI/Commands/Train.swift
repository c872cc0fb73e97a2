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
  private static let config = Argument.option(
    "config", .file, "take the settings of another run's config.json; other options change them")
  private static let out = Argument.required("out", .folder, "the run directory to make")
  private static let resume = Argument.flag(
    "resume", "go on with the run in --out from its last checkpoint")

  static let command = Command(
    "train", "Learns a coupling from pairs (u, v).",
    discussion: """
      The run directory holds config.json (everything that is needed to repeat the run), \
      metrics.jsonl (a line an epoch), model.safetensors, report.html, and checkpoint. A run that \
      was stopped, whatever the reason, goes on with 'couplet train --resume --out RUN' and ends \
      with the same weights as one that was not. Ctrl-C saves a checkpoint first.
      """,
    [
      .init(
        "Data",
        [RunOptions.data, RunOptions.u, RunOptions.v] + RunOptions.ofPairs
          + RunOptions.ofData + [
            RunOptions.verify, config,
          ]),
      .init("Run", [out, resume]),
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
      .init("couplet train --resume --out runs/own", "go on after an interruption"),
    ], run: run)

  private static func run(_ arguments: ParsedArguments) throws {
    let common = try Common(arguments)
    let plan = try Plan(arguments, common)
    let progress = Progress(.standard(quiet: common.quiet), unit: "steps")
    progress.log("couplet: \(plan.data.summary)")

    try plan.warnOfRounding(progress)
    let coupling = try RunOptions.checked {
      try plan.configuration.coupling(training: plan.training)
    }
    warnOfFlooredDirections(coupling, progress)
    try coupling.parameters.move(to: common.device)
    let source = try RunOptions.checked {
      try plan.configuration.pairSource(
        training: plan.training, of: plan.data)
    }
    let heldOut = plan.sampleOfHeldOut
    let trainer = try plan.configuration.trainer()
    let directory = try plan.directory()

    Interrupt.install()
    let outcome = try trainer.fit(
      coupling, to: source,
      evaluate: heldOut.map { pairs in
        { try $0.evaluate(on: pairs, loss: trainer.loss) }
      },
      in: directory, resume: plan.resumes,
      metadata: { try $0.scoreProfile(of: plan.profiled).metadata() },
      onEvent: { show($0, plan.configuration, progress) },
      shouldStop: Interrupt.isRequested)
    progress.end()
    if case .interrupted(let step) = outcome {
      throw Failure(
        "interrupted after step \(step); a checkpoint is saved", at: directory.path,
        remedy: "go on with couplet train --resume --out \(directory.path)")
    }
    let metrics = try directory.metrics()
    try RunPage.write(
      directory, coupling, test: plan.heldOut, training: plan.training, loss: trainer.loss)
    try Console.show(
      summary(metrics, directory), text: text(metrics, plan.configuration, directory), as: common)
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

  // MARK: What to do

  /// What the arguments ask for: which run, with which settings, on which data.
  private struct Plan {
    let configuration: RunConfiguration
    let data: Dataset
    let training: PairedData
    let heldOut: PairedData?
    private let path: String
    /// Whether all of every file is read for its checksum.
    private let verifies: Bool
    /// The run to go on with, if there is one; no other process writes it.
    private let resumed: RunDirectory?
    /// Whether there is a run to go on with.
    var resumes: Bool { resumed != nil }

    init(_ arguments: ParsedArguments, _ common: Common) throws {
      path = arguments[out]
      verifies = arguments[RunOptions.verify]
      resumed = try arguments[resume] ? Self.runToResume(path) : nil
      let existing = try resumed.map(Self.settings)
      let kept = try existing ?? arguments[config].map(Self.read)
      guard let source = try RunOptions.source(arguments) ?? kept?.source() else {
        let isRun = arguments[resume] ? "; there is no run in \(path) to resume" : ""
        throw UsageError(
          "no data are given\(isRun)", remedy: "give --data SPEC, --u FILE --v FILE, or --config")
      }
      if existing == nil { _ = try Self.checkedFree(path) }
      var reading = try RunOptions.reading(
        arguments, RunOptions.ofPairs, kept: kept?.reading)
      // Other data are filled with means of their own.
      if existing == nil { reading?.fills = nil }
      let options = reading ?? .init()
      data = try RunOptions.checked { try source.read(options, report: common.report) }
      reading = reading?.filling(as: data.training)
      configuration = try RunOptions.configuration(
        arguments, seed: common.givenSeed, source: source, data: data,
        reading: reading, kept: kept)
      guard let existing, let directory = resumed else {
        (training, heldOut) = try RunOptions.checked { [configuration, data] in
          try configuration.parts(of: data)
        }
        return
      }
      let record = try directory.readData()
      try configuration.requireSame(as: existing, movedDataPass: record != nil)
      try record?.requireSame(data, reading: configuration.reading, whole: verifies)
      (training, heldOut) = try directory.parts(of: data, configuration)
    }

    /// The run directory, with its configuration.
    func directory() throws -> RunDirectory {
      if let resumed { return resumed }
      let directory = try RunDirectory(creating: path)
      try directory.begin(configuration, data, (training, heldOut), whole: verifies)
      return directory
    }

    /// Training pairs whose scores are written down with the model, for warnings.
    var profiled: PairedData { training.sample(4096) }

    /// At most so many held-out pairs are evaluated after every epoch.
    var sampleOfHeldOut: PairedData? { heldOut?.sample(4096) }

    /// Says where the samples of an encoder that is not standardised lose digits.
    func warnOfRounding(_ progress: Progress) throws {
      for side in configuration.sides where !side.encoder.needsStatistics {
        guard let line = try training[side.modality].lossOfRounding() else { continue }
        progress.log(
          "couplet: warning: \(line) — use --encoder-\(side.modality) \(side.encoder):standardized")
      }
    }

    private static func runToResume(_ path: String) throws -> RunDirectory? {
      guard FileManager.default.fileExists(atPath: "\(path)/config.json") else { return nil }
      return try RunDirectory(opening: path).locked()
    }

    private static func settings(of directory: RunDirectory) throws -> RunConfiguration {
      let settings = try directory.readSettings()
      guard settings.finetunedFrom == nil else {
        throw Failure(
          "the run is fine-tuned, and complete", at: directory.path,
          remedy: "fine-tune again into another folder")
      }
      return settings
    }

    /// Refuses a folder with a run before the data are read.
    private static func checkedFree(_ path: String) throws {
      guard FileManager.default.fileExists(atPath: "\(path)/config.json") else { return }
      throw Failure(
        "the folder already holds a run", at: path,
        remedy: "choose another folder, or go on with that run: --resume")
    }

    private static func read(_ file: String) throws -> RunConfiguration {
      try RunConfiguration(json: WholeFile.read(file), name: file)
    }
  }

  // MARK: What is shown

  private static func show(
    _ event: TrainingEvent, _ settings: RunConfiguration, _ progress: Progress
  ) {
    switch event {
    case .started(let learned, let pairs, let steps, let resumedAt):
      let numbers = ProgressLine.grouped
      progress.log(
        "couplet: \(counted(learned, "learned number")), \(counted(pairs, "pair")), "
          + counted(steps, "step")
          + (pairs < settings.batch
            ? "; a batch of \(numbers(settings.batch)) holds all of them" : "")
          + (resumedAt.map { "; going on after step \(numbers($0))" } ?? ""))
    case .step(let step, let total, let epoch, let loss):
      progress.update(
        step, of: total, note: "epoch \(epoch + 1)/\(settings.epochs)  loss \(loss.short)")
    case .evaluated(let metrics):
      progress.log("couplet: \(line(metrics, learnsTemperature: settings.learnTemperature))")
    case .warning(let text):
      progress.log("couplet: warning: \(text)")
    case .checkpoint: break
    }
  }

  /// A number with its noun: `1 step`, `2,000 steps`.
  private static func counted(_ count: Int, _ noun: String) -> String {
    "\(ProgressLine.grouped(count)) \(noun)\(count == 1 ? "" : "s")"
  }

  /// One line on the state after an epoch.
  private static func line(_ metrics: EpochMetrics, learnsTemperature: Bool) -> String {
    var parts = ["epoch \(metrics.epoch): loss \(metrics.loss.short)"]
    metrics.clipLoss.map { parts[0] += " (CLIP \($0.short))" }
    if learnsTemperature { parts.append("temperature \(metrics.temperature.short)") }
    if let heldOut = metrics.heldOut {
      if let loss = heldOut.loss { parts.append("held-out loss \(loss.short)") }
      if let accuracy = heldOut.accuracy {
        parts.append("accuracy \(accuracy.short)")
      } else {
        for modality in ["u", "v"] {
          heldOut.recall[modality]?["1"].map { parts.append("recall@1 of \(modality) \($0.short)") }
        }
      }
    }
    return parts.joined(separator: ", ")
  }

  private static func summary(_ metrics: [EpochMetrics], _ directory: RunDirectory) -> JSON {
    guard let last = metrics.last else { return .object([]) }
    return .object([
      .init("run", .string(directory.path)),
      .init("epochs", .integer(last.epoch)),
      .init("steps", .integer(last.step)),
      .init("seconds", .number(last.seconds)),
      .init("loss", .number(last.loss)),
      .init("clipLoss", .optional(last.clipLoss)),
      .init("temperature", .number(last.temperature)),
      .init("heldOut", last.heldOut.map { .object($0.json) } ?? .null),
    ])
  }

  private static func text(
    _ metrics: [EpochMetrics], _ configuration: RunConfiguration, _ directory: RunDirectory
  ) -> String {
    guard let last = metrics.last else { return "" }
    return """
      \(directory.path): \(counted(last.epoch, "epoch")), \(counted(last.step, "step")), \(last.seconds.short) s, temperature \
      \(last.temperature.short)
      training loss (\(configuration.loss))  \(last.loss.short)\(last.clipLoss.clip)
      held-out \(last.heldOut?.text(loss: configuration.loss.name) ?? "pairs: none\n")
      """
  }
}

extension RunConfiguration {
  /// - Throws: `UsageError` naming a setting that differs from those of the run to go on with.
  /// - Parameter movedDataPass: whether the same data may lie elsewhere, since their content is compared.
  fileprivate func requireSame(as other: RunConfiguration, movedDataPass: Bool) throws {
    var settings = self
    if movedDataPass {
      settings.data = other.data
      for place in settings.sides.indices { settings.sides[place].file = other.sides[place].file }
    }
    guard settings != other else { return }
    func members(_ configuration: RunConfiguration) throws -> [String: String] {
      let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(configuration))
      return (object as? [String: Any] ?? [:]).mapValues { "\($0)" }
    }
    let (mine, its) = (try members(settings), try members(other))
    let differing = Set(mine.keys).union(its.keys).subtracting(["version"]).sorted()
      .first { mine[$0] != its[$0] }
    guard let differing else { return }
    throw UsageError(
      "\(differing) is \(mine[differing] ?? "none") but the run has \(its[differing] ?? "none")",
      remedy:
        "resume with the run's own settings (--resume and --out alone), or choose another --out")
  }
}
