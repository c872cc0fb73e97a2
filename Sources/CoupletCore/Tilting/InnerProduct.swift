/// s(u, v) = ⟨g_u, g_v⟩ / τ with encoders that are not normalised (eq. 25).
public struct InnerProduct: Tilting {
  /// The tilting has no settings.
  public init() {}
  /// `inner-product`.
  public var name: String { "inner-product" }

  /// The scores of N × d and M × d embeddings, in factored form.
  public func factors(_ u: Tensor, _ v: Tensor, temperature: Tensor) -> ScoreFactors {
    ScoreFactors(u, v, temperature: temperature, form: .innerProduct)
  }
}

extension Tilting where Self == InnerProduct {
  /// The inner-product tilting (eq. 25).
  public static var innerProduct: InnerProduct { InnerProduct() }
}
