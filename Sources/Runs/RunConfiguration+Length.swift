import CoupletCore
import Training

// How long training goes on where nothing is said: steps decide, not passes over the pairs.
extension RunConfiguration {
  /// Steps of training at most, where nothing is said and the best epoch is kept.
  public static let standardSteps = 3_000
  /// Steps of training where there are too few pairs to validate with.
  public static let standardStepsWithoutValidation = 300
  /// Passes over the pairs at least, however many steps they take.
  public static let fewestEpochs = 20
  /// Steps between evaluations at least.
  public static let stepsBetweenEvaluations = 20

  /// Sets the number of epochs and how often pairs are evaluated, where they are not given: steps decide how long small
  /// data are trained.
  /// - Parameter given: the names of the settings that are.
  public mutating func setLength(for parts: PairParts, given: Set<String>) {
    let pairs = parts.training.pairsPerEpoch
    let batches = max(1, (pairs + batch - 1) / batch)
    func epochs(_ steps: Int) -> Int { max(1, (steps + batches - 1) / batches) }
    if !given.contains("epochs") {
      self.epochs =
        parts.validation == nil
        ? epochs(RunConfiguration.standardStepsWithoutValidation)
        : max(RunConfiguration.fewestEpochs, epochs(RunConfiguration.standardSteps))
    }
    if !given.contains("evaluate-every") {
      evaluateEvery = min(
        epochs(RunConfiguration.stepsBetweenEvaluations), max(1, self.epochs / 10))
    }
  }
}
