import CoupletCore
import Files
import Foundation
import Runs
import Training

/// Where experiments work: the folder of their files, the scale of the run, and what they share.
///
/// Couplings are trained under `runs/`, each once: an experiment that was interrupted goes on from the last
/// checkpoint, and two experiments that need the same coupling train it one time. What is trained is a run as
/// `couplet train` leaves one, which every command opens; pairs that were simulated for it lie under `data/`.
public final class Workshop {
  /// The folder of everything that is written.
  public let folder: String
  /// Whether to make a reduced run that shows the same effects.
  public let isQuick: Bool
  /// Of everything random; an experiment takes keys of its own from it.
  public let seed: UInt64
  /// The folder with `mnist/`, nil when none is known.
  public let dataFolder: String?
  private let report: (Report) -> Void
  private let shouldStop: () -> Bool

  /// What a workshop tells while it works.
  public enum Report {
    /// A line for the user.
    case line(String)
    /// So many steps of all, and how it goes.
    case step(Int, of: Int, note: String)
  }

  /// - Throws: `Failure` when the folder cannot be made.
  public init(
    folder: String, isQuick: Bool, seed: UInt64 = 0, dataFolder: String? = nil,
    report: @escaping (Report) -> Void = { _ in }, shouldStop: @escaping () -> Bool = { false }
  ) throws {
    Experiments.register()
    try Folder.make(folder)
    self.folder = folder
    self.isQuick = isQuick
    self.seed = seed
    self.dataFolder = dataFolder
    self.report = report
    self.shouldStop = shouldStop
  }

  /// The key of the seed, for one use.
  func key(_ use: Int) -> Key { Key(seed).folded(with: use) }

  func path(_ name: String) -> String { folder + "/" + name }

  func log(_ line: String) { report(.line(line)) }

  /// Says how far a computation is.
  /// - Throws: `Failure` when the user asked to stop.
  func progress(_ done: Int, of total: Int, note: String) throws {
    guard !shouldStop() else { throw interruption }
    report(.step(done, of: total, note: note))
  }

  /// The pairs as files of a folder under `data/`, from which runs on them are evaluated.
  /// - Parameter name: different for other pairs of the same seed.
  /// - Throws: `Failure` when they cannot be written.
  func stored(
    _ training: PairedData, test: PairedData? = nil, name: String,
    groups: GroupsChoice? = GroupsChoice.none
  ) throws -> Dataset {
    let folder = Folder.absolute(path("data/\(name)-seed\(seed)"))
    if try AtomicDirectory.open(folder) == nil {
      try Folder.make(path("data"))
      try AtomicDirectory.write(to: folder) { folder in
        for (suffix, pairs) in [("", training)] + (test.map { [("-test", $0)] } ?? []) {
          for (modality, samples) in zip(pairs.modalities, pairs.samples) {
            try Npy.write(
              try samples.all().numericArray, to: "\(folder)/\(modality)\(suffix).npy")
          }
        }
      }
    }
    return try DataSource(folder).read(DataOptions(groups: groups))
  }

  /// The settings that hold where nothing else is said, for data that can be read again by their name, of a run that these
  /// experiments train by more than the settings say.
  func settings(_ group: Experiment.Group, on data: Dataset) -> RunConfiguration {
    var settings = RunConfiguration(for: data)
    settings.experiment = group.rawValue
    settings.data = data.name
    settings.reading = DataOptions(groups: GroupsChoice.none)
    settings.seed = seed
    // The paper trains for a number of epochs and keeps the last.
    (settings.validation, settings.keep, settings.patience) = (PartSettings.none, .last, nil)
    return settings
  }

  /// Trains `coupling` in `runs/NAME`, or loads it when that has been done with the same settings.
  ///
  /// - Parameters:
  ///   - source: where the trainer takes its pairs: the training pairs of the data, or others made of them.
  ///   - parts: which pairs are for what; those of the data when nil.
  ///   - settings: of the run, from `settings(_:on:)`.
  ///   - evaluate: measures quality after epochs.
  ///   - compare: measures the loss by which the best epoch is kept, where the settings keep it.
  /// - Returns: the metrics of all epochs.
  /// - Throws: `Failure` when the folder holds a run with other settings, or the user asked to stop.
  @discardableResult
  func train(
    _ coupling: Coupling, on source: some PairSource, of data: Dataset, parts: PairParts? = nil,
    name: String, settings: RunConfiguration,
    evaluate: ((Coupling) throws -> EvaluationReport)? = nil,
    compare: ((Coupling) throws -> ComparedLoss)? = nil
  ) throws -> [EpochMetrics] {
    let parts = parts ?? PairParts(training: data.training, test: data.test)
    let directory = try runDirectory(name, settings, data, parts)
    let trainer = try settings.trainer()
    let metrics = try directory.metrics()
    // The best epoch's weights are there before the last epoch is over.
    if FileManager.default.fileExists(atPath: directory.modelFile),
      metrics.last.map({ $0.epoch >= settings.epochs }) ?? true
    {
      try directory.loadModel(into: coupling)
      return metrics
    }
    let outcome = try trainer.fit(
      coupling, to: source, evaluate: evaluate, compare: compare, in: directory, resume: true,
      metadata: { try $0.scoreProfile(of: data.training.sample(4096)).metadata() },
      onEvent: { [report] event in
        switch event {
        case .step(let step, let total, let epoch, let loss):
          report(
            .step(
              step, of: total,
              note:
                "\(name)  epoch \(epoch + 1)/\(trainer.epochs)  loss \(loss.rounded(toDigits: 4))"))
        case .warning(let text): report(.line("warning: \(text)"))
        case .started, .evaluated, .stopped, .checkpoint: break
        }
      }, shouldStop: shouldStop)
    if case .interrupted = outcome { throw interruption }
    return try directory.metrics()
  }

  /// The seconds that the training of `runs/NAME` took, nil before its first epoch is over.
  func seconds(ofRun name: String) throws -> Double? {
    try RunDirectory(opening: path("runs/\(name)")).metrics().last?.seconds.rounded(toDigits: 4)
  }

  private func runDirectory(
    _ name: String, _ settings: RunConfiguration, _ data: Dataset, _ parts: PairParts
  ) throws -> RunDirectory {
    let path = path("runs/\(name)")
    guard FileManager.default.fileExists(atPath: path + "/config.json") else {
      let directory = try RunDirectory(creating: path)
      try directory.begin(settings, data, parts)
      return directory
    }
    let directory = try RunDirectory(opening: path)
    var existing = try directory.readSettings()
    // The folder may have been moved, and another version may have written it, which did not name experiments.
    (existing.data, existing.version) = (settings.data, settings.version)
    existing.experiment = settings.experiment
    guard existing == settings else {
      throw Failure(
        "the folder holds a run with other settings", at: path,
        remedy: "delete it, or choose another `out`")
    }
    try directory.readData()?.requireSame(data, reading: settings.reading)
    return directory
  }

  private var interruption: Failure {
    Failure(
      "interrupted; what was trained is kept", at: folder,
      remedy: "give the same command again to go on")
  }
}
