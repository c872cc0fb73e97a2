import CoupletCore

/// A function applied to each coordinate between two linear maps.
public enum Activation: String, CaseIterable, Codable, Sendable {
  /// x Φ(x), max(x, 0), tanh x.
  case gelu, relu, tanh

  /// The function of each element, in the same shape.
  public func callAsFunction(_ input: Tensor) -> Tensor {
    switch self {
    case .gelu: input.gelu()
    case .relu: input.relu()
    case .tanh: input.tanh()
    }
  }
}
