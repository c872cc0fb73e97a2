import CoupletCore
import Files

/// Which optimiser, with its options and its learning rate.
///
/// ```swift
/// OptimizerSettings.sgd(learningRate: 0.1, momentum: 0.9)
/// OptimizerSettings(try Optimizers.named("sgd:momentum=0.9"), learningRate: 0.1)   // the same
/// ```
public struct OptimizerSettings: Sendable {
  /// Which optimiser, with its options.
  public var rule: any OptimizerRule
  /// The length of its steps.
  public var learningRate: Double

  /// An optimiser of any rule.
  public init(_ rule: any OptimizerRule, learningRate: Double) {
    self.rule = rule
    self.learningRate = learningRate
  }

  /// Adam (Kingma and Ba 2015).
  public static func adam(learningRate: Double) -> OptimizerSettings {
    OptimizerSettings(Adam.Rule(), learningRate: learningRate)
  }

  /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
  public static func adamW(learningRate: Double, weightDecay: Double) -> OptimizerSettings {
    OptimizerSettings(Adam.Rule(weightDecay: weightDecay), learningRate: learningRate)
  }

  /// Stochastic gradient descent with momentum.
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
