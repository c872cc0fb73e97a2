import Files

/// Which optimiser, with its options and its learning rate.
///
/// ```swift
/// OptimizerSettings.sgd(learningRate: 0.1, momentum: 0.9)
/// OptimizerSettings(try Optimizers.named("sgd:momentum=0.9"), learningRate: 0.1)   // the same
/// ```
public struct OptimizerSettings: Sendable {
  public var rule: any OptimizerRule
  public var learningRate: Double

  public init(_ rule: any OptimizerRule, learningRate: Double) {
    self.rule = rule
    self.learningRate = learningRate
  }

  public static func adam(learningRate: Double) -> OptimizerSettings {
    OptimizerSettings(Adam.Rule(), learningRate: learningRate)
  }

  public static func adamW(learningRate: Double, weightDecay: Double) -> OptimizerSettings {
    OptimizerSettings(Adam.Rule(weightDecay: weightDecay), learningRate: learningRate)
  }

  public static func sgd(learningRate: Double, momentum: Double) -> OptimizerSettings {
    OptimizerSettings(SGD.Rule(momentum: momentum), learningRate: learningRate)
  }

  /// Meant for the full data as one batch.
  public static func lbfgs(learningRate: Double, iterations: Int) -> OptimizerSettings {
    OptimizerSettings(LBFGS.Rule(iterations: iterations), learningRate: learningRate)
  }

  func make(_ parameters: [Tensor]) -> any Optimizer {
    rule.make(parameters, learningRate: learningRate)
  }
}
