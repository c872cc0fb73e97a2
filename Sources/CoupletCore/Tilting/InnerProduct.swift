/// s(u, v) = ⟨g_u, g_v⟩ / τ with encoders that are not normalised (eq. 25).
public struct InnerProduct: Tilting {
  public init() {}
  public var name: String { "inner-product" }

  public func factors(_ u: Tensor, _ v: Tensor, temperature: Tensor) -> ScoreFactors {
    ScoreFactors(u, v, temperature: temperature, form: .innerProduct)
  }
}

extension Tilting where Self == InnerProduct {
  public static var innerProduct: InnerProduct { InnerProduct() }
}
