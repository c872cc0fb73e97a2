import CoupletCore
import Files

/// A learned refinement of a vector that is an answer already: x = (z, s), with z of d numbers and s of any number of
/// others, ↦ scale ∘ z + perceptron(x).
///
/// It starts as the identity on z: the scale at 1, the last map of the perceptron at 0. A posterior mean beside its
/// standard deviations, refined so, is a physics-informed encoder.
///
/// ```swift
/// let encoder = Refined(inputs: 196, dimension: 98, hidden: 256, key: Key(0))
/// encoder(cat([mean, deviation], dim: 1))   // the mean, until it has learned
/// ```
public struct Refined: SampleEncoder {
  /// d.
  let scale: Tensor
  let hidden: Linear
  let output: Linear

  /// - Parameters:
  ///   - inputs: the length of (z, s).
  ///   - dimension: d, that of z.
  ///   - hidden: the width of the perceptron's hidden layer.
  public init(inputs: Int, dimension: Int, hidden: Int, key: Key) {
    require(inputs >= dimension, "Refined: \(inputs) inputs hold no \(dimension)")
    let (first, second) = key.split()
    self.scale = .ones([dimension])
    self.hidden = Linear(inputs, hidden, key: first)
    self.output = Linear(hidden, dimension, key: second)
    scale.requiresGradient = true
    withoutGradients { output.parameters.tensors.forEach { $0.fill(0) } }
  }

  /// d, the length of z.
  public var dimension: Int { scale.count }

  /// `scale`, d, with `hidden.…` and `output.…` of the perceptron.
  public var parameters: Parameters {
    ["scale": scale]
      + Parameters(parts: ["hidden": hidden.parameters, "output": output.parameters])
  }

  /// `refined`, with the sizes of the perceptron.
  public var portable: PortableEncoder? {
    PortableEncoder(
      "refined",
      [
        "inputs": .integer(hidden.weight.shape[1]), "outputs": .integer(dimension),
        "hidden": .integer(hidden.dimension),
      ], parameters)
  }

  /// N × inputs ↦ N × d.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    input.narrow(dim: 1, 0..<dimension) * scale
      + output(hidden(input, mode: mode).gelu(), mode: mode)
  }
}
