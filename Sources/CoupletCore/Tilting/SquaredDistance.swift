/// s(u, v) = −|g_u − g_v|² / (2τ) (eq. 26): the paper's positive quadratic form.
///
/// Computed as ⟨x, y⟩/τ − |x|²/(2τ) − |y|²/(2τ), a matrix product plus norms, which cancels when the
/// embeddings are long against their distances: the error of a score is about ε (|x|² + |y|²)/(2τ) with ε the
/// precision. Distances do not change when both embeddings are shifted, so x and y are taken relative to the
/// mean of the rows of v, which removes the part of the lengths that is common. The direct differences,
/// exact but N · M · d numbers large, were rejected: they cannot be tiled as products.
public struct SquaredDistance: Tilting {
  /// The tilting has no settings.
  public init() {}
  /// `squared-distance`.
  public var name: String { "squared-distance" }

  /// The scores of N × d and M × d embeddings, taken relative to the mean row of v, in factored form.
  public func factors(_ u: Tensor, _ v: Tensor, temperature: Tensor) -> ScoreFactors {
    // Of all of v, also for scores of a part of it.
    let center = withoutGradients { v.mean(dim: 0, keepDim: true) }
    let form = ScoreForm(fused: .squaredDistance) { embeddings in
      let centered = embeddings - center.to(embeddings.dtype)
      return (centered, centered.square().sum(dim: 1) * -0.5)
    }
    return ScoreFactors(u, v, temperature: temperature, form: form)
  }
}

extension Tilting where Self == SquaredDistance {
  /// The squared-distance tilting (eq. 26).
  public static var squaredDistance: SquaredDistance { SquaredDistance() }
}
