import CTorch

/// x ↦ x Wᵀ + b, on the last axis.
///
/// ```swift
/// let layer = Linear(768, 64, key: Key(0))
/// layer(features).shape  // [n, 64] for features of shape [n, 768]
/// ```
public struct Linear: Layer {
  /// outputs × inputs.
  public let weight: Tensor
  /// outputs; absent when the map is linear in the strict sense.
  public let bias: Tensor?

  /// A map from so many inputs to so many outputs, with weights drawn by the key.
  public init(
    _ inputs: Int, _ outputs: Int, bias: Bool = true, initialization: Initialization = .uniform,
    key: Key
  ) {
    let (first, second) = key.split()
    self.weight = initialization.weight(
      [outputs, inputs], fanIn: inputs, fanOut: outputs, key: first)
    self.bias = bias ? initialization.bias(outputs, fanIn: inputs, key: second) : nil
  }

  /// `weight`, and `bias` where there is one.
  public var parameters: Parameters {
    ["weight": weight] + (bias.map { ["bias": $0] } ?? [:])
  }

  /// … × inputs ↦ … × outputs.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    linear(input, weight: weight, bias: bias)
  }
}

/// input · weightᵀ + bias.
public func linear(_ input: Tensor, weight: Tensor, bias: Tensor? = nil) -> Tensor {
  tensor("linear", [input, weight]) { ct_linear($0, input.raw, weight.raw, bias?.raw) }
}
