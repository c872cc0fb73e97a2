import Files

/// A rule that changes parameters so that a loss falls.
///
/// ```swift
/// let optimizer = Adam(layer.parameters.tensors, learningRate: 1e-3)
/// let loss = optimizer.step {
///   let loss = crossEntropy(layer(x), labels: y)
///   loss.backward()
///   return loss
/// }
/// ```
public protocol Optimizer: AnyObject {
  /// The length of steps; a schedule changes it between them.
  var learningRate: Double { get set }
  /// Clears the gradients, calls `evaluate` — which computes the loss and its gradients — and changes the
  /// parameters. Returns the loss before the change. L-BFGS evaluates several times.
  @discardableResult
  func step(_ evaluate: () -> Tensor) -> Tensor
  /// The memory of past steps, by name, for a checkpoint.
  var state: [(name: String, tensor: Tensor)] { get }
  /// Brings back a memory.
  /// - Throws: `Failure` when it belongs to other parameters; then nothing has changed.
  func restore(_ state: [String: Tensor], from place: String) throws
}

/// What an optimiser is made from, but for its learning rate. One conforming type stands beside each optimiser, with
/// the entry by which `Optimizers` knows it.
public protocol OptimizerRule: Sendable {
  /// The optimiser of these parameters.
  func make(_ parameters: [Tensor], learningRate: Double) -> any Optimizer
}

/// The optimisers by name: `adam`, `adamw[:weight-decay=0.01]`, `sgd[:momentum=0.9]`, `lbfgs[:iterations=20]`.
///
/// ```swift
/// let rule = try Optimizers.named("sgd:momentum=0.8")
/// let optimizer = rule.make(layer.parameters.tensors, learningRate: 0.1)
/// ```
public enum Optimizers: Registrable {
  /// What a name stands for.
  public typealias Value = any OptimizerRule

  /// libtorch's optimisers, and what a client adds.
  public static let registry = Registry<any OptimizerRule>(
    "optimizer", Adam.entries + [SGD.entry, LBFGS.entry])
}

/// An optimiser as text, with its options: what a command line and a configuration file say of it.
public typealias OptimizerChoice = Registered<Optimizers>

extension Registered where Kind == Optimizers {
  /// `adam`.
  public static var adam: OptimizerChoice { OptimizerChoice(Adam.entries[0]) }
}
