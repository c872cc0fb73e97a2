import CoupletCore
import Encoders
import Files
import Foundation
import Training

extension TuningPlan {
  /// The plan that a budget of time allows: the first settings are trained until the validation loss stops them, others for
  /// a few steps, and how long that takes decides how many are tried for how many steps.
  ///
  /// - Parameters:
  ///   - base: what all trials have.
  ///   - given: the names of the settings that are given, which stay as they are.
  ///   - budget: seconds for all, measuring and the training at the end included.
  ///   - refit: whether the best settings are trained on the validation pairs, too.
  ///   - shouldStop: asked before every step.
  /// - Throws: `Failure` when there are no validation pairs, the budget is too small, no settings can be trained, or it is
  ///   asked to stop.
  public init(
    _ base: RunConfiguration, given: Set<String>, _ data: Dataset, _ parts: PairParts,
    budget: Double, refit: Bool = false, device: Device = .cpu,
    shouldStop: @escaping () -> Bool = { false }
  ) throws {
    let validation = parts.validation?.pairsPerEpoch ?? 0
    var isDrawn = true
    if case .rows = base.validation { isDrawn = false }
    let partings =
      isDrawn && validation < TuningPlan.manyPairs ? TuningPlan.most.partings : 1
    let clock = ContinuousClock.now
    let draw = Candidates(base: base, given: given, parts: parts)
    let first = try draw.standard()
    let pace = Pace(base: base, parts: parts, device: device, shouldStop: shouldStop)
    let rate = try pace.measured(
      on: [try draw.usual()] + first.suffix(1) + (0..<5).map { try draw.drawn($0) },
      within: 0.15 * budget)
    let spent = clock.duration(to: .now) / .seconds(1)
    let stages = try TuningPlan.stages(
      budget: 0.95 * (budget - spent), of: budget, rate: rate, partings: partings)
    // Of few settings no more than a third are the usual ones.
    var candidates = Array(first.prefix(min(stages[0].count, max(3, stages[0].count / 3))))
    for number in 0..<(stages[0].count - candidates.count) {
      candidates.append(try draw.drawn(number))
    }
    self.init(
      base: base, data: try DataRecord(of: data, reading: base.reading), budget: budget, rate: rate,
      candidates: candidates, stages: stages, refit: refit)
  }
}

/// What is tried: first what `couplet train` would have chosen among, then draws.
private struct Candidates {
  let base: RunConfiguration
  let given: Set<String>
  let parts: PairParts

  /// A use of the seed besides `RunConfiguration.Draw` and the trainer's.
  private static let use = 0x7475_6e65

  func drawn(_ number: Int) throws -> [String: String] {
    try SearchSpace(base: base, given: given).draw(
      Key(base.seed).folded(with: Candidates.use).folded(with: number))
  }

  private var choice: EncoderChoice { EncoderChoice(base, parts, given: given) }

  func usual() throws -> [String: String] { changes(try choice.usual()) }

  func standard() throws -> [[String: String]] { try choice.candidates().map(changes) }

  private func changes(_ settings: RunConfiguration) -> [String: String] {
    settings.changes(from: base).filter { !given.contains($0.key) }
  }
}

/// How fast trainings go here.
private struct Pace {
  let base: RunConfiguration
  let parts: PairParts
  let device: Device
  let shouldStop: () -> Bool

  /// Steps of those that are only timed.
  private static let stepsOfSample = 40

  /// - Parameters:
  ///   - candidates: the first is trained to its end.
  ///   - limit: seconds that it may take, or a few more.
  func measured(on candidates: [[String: String]], within limit: Double) throws
    -> TuningPlan.Rate
  {
    let clock = ContinuousClock.now
    func elapsed() -> Double { clock.duration(to: .now) / .seconds(1) }
    var (paces, untilStop, failure) = ([Double](), Int?.none, Failure?.none)
    for (place, candidate) in candidates.enumerated() {
      guard paces.isEmpty || elapsed() < limit else { break }
      let most = place == 0 ? RunConfiguration.standardSteps : Pace.stepsOfSample
      // The first has two thirds of the time.
      let end = place == 0 ? 0.67 * limit : limit
      var (steps, start) = (0, elapsed())
      let train = TrialTraining(parts: parts, device: device) {
        // The time before the first step, for statistics, is that of every training.
        defer { steps += 1 }
        return shouldStop() || steps >= 5 && elapsed() > end
      }
      do {
        var settings = try base.with(candidate)
        settings.setLength(steps: most, for: parts)
        let outcome = try train(settings, mostSteps: most)
        if place == 0 { untilStop = outcome?.steps }
      } catch let error as Failure {
        failure = error
        start = elapsed()
        continue
      }
      guard !shouldStop() else {
        throw Failure(
          "interrupted while the plan was made; nothing was written",
          remedy: "give the same command again")
      }
      paces.append((elapsed() - start) / Double(max(1, steps)))
    }
    guard !paces.isEmpty else {
      throw failure
        ?? Failure("nothing can be trained", remedy: "train with couplet train to see why")
    }
    return .init(
      secondsPerStep: paces.reduce(0, +) / Double(paces.count), slowest: paces.max(),
      stepsUntilStop: untilStop)
  }
}
