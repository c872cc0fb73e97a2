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
}

extension SampleEncoder {
  public var linearPart: LinearPart? { nil }
  public var flooredDirections: Int { 0 }
}
