import CTorch
import Files

/// Stochastic gradient descent, with momentum on request, by libtorch's fused kernel.
public final class SGD: Optimizer {
  /// The multiple of the gradient that is taken off; a schedule changes it between steps.
  public var learningRate: Double
  let parameters: [Tensor]
  let momentum: Double
  let weightDecay: Double
  let nesterov: Bool
  private let momenta: [Tensor]

  /// An optimiser that remembers nothing yet.
  ///
  /// - Parameters:
  ///   - momentum: μ in v ← μ v + gradient, parameter ← parameter − learningRate · v.
  ///   - weightDecay: a multiple of the parameters that is added to their gradient.
  ///   - nesterov: whether the step is along gradient + μ v; needs a momentum.
  public init(
    _ parameters: [Tensor], learningRate: Double, momentum: Double = 0, weightDecay: Double = 0,
    nesterov: Bool = false
  ) {
    require(!nesterov || momentum > 0, "SGD: Nesterov's form needs a momentum")
    self.parameters = parameters
    self.learningRate = learningRate
    self.momentum = momentum
    self.weightDecay = weightDecay
    self.nesterov = nesterov
    self.momenta = momentum == 0 ? [] : parameters.map { $0.zerosLike() }
  }

  /// One evaluation, and one step of all parameters that require a gradient. Returns the loss before it.
  @discardableResult
  public func step(_ evaluate: () -> Tensor) -> Tensor {
    clearGradients(parameters)
    let loss = evaluate()
    let status = withHandles(parameters) { x, count in
      withHandles(momenta) {
        v, _ in ct_sgd_step(x, v, count, learningRate, momentum, weightDecay, nesterov)
      }
    }
    check(status, "SGD.step", parameters)
    return loss
  }

  /// The velocity v of each parameter.
  public var state: [(name: String, tensor: Tensor)] { memory.entries }

  /// Brings back a memory.
  /// - Throws: `Failure` when it belongs to other parameters; then nothing has changed.
  public func restore(_ state: [String: Tensor], from place: String) throws {
    try memory.load(state, from: place)
  }

  private var memory: Parameters {
    Parameters(momenta.enumerated().map { (name: "momentum.\($0)", tensor: $1) })
  }
}

extension SGD {
  /// `sgd[:momentum=0.9]`.
  public struct Rule: OptimizerRule {
    /// The part of the last step that is made again.
    public var momentum: Double

    /// - Parameter momentum: from 0, and below 1.
    public init(momentum: Double = 0.9) { self.momentum = momentum }

    /// Gradient descent with this momentum on these parameters.
    public func make(_ parameters: [Tensor], learningRate: Double) -> any Optimizer {
      SGD(parameters, learningRate: learningRate, momentum: momentum)
    }
  }

  static let entry = Optimizers.Entry("sgd", Rule(), [.value("momentum", .fraction, \.momentum)]) {
    $0
  }
}
