import CTorch

/// x ↦ γ (x − mean) / √(variance + ε) + β over the last axis.
public struct LayerNorm: Layer {
  public let scale: Tensor
  public let shift: Tensor
  let epsilon: Double

  public init(_ width: Int, epsilon: Double = 1e-5) {
    self.scale = learned([width], value: 1)
    self.shift = learned([width], value: 0)
    self.epsilon = epsilon
  }

  public var parameters: Parameters { ["scale": scale, "shift": shift] }

  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    tensor("layerNorm", [input, scale]) {
      ct_layer_norm($0, input.raw, scale.raw, shift.raw, epsilon)
    }
  }
}
