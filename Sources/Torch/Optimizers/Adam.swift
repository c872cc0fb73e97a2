import CTorch
import Files

/// Adam (Kingma and Ba 2015) by libtorch's fused kernel; AdamW (Loshchilov and Hutter 2019) when the
/// weight decay is decoupled from the gradient.
public final class Adam: Optimizer {
  public var learningRate: Double
  let parameters: [Tensor]
  let betas: (Double, Double)
  let epsilon: Double
  let weightDecay: Double
  let decoupled: Bool
  private let firstMoments: [Tensor]
  private let secondMoments: [Tensor]
  private let steps: [Tensor]

  public init(
    _ parameters: [Tensor], learningRate: Double = 1e-3, betas: (Double, Double) = (0.9, 0.999),
    epsilon: Double = 1e-8, weightDecay: Double = 0, decoupled: Bool = false
  ) {
    self.parameters = parameters
    self.learningRate = learningRate
    self.betas = betas
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.decoupled = decoupled
    self.firstMoments = parameters.map { $0.zerosLike() }
    self.secondMoments = parameters.map { $0.zerosLike() }
    self.steps = parameters.map { .zeros([], device: $0.device) }
  }

  @discardableResult
  public func step(_ evaluate: () -> Tensor) -> Tensor {
    clearGradients(parameters)
    let loss = evaluate()
    let status = withHandles(parameters) { x, count in
      withHandles(firstMoments) { m, _ in
        withHandles(secondMoments) { v, _ in
          withHandles(steps) { t, _ in
            ct_adam_step(
              x, m, v, t, count, learningRate, betas.0, betas.1, weightDecay, epsilon, decoupled)
          }
        }
      }
    }
    check(status, "Adam.step", parameters)
    return loss
  }

  public var state: [(name: String, tensor: Tensor)] { memory.entries }

  public func restore(_ state: [String: Tensor], from place: String) throws {
    try memory.load(state, from: place)
  }

  private var memory: Parameters {
    Parameters(
      parameters.indices.flatMap { i in
        [
          ("first.\(i)", firstMoments[i]), ("second.\(i)", secondMoments[i]),
          ("step.\(i)", steps[i]),
        ]
        .map { (name: $0.0, tensor: $0.1) }
      })
  }
}

extension Adam {
  /// `adam`, or `adamw[:weight-decay=0.01]`.
  public struct Rule: OptimizerRule {
    /// The decoupled weight decay; nil for Adam without.
    public var weightDecay: Double?

    /// - Parameter weightDecay: for AdamW; nil for Adam.
    public init(weightDecay: Double? = nil) { self.weightDecay = weightDecay }

    public func make(_ parameters: [Tensor], learningRate: Double) -> any Optimizer {
      Adam(
        parameters, learningRate: learningRate, weightDecay: weightDecay ?? 0,
        decoupled: weightDecay != nil)
    }

    /// The weight decay of AdamW.
    fileprivate var decay: Double {
      get { weightDecay ?? 0 }
      set { weightDecay = newValue }
    }
  }

  static let entries: [Optimizers.Entry] = [
    .init("adam", Rule()) { $0 },
    .init(
      "adamw", Rule(weightDecay: 0.01), [.value("weight-decay", .nonNegative(), \.decay)]
    ) { $0 },
  ]
}
