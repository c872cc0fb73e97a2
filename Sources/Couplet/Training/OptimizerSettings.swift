import Files

/// Which optimiser, with which settings.
public enum OptimizerSettings: Equatable, Sendable, Codable {
  case adam(learningRate: Double)
  case adamW(learningRate: Double, weightDecay: Double)
  case sgd(learningRate: Double, momentum: Double)
  /// Meant for the full data as one batch.
  case lbfgs(learningRate: Double, iterations: Int)

  public static let names = ["adam", "adamw", "sgd", "lbfgs"]

  public var learningRate: Double {
    switch self {
    case .adam(let rate), .adamW(let rate, _), .sgd(let rate, _), .lbfgs(let rate, _): rate
    }
  }

  /// - Throws: `Failure` listing the names when there is none such.
  public static func named(
    _ name: String, learningRate: Double, weightDecay: Double = 0.01, momentum: Double = 0.9
  ) throws -> OptimizerSettings {
    switch name {
    case "adam": return .adam(learningRate: learningRate)
    case "adamw": return .adamW(learningRate: learningRate, weightDecay: weightDecay)
    case "sgd": return .sgd(learningRate: learningRate, momentum: momentum)
    case "lbfgs": return .lbfgs(learningRate: learningRate, iterations: 20)
    default:
      throw Failure(
        "unknown optimizer '\(name)'", remedy: "use one of \(names.joined(separator: ", "))")
    }
  }

  func make(_ parameters: [Tensor]) -> any Optimizer {
    switch self {
    case .adam(let rate): Adam(parameters, learningRate: rate)
    case .adamW(let rate, let decay):
      Adam(parameters, learningRate: rate, weightDecay: decay, decoupled: true)
    case .sgd(let rate, let momentum): SGD(parameters, learningRate: rate, momentum: momentum)
    case .lbfgs(let rate, let iterations):
      LBFGS(parameters, learningRate: rate, iterations: iterations)
    }
  }
}
