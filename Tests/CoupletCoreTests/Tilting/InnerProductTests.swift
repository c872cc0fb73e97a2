import CoupletCore
import TestModels
import Testing

@Suite struct InnerProductTests {
  @Test func isTheSumOfProductsOverTheTemperature() {
    let (u, v) = (normal([6, 5], Key(1)), normal([4, 5], Key(2)))
    let direct = stack((0..<6).map { i in (v * u[i]).sum(dim: 1) / 0.7 })
    let scores = InnerProduct().factors(u, v, temperature: Tensor(0.7, dtype: .float64)).matrix
    // Five products and a division, of numbers of order 10.
    #expect(distance(scores, direct) < 1e-14)
  }

  @Test func isLinearInEachEmbedding() {
    let (u, w, v) = (normal([6, 5], Key(1)), normal([6, 5], Key(2)), normal([4, 5], Key(3)))
    func scores(_ u: Tensor) -> Tensor {
      InnerProduct().factors(u, v, temperature: Tensor(0.7, dtype: .float64)).matrix
    }
    #expect(distance(scores(u * 2 + w), scores(u) * 2 + scores(w)) < 1e-13)
  }
}
