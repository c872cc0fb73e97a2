import CoupletCore
import Training

// How long training goes on where nothing is said (steps decide, not passes over the pairs), and which epoch is the model.
extension RunConfiguration {
  /// Steps of training at most, where nothing is said and the best epoch is kept.
  public static let standardSteps = 3_000
  /// Steps of training where there are too few pairs to validate with.
  public static let standardStepsWithoutValidation = 300
  /// Passes over the pairs at least, however many steps they take: epochs, but where pairs form groups.
  public static let fewestEpochs = 20
  /// Steps between evaluations at least.
  public static let stepsBetweenEvaluations = 20

  /// Sets the number of epochs and how often pairs are evaluated, where they are not given: steps decide how long small
  /// data are trained.
  /// - Parameters:
  ///   - given: the names of the settings that are.
  ///   - purpose: that may have a length of its own.
  public mutating func setLength(
    for parts: PairParts, given: Set<String>, purpose: Purpose? = nil
  ) {
    if !given.contains("epochs"), let length = purpose?.length {
      epochs = max(passes(length.epochs, over: parts), epochs(of: length.steps, for: parts))
    } else if !given.contains("epochs") {
      epochs =
        parts.validation == nil
        ? epochs(of: RunConfiguration.standardStepsWithoutValidation, for: parts)
        : max(
          passes(RunConfiguration.fewestEpochs, over: parts),
          epochs(of: RunConfiguration.standardSteps, for: parts))
    }
    if !given.contains("evaluate-every") { evaluateNowAndThen(for: parts) }
  }

  /// Decides which epoch is the model, where that is not given: to find partners, which the cosine and a loss in both
  /// directions serve, the one that ranks best; where probabilities are asked for, of labels say, the one with the
  /// lowest loss.
  public mutating func setKeep(given: Set<String>) {
    guard !given.contains("keep") else { return }
    let findsPartners =
      tilting.value is Cosine && ["two-sided", "joint"].contains(loss.name)
      && sides.allSatisfy { $0.space.labels == nil }
    keep = findsPartners ? .bestRank : .best
  }

  /// Sets the number of epochs for so many steps, or few more, and how often pairs are evaluated.
  mutating func setLength(steps: Int, for parts: PairParts) {
    epochs = epochs(of: steps, for: parts)
    evaluateNowAndThen(for: parts)
  }

  /// Every 20 steps or so, ten times at least.
  private mutating func evaluateNowAndThen(for parts: PairParts) {
    evaluateEvery = min(
      epochs(of: RunConfiguration.stepsBetweenEvaluations, for: parts), max(1, epochs / 10))
  }

  /// The epochs of so many passes over the pairs: where they form groups an epoch has one of each.
  private func passes(_ count: Int, over parts: PairParts) -> Int {
    let (pairs, each) = (parts.training.count, max(1, parts.training.pairsPerEpoch))
    return count * max(1, (pairs + each / 2) / each)
  }

  /// The epochs that so many steps take, the last one whole.
  private func epochs(of steps: Int, for parts: PairParts) -> Int {
    let batches = max(1, (parts.training.pairsPerEpoch + batch - 1) / batch)
    return max(1, (steps + batches - 1) / batches)
  }
}
