import CTorch
import Files

/// In training, zeroes each element with the given probability and divides the rest by 1 − probability;
/// otherwise the identity.
public struct Dropout: Layer {
  /// Of an element to become 0 in training, in [0, 1).
  public let probability: Double

  /// With a probability in [0, 1); 0 for the identity.
  public init(_ probability: Double) {
    require((0..<1).contains(probability), "Dropout: probability \(probability) not in [0, 1)")
    self.probability = probability
  }

  /// None: nothing is learned.
  public var parameters: Parameters { [:] }

  /// The input, or in training the input with elements dropped, in the same shape. A row's draw depends on the key and
  /// on the row's place in its batch alone.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    guard case .training(let key, let firstRow) = mode, probability > 0 else { return input }
    let first = firstRow * (input.count / max(1, input.shape.first ?? 1))
    return tensor("dropout", [input]) {
      ct_dropout($0, key.bits, input.raw, probability, Int64(first))
    }
  }
}
