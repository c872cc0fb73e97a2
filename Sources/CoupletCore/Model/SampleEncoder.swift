import Torch

/// A map from data into the embedding space, g_u : U → ℝᵈ or g_v : V → ℝᵈ (MATH §1).
///
/// Any `Layer` becomes an encoder by saying how long its outputs are.
public protocol SampleEncoder: Layer {
  /// d, the length of an embedding.
  var dimension: Int { get }
  /// What is linear in an affine encoder, whatever brings the samples to it; nil, the default, for every other.
  var linearPart: LinearPart? { get }
  /// The number of directions of the samples that whitening leaves at less than variance 1; 0, the default, without
  /// whitening.
  var flooredDirections: Int { get }
  /// The embeddings of samples as they are stored, which is what a coupling asks for: by default of the samples rounded
  /// to the type of the weights. An encoder that subtracts or scales first does so before anything is rounded.
  func encode(_ samples: Tensor, mode: Mode) -> Tensor
  /// Whether embeddings have derivatives with respect to samples, which chains follow (`--method hmc`); true by default.
  var isDifferentiable: Bool { get }
  /// What the encoder is for `couplet export`; nil, the default, for an encoder that only this program has.
  var portable: PortableEncoder? { get }
}

extension SampleEncoder {
  /// None: an encoder that is not affine.
  public var linearPart: LinearPart? { nil }
  /// 0: an encoder that does not whiten.
  public var flooredDirections: Int { 0 }

  /// True: embeddings have derivatives.
  public var isDifferentiable: Bool { true }
  /// None: an encoder that only this program has.
  public var portable: PortableEncoder? { nil }

  /// The embeddings of samples rounded to the type of the weights.
  public func encode(_ samples: Tensor, mode: Mode) -> Tensor {
    guard let weights = parameters.tensors.first(where: \.dtype.isFloatingPoint),
      samples.dtype.isFloatingPoint, samples.dtype != weights.dtype
    else { return self(samples, mode: mode) }
    return self(samples.to(weights.dtype), mode: mode)
  }
}
