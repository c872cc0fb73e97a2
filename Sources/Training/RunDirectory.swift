import CoupletCore
import Files
import Foundation

/// A folder that holds everything of a run: `config.json` (all that is needed to repeat it), `metrics.jsonl` (a
/// line an epoch), `model.safetensors`, `checkpoint/`. Every write is atomic, and one process at a time writes: a new
/// run is locked, one that is there by `locked()`. Symbolic links in the folder are replaced, never written through.
///
/// ```swift
/// let run = try RunDirectory(creating: "runs/first")
/// try run.writeConfiguration(settings)
/// try trainer.fit(coupling, to: pairs, in: run)
/// ```
public struct RunDirectory: Sendable {
  /// The folder.
  public let path: String
  /// Kept as long as some copy of this value is.
  private let lock: RunLock?

  /// All that is needed to repeat the run, as JSON.
  public var configurationFile: String { path + "/config.json" }
  /// One `EpochMetrics` a line, as JSON.
  public var metricsFile: String { path + "/metrics.jsonl" }
  /// The trained weights: the best so far where the best epoch is kept, else there once training has finished.
  public var modelFile: String { path + "/model.safetensors" }
  /// What a run that was stopped goes on from.
  public var checkpointFolder: String { path + "/checkpoint" }
  /// The page about the run, for people: written after training, and again by `couplet evaluate --diagnostics`.
  public var reportFile: String { path + "/report.html" }

  /// A new, empty run, which no other process writes as long as this value lives.
  /// - Throws: `Failure` when a run is there already, another process is making one, or the folder cannot be made.
  public init(creating path: String) throws {
    try RunDirectory.requireFree(path)
    try Folder.make(path)
    self.path = path
    lock = try RunLock(path)
    // Another process may have made one in the meantime.
    try RunDirectory.requireFree(path)
  }

  /// Refuses a folder with a run.
  /// - Throws: `Failure` when there is one.
  package static func requireFree(
    _ path: String, remedy: String = "choose another folder, or resume that run"
  ) throws {
    guard !FileManager.default.fileExists(atPath: path + "/config.json") else {
      throw Failure("the folder already holds a run", at: path, remedy: remedy)
    }
  }

  /// A folder that another process makes and writes.
  package init(at path: String) { self.init(path, nil) }

  /// What the folder of several runs has in place of `config.json`.
  package static let familyFile = "members.json"

  /// A run that is there, to be read.
  /// - Throws: `Failure` when there is none.
  public init(opening path: String) throws {
    self.init(path, nil)
    guard FileManager.default.fileExists(atPath: configurationFile) else {
      guard !FileManager.default.fileExists(atPath: "\(path)/\(RunDirectory.familyFile)") else {
        throw Failure(
          "the folder holds several runs, and one is wanted", at: path,
          remedy: "name one of them, as \(path)/member-1")
      }
      throw Failure(
        "not a run: there is no config.json", at: path,
        remedy: "give the folder that couplet train --out wrote")
    }
  }

  private init(_ path: String, _ lock: RunLock?) {
    self.path = path
    self.lock = lock
  }

  /// The run, which no other process writes as long as the value returned lives.
  ///
  /// ```swift
  /// let run = try RunDirectory(opening: "runs/first").locked()
  /// ```
  /// - Throws: `Failure` when another process trains it, or it cannot be written.
  public func locked() throws -> RunDirectory {
    lock == nil ? RunDirectory(path, try RunLock(path)) : self
  }

  /// What users must see to themselves where the file system has no locks; nil elsewhere.
  public var lockWarning: String? {
    guard let lock, !lock.keepsOthersOut else { return nil }
    return "\(path): the file system has no locks — see that no other process writes this run"
  }

  // MARK: Configuration

  /// Writes `config.json`, with sorted keys.
  /// - Throws: `Failure` when it cannot be written.
  public func writeConfiguration(_ configuration: some Encodable) throws {
    try write(configuration, to: configurationFile)
  }

  /// Writes a value as JSON that people can read.
  package func write(_ value: some Encodable, to file: String) throws {
    try AtomicFile.write(json: value, to: file)
  }

  /// The value in a file of JSON; nil when there is no such file.
  package func readIfPresent<Value: Decodable>(_: Value.Type, _ file: String) throws -> Value? {
    guard let data = try WholeFile.readIfPresent(file) else { return nil }
    do {
      return try JSONDecoder().decode(Value.self, from: data)
    } catch {
      throw Failure(
        "the file is damaged (\(RunDirectory.reason(error)))", at: file,
        remedy: "restore the file, or train again")
    }
  }

  /// - Throws: `Failure` when the file is damaged or from another version.
  /// - Parameter current: brings what an earlier version wrote to the present layout.
  public func readConfiguration<C: Decodable>(
    _: C.Type, from current: (Data) throws -> Data = { $0 }
  ) throws -> C {
    do {
      return try JSONDecoder().decode(
        C.self, from: current(WholeFile.read(configurationFile)))
    } catch let failure as Failure {
      throw failure.place == .none ? failure.at(.file(configurationFile)) : failure
    } catch {
      throw Failure(
        "cannot be read as a run's configuration (\(RunDirectory.reason(error)))",
        at: configurationFile, remedy: "restore the file, or train again")
    }
  }

  // MARK: Metrics

  /// Appends a line each.
  /// - Throws: `Failure` when the file cannot be read or written.
  public func append(_ metrics: [EpochMetrics]) throws {
    guard !metrics.isEmpty else { return }
    try metricsLines.append(metrics)
  }

  /// The lines of `metrics.jsonl`; none before the first epoch is over.
  /// - Throws: `Failure` naming the line that is damaged.
  public func metrics() throws -> [EpochMetrics] { try metricsLines.read() }

  /// Forgets the lines after so many completed epochs, so that a resumed run writes them again.
  package func truncateMetrics(afterEpoch epoch: Int) throws {
    try metricsLines.write(try metrics().filter { $0.epoch <= epoch })
  }

  private var metricsLines: JSONLines<EpochMetrics> { JSONLines(metricsFile) }

  // MARK: Model

  /// Writes the weights, with texts beside them, as `model.safetensors`.
  /// - Throws: `Failure` when they cannot be written.
  public func saveModel(_ coupling: Coupling, metadata: [String: String] = [:]) throws {
    try Safetensors(coupling.savedTensors, metadata: metadata).write(to: modelFile)
  }

  /// Loads the trained weights.
  /// - Throws: `Failure` when training has not finished, or the weights are another model's.
  public func loadModel(into coupling: Coupling) throws {
    try coupling.load(try readModel().tensors(), from: modelFile)
  }

  /// What was saved beside the trained weights.
  /// - Throws: `Failure` when training has not finished.
  public func modelMetadata() throws -> [String: String] { try readModel().metadata }

  private func readModel() throws -> Safetensors {
    guard FileManager.default.fileExists(atPath: modelFile) else {
      // A run that was stopped is usable: its last checkpoint is.
      if let checkpoint = try AtomicDirectory.open(checkpointFolder) {
        return try Safetensors.read(checkpoint + "/model.safetensors")
      }
      throw Failure(
        "training has not finished: there is no model.safetensors", at: path,
        remedy: "finish it with couplet train --resume --out \(path)")
    }
    return try Safetensors.read(modelFile)
  }

  package static func reason(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "no key '\(key.stringValue)'"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "wrong value for '\(context.codingPath.map(\.stringValue).joined(separator: "."))'"
    case DecodingError.dataCorrupted(let context)
    where context.codingPath.isEmpty && context.debugDescription.contains("valid JSON"):
      "not JSON"
    case DecodingError.dataCorrupted(let context):
      (context.codingPath.isEmpty
        ? "" : "'\(context.codingPath.map(\.stringValue).joined(separator: ".").quoted)': ")
        + context.debugDescription
    default: error.localizedDescription
    }
  }
}
