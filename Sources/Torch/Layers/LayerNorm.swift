import CTorch

/// x ↦ γ (x − mean) / √(variance + ε) + β over the last axis.
public struct LayerNorm: Layer {
  /// γ, width.
  public let scale: Tensor
  /// β, width.
  public let shift: Tensor
  let epsilon: Double

  /// For inputs whose last axis has this width; starts with γ = 1 and β = 0. ε is added to the variance, so that a
  /// constant input gives β.
  public init(_ width: Int, epsilon: Double = 1e-5) {
    self.scale = learned([width], value: 1)
    self.shift = learned([width], value: 0)
    self.epsilon = epsilon
  }

  /// `scale` and `shift`.
  public var parameters: Parameters { ["scale": scale, "shift": shift] }

  /// … × width ↦ the same shape; the variance has the divisor `width`.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    tensor("layerNorm", [input, scale]) {
      ct_layer_norm($0, input.raw, scale.raw, shift.raw, epsilon)
    }
  }
}
