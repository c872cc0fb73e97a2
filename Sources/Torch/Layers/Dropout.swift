import CTorch
import Files

/// In training, zeroes each element with the given probability and divides the rest by 1 − probability;
/// otherwise the identity.
public struct Dropout: Layer {
  public let probability: Double

  public init(_ probability: Double) {
    require((0..<1).contains(probability), "Dropout: probability \(probability) not in [0, 1)")
    self.probability = probability
  }

  public var parameters: Parameters { [:] }

  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    guard case .training(let key, let firstRow) = mode, probability > 0 else { return input }
    let first = firstRow * (input.count / max(1, input.shape.first ?? 1))
    return tensor("dropout", [input]) {
      ct_dropout($0, key.bits, input.raw, probability, Int64(first))
    }
  }
}
