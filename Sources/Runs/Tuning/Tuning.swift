import CoupletCore
import Files
import Foundation
import Training

/// Settings chosen by trials on the validation pairs: the plan of `couplet tune`, carried out.
///
/// All that is found is kept in the folder as it is found (`trials.jsonl`, a line each), and a training that is under way
/// has checkpoints there: killed and begun again, it goes on where it was, and ends as if it had never stopped.
///
/// ```swift
/// var tuning = try Tuning(plan, data, parts, in: "runs/best/tune")
/// while let trial = try tuning.next() { print(trial.rank) }
/// let settings = try tuning.best()   // all that was decided, as config.json holds it
/// tuning.trials                      // what was tried, best first
/// ```
public struct Tuning {
  /// One training: settings, how long, on which parting, and what came of it.
  struct Record: Codable, Equatable {
    let candidate: Int
    let steps: Int
    let parting: Int
    /// Nil where the training failed.
    var rank: Double?
    var loss: Double?
    /// As of `TrialTraining.Outcome`; nil in records of versions that did not ask.
    var hasLearned: Bool?
    /// The steps that were taken.
    var taken: Int?
    /// The epoch with the lowest validation loss.
    var bestEpoch: Int?
    var failure: String?

    func isOf(_ candidate: Int, _ steps: Int, _ parting: Int) -> Bool {
      self.candidate == candidate && self.steps == steps && self.parting == parting
    }
  }

  /// A training that is to be made.
  private struct Task {
    let candidate: Int
    let steps: Int
    let parting: Int
  }

  private let plan: TuningPlan
  private let partings: Partings
  private let folder: String
  private let device: Device
  private let shouldStop: () -> Bool
  private var records: [Record]

  /// - Parameters:
  ///   - parts: of the run.
  ///   - folder: of what is found; what an earlier session found there counts.
  ///   - shouldStop: asked before every step.
  /// - Throws: `Failure` when a file in the folder is damaged.
  public init(
    _ plan: TuningPlan, _ data: Dataset, _ parts: PairParts, in folder: String,
    device: Device = .cpu, shouldStop: @escaping () -> Bool = { false }
  ) throws {
    (self.plan, self.folder, self.device) = (plan, folder, device)
    self.shouldStop = shouldStop
    partings = Partings(data, parts, seed: plan.base.seed)
    records = try Tuning.trialLines(folder).read()
  }

  // MARK: Trials

  /// The number of trainings that have been made, and of all.
  public var progress: (done: Int, all: Int) {
    (min(records.count, count), count)
  }

  private var count: Int {
    var (count, known) = (0, 0)
    for (place, stage) in plan.stages.enumerated() {
      count += stage.count * (place == 0 ? 1 : stage.partings - known)
      if place > 0 { known = stage.partings }
    }
    return count
  }

  /// Makes the next training of the plan.
  /// - Returns: what came of it; nil when all have been made.
  /// - Throws: `Failure` when it is asked to stop, or a file cannot be read or written. A training that fails is a
  ///   trial that failed.
  public mutating func next() throws -> Trial? {
    guard let task = nextTask() else { return nil }
    let parts = try partings[task.parting]
    var record = Record(candidate: task.candidate, steps: task.steps, parting: task.parting)
    var settings: RunConfiguration?
    do {
      let made = try plan.settings(of: task.candidate, steps: task.steps, for: partings.own)
      settings = made
      let outcome = try training(task, made, parts)
      (record.rank, record.loss) = (outcome.rank, outcome.loss)
      record.hasLearned = outcome.hasLearned
      (record.taken, record.bestEpoch) = (outcome.steps, outcome.bestEpoch)
    } catch let failure as Failure where failure.isOfSettings {
      record.failure = failure.description
    }
    records.append(record)
    try Tuning.trialLines(folder).write(records)
    try removeCheckpoints()
    return trial([record], settings)
  }

  private func training(_ task: Task, _ settings: RunConfiguration, _ parts: PairParts) throws
    -> TrialTraining.Outcome
  {
    let name = "under-way-\(task.candidate)-\(task.steps)-\(task.parting)"
    try removeCheckpoints(but: name)
    let train = TrialTraining(parts: parts, device: device, shouldStop: shouldStop)
    let outcome = try train(
      settings, mostSteps: task.steps, in: RunDirectory(creating: "\(folder)/\(name)"))
    guard let outcome else { throw Tuning.interrupted(folder) }
    return outcome
  }

  private static func trialLines(_ folder: String) -> JSONLines<Record> {
    JSONLines("\(folder)/trials.jsonl")
  }

  /// - Parameter folder: of the tuning.
  static func interrupted(_ folder: String) -> Failure {
    Failure(
      "interrupted; what was found is saved", at: folder,
      remedy:
        "go on with couplet tune --resume --out \((folder as NSString).deletingLastPathComponent)")
  }

  private func removeCheckpoints(but kept: String = "") throws {
    let manager = FileManager.default
    for name in (try? manager.contentsOfDirectory(atPath: folder)) ?? []
    where name.hasPrefix("under-way-") && name != kept {
      try? manager.removeItem(atPath: "\(folder)/\(name)")
    }
  }

  /// The first training, in the order of the plan, that has not been made.
  private func nextTask() -> Task? {
    var alive = Array(plan.candidates.indices)
    for (place, stage) in plan.stages.enumerated() {
      if place > 0 { alive = Array(ranked(alive).prefix(stage.count)).sorted() }
      for parting in 0..<stage.partings {
        for candidate in alive
        where !records.contains(where: { $0.isOf(candidate, stage.steps, parting) }) {
          return Task(candidate: candidate, steps: stage.steps, parting: parting)
        }
      }
    }
    return nil
  }

  // MARK: Results

  /// The trainings of a candidate that its rank goes by: the longest ones.
  private func last(_ candidate: Int) -> [Record] {
    let own = records.filter { $0.candidate == candidate }
    let steps = own.map(\.steps).max()
    return own.filter { $0.steps == steps }
  }

  /// The candidates that were tried longest and on most partings first, of equals those that did not fail, of equals those
  /// that learned something on more of them, of equals the best, of equals the first.
  private func ranked(_ candidates: [Int]) -> [Int] {
    let keyed = candidates.map { candidate -> (candidate: Int, key: [Double]) in
      let last = last(candidate)
      let ranks = last.compactMap(\.rank)
      return (
        candidate,
        [
          Double(last.first?.steps ?? 0), Double(last.count), ranks.count == last.count ? 1 : 0,
          Double(last.count { $0.hasLearned ?? true }),
          ranks.reduce(0, +) / Double(max(1, ranks.count)),
        ]
      )
    }
    return keyed.sorted {
      $0.key == $1.key
        ? $0.candidate < $1.candidate : $1.key.lexicographicallyPrecedes($0.key)
    }.map(\.candidate)
  }

  /// What was tried, the best first.
  public var trials: [Trial] {
    let tried = Set(records.map(\.candidate))
    return ranked(tried.sorted()).map { candidate in
      trial(last(candidate), try? plan.base.with(plan.candidates[candidate]))
    }
  }

  private func trial(_ records: [Record], _ settings: RunConfiguration?) -> Trial {
    func mean(_ values: [Double?]) -> Double {
      values.map { $0 ?? 0 }.reduce(0, +) / Double(max(1, values.count))
    }
    let candidate = records.first?.candidate ?? 0
    let learned = records.compactMap(\.hasLearned)
    return Trial(
      encoders: settings?.sides.map(\.encoder.description) ?? [],
      rank: mean(records.map(\.rank)), loss: mean(records.map(\.loss)),
      settings: plan.candidates[candidate], steps: records.first?.steps, partings: records.count,
      hasLearned: learned.isEmpty ? nil : learned.contains(true),
      failure: records.compactMap(\.failure).first)
  }

  /// The settings of the best candidate, for as many steps as it was tried with; where the plan says so without validation
  /// pairs, for as many epochs as were best on average.
  /// - Throws: `Failure` when every training failed.
  public func best() throws -> RunConfiguration {
    let first = ranked(Array(Set(records.map(\.candidate)))).first
    guard let first, let steps = last(first).first?.steps,
      last(first).allSatisfy({ $0.rank != nil })
    else {
      throw Failure(
        "every training failed"
          + (records.compactMap(\.failure).first.map { ", the first: \($0)" } ?? ""),
        remedy: "train with couplet train to see why")
    }
    var settings = try plan.settings(of: first, steps: steps, for: partings.own)
    if plan.refit == true {
      let epochs = last(first).map { Double($0.bestEpoch ?? 0) }
      let mean = epochs.reduce(0, +) / Double(max(1, epochs.count))
      (settings.validation, settings.keep, settings.patience) = (PartSettings.none, .last, nil)
      settings.epochs = max(1, Int(saturating: mean.rounded()))
      settings.evaluateEvery = max(1, min(settings.evaluateEvery, settings.epochs / 10))
    }
    return settings
  }
}

extension Failure {
  /// Whether settings are at fault, or what training made of them, and not a file.
  fileprivate var isOfSettings: Bool {
    switch place {
    case .none, .setting: true
    default: false
    }
  }
}
