import CoupletCore
import Encoders
import Files

/// perceptron ∘ (x ↦ (x − mean) / (deviation + offset)), whose products of matrices are in bfloat16 in training, where
/// they take half the time, and in the type of its parameters otherwise.
///
/// The offset keeps pixels that are seldom inked from getting the largest values.
struct CentredPerceptron: SampleEncoder {
  /// What is added to the standard deviations.
  static let scaleOffset = 0.1

  let base: Standardized

  var dimension: Int { base.dimension }
  var parameters: Parameters { base.parameters }
  var portable: PortableEncoder? { base.portable }

  /// Takes mean and deviation of these samples' coordinates.
  func fit(to samples: Tensor) {
    base.mean.copy(from: samples.mean(dim: 0))
    base.scale.copy(from: samples.variance(dim: 0).sqrt() + CentredPerceptron.scaleOffset)
  }

  func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    guard case .training = mode else { return base(input, mode: mode) }
    return withMixedPrecision(on: input.device) { base(input, mode: mode) }.to(input.dtype)
  }

  /// `centred-mlp:512,512`, with the widths of the hidden layers.
  struct Design: EncoderDesign {
    var widths: [Int] = []

    func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
      let shape = try space.requireShape()
      return CentredPerceptron(
        base: Standardized(
          MLP([shape.reduce(1, *)] + widths + [dimension], key: key), shape: shape))
    }
  }

  static let entry = EncoderRegistry.Entry(
    "centred-mlp", Design(),
    [.first("WIDTHS", .list(of: .integer(in: 1...8192)), \.widths, example: "512,512")]
  ) { $0 }
}
