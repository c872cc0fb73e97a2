import CoupletCore
import Files
import Foundation
import Training

/// What `couplet tune` does: settings to try, and the stages of successive halving (Jamieson and Talwalkar 2016; Karnin,
/// Koren and Somekh 2013). It is made once, from a budget of time and a measured rate, and written down as
/// `tune/plan.json`: carried out again, with the same pairs, it has the same result to the bit on one machine and thread
/// count.
///
/// Of n settings the first stage trains all for a quarter of the steps; every further stage keeps the best third:
/// first for all steps, then on two and then on six further partings of the same pairs in training and validation, since the
/// validation pairs of one are too few to tell settings apart.
public struct TuningPlan: Codable, Equatable, Sendable {
  /// One stage of halving.
  public struct Stage: Codable, Equatable, Sendable {
    /// So many settings are tried, the best of the stage before.
    public var count: Int
    /// Steps of a training at most.
    public var steps: Int
    /// Partings in training and validation pairs on which each is tried; what was tried in earlier stages with as many
    /// steps counts.
    public var partings: Int
  }

  /// How fast trainings went before the plan was made.
  public struct Rate: Codable, Equatable, Sendable {
    /// Seconds of a step, with what is measured between steps, on average over the first settings.
    public var secondsPerStep: Double
    /// The same of the slowest of them, as the winners may be; nil where it was not measured.
    public var slowestSecondsPerStep: Double?
    /// The steps that the first settings took until the validation loss stopped them; nil when that takes too long.
    public var stepsUntilStop: Int?

    /// From numbers that are known.
    public init(secondsPerStep: Double, slowest: Double? = nil, stepsUntilStop: Int? = nil) {
      (self.secondsPerStep, slowestSecondsPerStep) = (secondsPerStep, slowest)
      self.stepsUntilStop = stepsUntilStop
    }
  }

  /// What all trials have.
  public let base: RunConfiguration
  /// By what the data are known again.
  public let data: DataRecord
  /// Seconds.
  public let budget: Double
  /// As it was measured.
  public let rate: Rate
  /// The settings to try, by the names of their options; what is not named is as in `base`.
  public let candidates: [[String: String]]
  /// In their order.
  public let stages: [Stage]
  /// Whether the best settings are trained on the validation pairs, too; not when nil.
  public let refit: Bool?

  /// More settings than this are not tried, and no more partings.
  static let most = (candidates: 400, partings: 9)
  /// From so many validation pairs on one parting tells settings apart.
  static let manyPairs = 2_000

  /// The stages for which there is time.
  /// - Parameters:
  ///   - budget: seconds for all stages, and for the training of the best settings at the end.
  ///   - whole: the budget that was given, of which measuring took a part; as `budget` when nil.
  ///   - partings: how many there may be.
  /// - Throws: `Failure` when the budget is not enough for two settings.
  static func stages(
    budget: Double, of whole: Double? = nil, rate: Rate, partings: Int
  ) throws -> [Stage] {
    let wanted =
      rate.stepsUntilStop.map { min(RunConfiguration.standardSteps, max(200, 2 * $0)) }
      ?? RunConfiguration.standardSteps
    // At least a dozen settings, where steps are so slow that not all can be made.
    let lengths = (0..<7).map { wanted >> $0 }.filter { $0 >= 40 }
    func time(_ count: Int, _ steps: Int) -> Double {
      seconds(stages(count, steps, partings), min(steps, rate.stepsUntilStop ?? steps), rate)
    }
    for steps in lengths {
      let affordable = (2...most.candidates).reversed().first { time($0, steps) <= budget }
      if let affordable, affordable >= 12 || steps == lengths.last {
        return stages(affordable, steps, partings)
      }
    }
    // Measuring takes a part of a budget, too.
    let least = 1.3 * time(2, lengths.last ?? 40) + 5
    throw Failure(
      "\((whole ?? budget).digits(4)) s are not enough to compare settings: a step takes "
        + "\(rate.secondsPerStep.digits(3)) s",
      at: .setting("budget"),
      remedy: "give \(Int(saturating: least.rounded(.up)))s or more, or a smaller batch")
  }

  private static func stages(_ count: Int, _ steps: Int, _ partings: Int) -> [Stage] {
    var stages = [Stage(count: count, steps: max(20, steps / 4), partings: 1)]
    var (count, kept) = (count, 1)
    while true {
      count = (count + 2) / 3
      // A setting alone is compared with nothing; the first that is trained in full is.
      guard count > 1 || stages.count == 1 else { return stages }
      stages.append(Stage(count: count, steps: steps, partings: kept))
      guard kept < partings else { return stages }
      kept = min(3 * kept, partings)
    }
  }

  /// What stages take, with the training at the end: the first at the average pace, the others, whose settings have won, at the
  /// slowest.
  /// - Parameter full: steps of a training that may stop early.
  private static func seconds(_ stages: [Stage], _ full: Int, _ rate: Rate) -> Double {
    let first = stages[0].count * min(stages[0].steps, full)
    var (steps, partings) = (full, 0)
    for stage in stages.dropFirst() {
      steps += stage.count * (stage.partings - partings) * min(stage.steps, full)
      partings = stage.partings
    }
    return Double(first) * rate.secondsPerStep
      + Double(steps) * (rate.slowestSecondsPerStep ?? rate.secondsPerStep)
  }

  // MARK: Settings of a trial

  /// The settings of a candidate for so many steps.
  /// - Throws: `Failure` when they do not go together.
  func settings(of candidate: Int, steps: Int, for parts: PairParts) throws -> RunConfiguration {
    var settings = try base.with(candidates[candidate])
    settings.setLength(steps: steps, for: parts)
    return settings
  }
}

extension TuningPlan {
  /// Writes `plan.json`.
  /// - Throws: `Failure` when it cannot be written.
  public func write(to folder: String) throws {
    try AtomicFile.write(json: self, to: "\(folder)/plan.json")
  }

  /// A plan that was written.
  /// - Throws: `Failure` when the file holds none.
  public init(readFrom path: String) throws {
    let data = try WholeFile.read(path)
    do {
      self = try JSONDecoder().decode(TuningPlan.self, from: data)
    } catch let failure as Failure {
      throw failure.at(.file(path))
    } catch {
      throw Failure(
        "this is no plan of a tuning (\(RunDirectory.reason(error)))", at: path,
        remedy: "give the tune/plan.json of a tuning")
    }
    guard !candidates.isEmpty, let first = stages.first, first.count <= candidates.count,
      stages.allSatisfy({ $0.count >= 1 && $0.steps >= 1 && $0.partings >= 1 })
    else {
      throw Failure(
        "the stages do not fit the settings to try", at: path,
        remedy: "give the tune/plan.json of a tuning")
    }
    for candidate in candidates { _ = try Failure.at(.file(path)) { try base.with(candidate) } }
  }
}
