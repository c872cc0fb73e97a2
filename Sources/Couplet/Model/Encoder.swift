import Torch

/// A map from data into the embedding space, g_u : U → ℝᵈ or g_v : V → ℝᵈ (MATH §1).
///
/// Any `Layer` becomes an encoder by saying how long its outputs are.
public protocol Encoder: Layer {
  /// d, the length of an embedding.
  var dimension: Int { get }
}
