/// s(u, v) = ⟨ḡ_u, ḡ_v⟩ / τ with ḡ = g / |g| (eq. 14): standard contrastive learning.
///
/// Scores lie in [−1/τ, 1/τ]. An embedding of length 0 scores 0 with everything.
///
/// ```swift
/// Cosine().factors(u, v, temperature: Tensor(0.07)).matrix  // N × M
/// ```
public struct Cosine: Tilting {
  public init() {}
  public var name: String { "cosine" }

  public func factors(_ u: Tensor, _ v: Tensor, temperature: Tensor) -> ScoreFactors {
    ScoreFactors(x: Cosine.normalized(u) / temperature, y: Cosine.normalized(v))
  }

  /// Rows divided by their lengths. The smallest normal number keeps a zero row zero, with a finite
  /// gradient: |g| = √Σg² would have none at 0.
  static func normalized(_ embeddings: Tensor) -> Tensor {
    let tiny = embeddings.dtype == .float64 ? 1e-300 : 1e-30
    return embeddings * (embeddings.square().sum(dim: 1, keepDim: true) + tiny).rsqrt()
  }
}

extension Tilting where Self == Cosine {
  public static var cosine: Cosine { Cosine() }
}
