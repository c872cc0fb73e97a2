/// s(u, v) = ⟨ḡ_u, ḡ_v⟩ / τ with ḡ = g / |g| (eq. 14): standard contrastive learning.
///
/// Scores lie in [−1/τ, 1/τ]. An embedding of length 0 scores 0 with everything.
///
/// ```swift
/// Cosine().factors(u, v, temperature: Tensor(0.07)).matrix  // N × M
/// ```
public struct Cosine: Tilting {
  /// The tilting has no settings.
  public init() {}
  /// `cosine`.
  public var name: String { "cosine" }

  /// The scores of N × d and M × d embeddings, which are normalised here, in factored form.
  public func factors(_ u: Tensor, _ v: Tensor, temperature: Tensor) -> ScoreFactors {
    let form = ScoreForm(fused: .cosine) { (Cosine.normalized($0), nil) }
    return ScoreFactors(u, v, temperature: temperature, form: form)
  }

  /// Rows divided by their lengths. A row of length 0 has no direction: it stays 0, and so does its
  /// gradient. (To add a small number to the length was rejected: the gradient at 0 is then one over that
  /// number, and one such row throws a whole step of training off.)
  ///
  /// Rows are first taken relative to the power of two of their largest coordinate, which rounds nothing: squares of
  /// numbers above 10¹⁹ overflow float32, and of those below 10⁻¹⁹ lose their digits.
  public static func normalized(_ embeddings: Tensor) -> Tensor {
    let rows = embeddings / embeddings.detached().abs().max(dim: 1, keepDim: true).binade()
    let squared = rows.square().sum(dim: 1, keepDim: true)
    let isZero = squared.detached().equal(to: 0)
    return rows * squared.masked(isZero, with: 1).rsqrt().masked(isZero, with: 0)
  }
}

extension Tilting where Self == Cosine {
  /// The cosine tilting (eq. 14).
  public static var cosine: Cosine { Cosine() }
}

extension Cosine {
  static let entry = Tiltings.Entry("cosine", Cosine()) { $0 }
}
