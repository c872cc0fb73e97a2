import CoupletCore
import Files

// u ↦ G u + b, the encoders of the Gaussian theory (MATH §4).
extension Linear: SampleEncoder {
  /// d, the number of outputs.
  public var dimension: Int { weight.shape[0] }

  /// The layer itself: W and b.
  public var linearPart: LinearPart? { LinearPart(layer: self) { $0 } }

  /// `linear`, with the shape of W.
  public var portable: PortableEncoder? {
    PortableEncoder(
      "linear",
      [
        "inputs": .integer(weight.shape[1]), "outputs": .integer(dimension),
        "bias": .bool(bias != nil),
      ], parameters)
  }

  /// `linear[:no-bias][:identity]`; samples of any shape are flattened first. With `identity` W starts at the identity
  /// and b at 0: embeddings start as the samples themselves.
  struct Design: EncoderDesign {
    var hasBias = true
    var isIdentity = false

    func impliedDimension(for space: SampleSpace) -> Int? { isIdentity ? space.size : nil }

    func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
      let shape = try space.requireShape()
      let inputs = shape.reduce(1, *)
      try requireRoom([[inputs, dimension]])
      let linear = Linear(inputs, dimension, bias: hasBias, key: key)
      if isIdentity {
        withoutGradients {
          linear.weight.copy(from: .eye(inputs))
          linear.bias?.fill(0)
        }
      }
      return shape.count == 1 ? linear : Flattened(linear, inputs: inputs)
    }
  }

  static let entry = EncoderRegistry.Entry(
    "linear", Design(), [.flag("no-bias", \.hasBias, false), .flag("identity", \.isIdentity)]
  ) { $0 }
}
