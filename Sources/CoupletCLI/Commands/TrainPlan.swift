import Arguments
import CoupletCore
import Encoders
import Files
import Foundation
import Runs
import Training

/// What the arguments ask for: which run, with which settings, on which data.
struct TrainPlan {
  private(set) var configuration: RunConfiguration
  let data: Dataset
  private(set) var parts: PairParts
  private let path: String
  /// Whether all of every file is read for its checksum.
  private let verifies: Bool
  /// The run to go on with, if there is one; no other process writes it.
  private let resumed: RunDirectory?
  /// Whether there is a run to go on with.
  var resumes: Bool { resumed != nil }
  /// The number of epochs that the run to go on with was to have, where it is to have more.
  let extendedFrom: Int?
  /// Whether scalars are written for TensorBoard: as asked for, or as the run to go on with has them.
  let logsScalars: Bool
  /// The settings that are given, or stand for the purpose; nil where the others are another run's.
  private let given: Set<String>?
  /// The settings that are given.
  private let asked: Set<String>
  /// What the run is for, where that is said.
  private let purpose: Purpose?
  /// The encoders that were tried.
  private(set) var trials: [Trial]?

  /// - Parameters:
  ///   - base: the settings where none are given; those of the run in --out or of --config when nil.
  ///   - member: which of several runs in --out this is, from 1 on; nil where it is one.
  init(
    _ arguments: ParsedArguments, _ common: Common, _ ranks: Communicator,
    base: RunConfiguration? = nil, member: Int? = nil
  ) throws {
    path = member.map { RunFamily.folder($0, in: arguments[Train.out]) } ?? arguments[Train.out]
    verifies = arguments[RunOptions.verify]
    logsScalars =
      arguments[Train.tensorboard]
      || arguments[Train.resume] && Folder.exists(ScalarLog.folder(of: path))
    resumed = try arguments[Train.resume] ? Self.runToResume(path, ranks) : nil
    let existing = try resumed.map(Self.settings)
    let kept = try existing ?? base ?? arguments[Train.config].map(Self.read)
    // Later members have what was decided for the first.
    purpose = base == nil ? try Self.purpose(arguments, isNew: kept == nil) : nil
    guard let source = try RunOptions.source(arguments) ?? kept?.source() else {
      let isRun = arguments[Train.resume] ? "; there is no run in \(path) to resume" : ""
      throw UsageError(
        "no data are given\(isRun)", remedy: "give --data SPEC, --u FILE --v FILE, or --config")
    }
    if existing == nil { try Self.requireFree(path) }
    if let experiment = kept?.experiment {
      common.warn(
        "the settings are of a run of couplet reproduce \(experiment), which trains by more than they say: this is another run"
      )
    }
    var reading = try RunOptions.reading(
      arguments, RunOptions.ofPairs, kept: kept?.reading)
    // Other data are filled with means of their own.
    if existing == nil { reading?.fills = nil }
    let options = reading ?? .init()
    data = try ranks.sharingDecoded {
      try RunOptions.checked { try source.read(options, report: common.report) }
    }
    reading = reading?.filling(as: data.training)
    var (settings, decided) = try RunOptions.configuration(
      arguments, seed: common.givenSeed, source: source, data: data,
      reading: reading, kept: kept, purpose: purpose)
    asked = RunOptions.given(arguments)
    given = kept == nil ? asked.union(decided) : nil
    settings.member = member == nil ? existing?.member : member.flatMap { $0 > 1 ? $0 : nil }
    guard let existing, let directory = resumed else {
      extendedFrom = nil
      parts = try RunOptions.checked { [settings, data] in try settings.parts(of: data) }
      settings.extendedFrom = nil
      if kept == nil {
        settings.setLength(for: parts, given: asked, purpose: purpose)
        settings.setKeep(given: asked)
      }
      configuration = settings
      return
    }
    // What was decided then is not decided again.
    if settings.dimension == RunConfiguration.automaticDimension {
      settings.dimension = existing.dimension
    }
    let record = try directory.readData()
    extendedFrom = settings.epochs > existing.epochs ? existing.epochs : nil
    try settings.requireSame(
      as: existing, movedDataPass: record != nil, mayGoOn: extendedFrom != nil)
    if let extendedFrom {
      settings.extendedFrom = (existing.extendedFrom ?? []) + [extendedFrom]
    }
    try record?.requireSame(data, reading: settings.reading, whole: verifies)
    parts = try directory.parts(of: data, settings)
    configuration = settings
  }

  private static func purpose(_ arguments: ParsedArguments, isNew: Bool) throws -> Purpose? {
    let purpose = arguments[Train.purpose]
    guard purpose == nil || isNew else {
      throw UsageError(
        "the settings are those of another run", at: .setting("for"),
        remedy: "leave it out, or leave out --resume and --config")
    }
    return purpose
  }

  /// Decides what is not given, by the samples' spaces and by short trainings.
  mutating func choose(_ common: Common, _ progress: Progress) throws {
    if purpose == .posterior,
      let reason = try configuration.takeLinearLikelihood(parts, given: asked)
    {
      progress.log("couplet: \(reason)")
    }
    let isAutomatic = configuration.dimension == RunConfiguration.automaticDimension
    try decideDimension(progress)
    guard var given else { return }
    // A dimension that was decided leaves the encoders open.
    if isAutomatic { given.remove("dimension") }
    var choice = EncoderChoice(
      configuration, parts, given: given, device: common.device,
      shouldStop: Interrupt.isRequested)
    guard choice.isOpen else { return }
    let clock = ContinuousClock.now
    configuration = try choice.best()
    trials = choice.trials.isEmpty ? nil : choice.trials
    let chosen = configuration.sides.map { "\($0.modality) \($0.encoder)" }
    let seconds = clock.duration(to: .now) / .seconds(1)
    progress.log(
      "couplet: encoders "
        + (trials.map {
          "chosen of \($0.count) on "
            + (parts.validation == nil
              ? "five folds of the training pairs" : "the validation pairs")
            + " in \(seconds.short) s"
        } ?? "by the kind of the samples") + ": \(chosen.joined(separator: ", "))")
  }

  /// The settings that are given, where encoders that are not are chosen; nil where they stay as they are.
  private var openTo: Set<String>? {
    guard let given else { return nil }
    let others = given.subtracting(["dimension"])
    return EncoderChoice(configuration, parts, given: others).isOpen ? others : nil
  }

  /// Decides the dimension, where that is `auto`.
  mutating func decideDimension(_ progress: Progress) throws {
    guard let reason = try configuration.decideDimension(parts, given: openTo) else { return }
    progress.log("couplet: dimension \(configuration.dimension): \(reason)")
  }

  /// Takes settings that were chosen by trials.
  mutating func take(_ settings: RunConfiguration, _ trials: [Trial]) throws {
    // They may leave the validation part out.
    parts = try settings.parts(of: data)
    (configuration, self.trials) = (settings, trials)
  }

  /// Takes what was tried before the run that is gone on with.
  mutating func keep(_ trials: [Trial]) { self.trials = trials }

  /// The run directory, with its configuration.
  ///
  /// Rank 0 makes it, once all ranks have seen that it is free.
  func directory(_ ranks: Communicator) throws -> RunDirectory {
    ranks.barrier()
    defer { ranks.barrier() }
    if let directory = resumed {
      if extendedFrom != nil, ranks.rank == 0 { try directory.writeConfiguration(configuration) }
      return directory
    }
    guard ranks.rank == 0 else { return RunDirectory(at: path) }
    let directory = try RunDirectory(creating: path)
    try directory.begin(configuration, data, parts, whole: verifies)
    try trials.map(directory.write)
    return directory
  }

  /// Pairs whose scores are written down with the model, for warnings: of the validation where there are enough.
  var profiled: PairedData {
    let held = parts.validation.flatMap { $0.count >= 200 ? $0 : nil }
    return (held ?? parts.training).sample(4096)
  }

  /// At most so many pairs of validation, or of the test where there is none, are evaluated while training goes on.
  var watched: PairedData? {
    parts.watched?.sample(configuration.tilting.value.pair == nil ? 4096 : 500)
  }

  /// What the best epoch is found by; nil without a validation part.
  var comparison: LossComparison? {
    parts.validation.flatMap {
      LossComparison(
        training: parts.training, validation: $0, batch: configuration.batch,
        loss: configuration.loss.value)
    }
  }

  /// Says what a run with more epochs than it was begun with is.
  func warnOfExtension(_ progress: Progress) {
    guard let extendedFrom, configuration.schedule != .constant else { return }
    progress.log(
      "couplet: warning: the schedule \(configuration.schedule) ended after \(extendedFrom) epochs and now spans "
        + "\(configuration.epochs): this is another run than one of \(configuration.epochs) epochs from the start — "
        + "train that anew to compare")
  }

  /// Says where the samples of an encoder that is not standardised lose digits.
  func warnOfRounding(_ progress: Progress) throws {
    for side in configuration.sides where !side.encoder.needsStatistics {
      guard let line = try parts.training[side.modality].lossOfRounding() else { continue }
      progress.log(
        "couplet: warning: \(line) — use --encoder-\(side.modality) \(side.encoder):standardized")
    }
  }

  /// Refuses to go on where ranks have chosen different settings.
  func requireAgreement(_ ranks: Communicator) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    guard ranks.agree(on: Array(try encoder.encode(configuration))) else {
      throw Failure(
        "the ranks have chosen different settings",
        remedy: "name the encoders with --encoder-u and --encoder-v")
    }
  }

  private static func runToResume(_ path: String, _ ranks: Communicator) throws -> RunDirectory? {
    guard FileManager.default.fileExists(atPath: "\(path)/config.json") else { return nil }
    let run = try RunDirectory(opening: path)
    // Rank 0 writes for all.
    return ranks.rank == 0 ? try run.locked() : run
  }

  private static func settings(of directory: RunDirectory) throws -> RunConfiguration {
    let settings = try directory.readSettings()
    guard settings.finetunedFrom == nil else {
      throw Failure(
        "the run is fine-tuned, and complete", at: directory.path,
        remedy: "fine-tune again into another folder")
    }
    if let experiment = settings.experiment {
      throw Failure(
        "the run is of an experiment, which trains by more than config.json says",
        at: directory.path,
        remedy: "go on with couplet reproduce \(experiment), or train anew from its --config")
    }
    return settings
  }

  /// Refuses a folder with a run before the data are read.
  static func requireFree(_ path: String) throws {
    try RunDirectory.requireFree(
      path, remedy: "choose another folder, or go on with that run: --resume")
  }

  private static func read(_ file: String) throws -> RunConfiguration {
    try RunConfiguration(json: WholeFile.read(file), name: file)
  }
}

extension RunConfiguration {
  /// - Throws: `UsageError` naming a setting that differs from those of the run to go on with.
  /// - Parameters:
  ///   - movedDataPass: whether the same data may lie elsewhere, since their content is compared.
  ///   - mayGoOn: whether the number of epochs may be another.
  func requireSame(
    as other: RunConfiguration, movedDataPass: Bool, mayGoOn: Bool = false
  ) throws {
    var settings = self
    if mayGoOn { settings.epochs = other.epochs }
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
