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
