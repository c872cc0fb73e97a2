import CTorch
import Files

/// Adam (Kingma and Ba 2015) by libtorch's fused kernel; AdamW (Loshchilov and Hutter 2019) when the
/// weight decay is decoupled from the gradient.
public final class Adam: Optimizer {
  /// The step length that the moments are scaled by; a schedule changes it between steps.
  public var learningRate: Double
  let parameters: [Tensor]
  let betas: (Double, Double)
  let epsilon: Double
  let weightDecay: Double
  let decoupled: Bool
  private let firstMoments: [Tensor]
  private let secondMoments: [Tensor]
  private let steps: [Tensor]

  /// An optimiser that remembers nothing yet.
  ///
  /// - Parameters:
  ///   - betas: the decay of the mean of gradients and of that of their squares, in [0, 1).
  ///   - epsilon: added to the root of the mean square, which it keeps from 0.
  ///   - weightDecay: a multiple of the parameters that is added to their gradient, or, when `decoupled`, taken off
  ///     them apart from it.
  ///   - decoupled: whether it is AdamW.
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

  /// One evaluation, and one step of all parameters that require a gradient. Returns the loss before it.
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

  /// For each parameter the mean of its gradients, of their squares, and the number of steps.
  public var state: [(name: String, tensor: Tensor)] { memory.entries }

  /// Brings back a memory.
  /// - Throws: `Failure` when it belongs to other parameters; then nothing has changed.
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

    /// Adam, or AdamW with a weight decay, of these parameters.
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
