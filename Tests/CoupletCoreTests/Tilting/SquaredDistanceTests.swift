import CoupletCore
import TestModels
import Testing

@Suite struct SquaredDistanceTests {
  private static let (n, m, d, tau) = (30, 20, 8, 0.5)
  private let u = normal([n, d], Key(1))
  private let v = normal([m, d], Key(2))

  /// −|u − v|²/(2τ) by differences, which cancel nothing.
  private func direct(_ u: Tensor, _ v: Tensor) -> Tensor {
    (u.unsqueezed(1) - v.unsqueezed(0)).square().sum(dim: 2) / (-2 * SquaredDistanceTests.tau)
  }

  private func scores(_ u: Tensor, _ v: Tensor) -> Tensor {
    let tau = Tensor(SquaredDistanceTests.tau, dtype: u.dtype)
    return SquaredDistance().factors(u, v, temperature: tau).matrix
  }

  /// The bound on the error of ⟨x,y⟩/τ − |x|²/(2τ) − |y|²/(2τ) with unit roundoff `u`: each of the three sums
  /// is off by at most (d + 3)u times the sum of the magnitudes of its terms, and together these are at most
  /// (|x|² + |y|²)/τ.
  private func bound(_ x: Tensor, _ y: Tensor, roundoff: Double) -> Double {
    let lengths = x.square().sum(dim: 1).max().item() + y.square().sum(dim: 1).max().item()
    return Double(SquaredDistanceTests.d + 3) * roundoff * lengths / SquaredDistanceTests.tau
  }

  @Test func agreesWithDirectDifferences() {
    #expect(distance(scores(u, v), direct(u, v)) < bound(u, v, roundoff: 0x1p-53))
    let (single, other) = (u.to(.float32), v.to(.float32))
    let error = distance(scores(single, other), direct(single.to(.float64), other.to(.float64)))
    #expect(error < bound(u, v, roundoff: 0x1p-24))
  }

  @Test func agreesWithDirectDifferencesFarFromTheOrigin() {
    // The lengths of 8e6 would leave no digit of scores of order 10. Float32 numbers near 1000 are
    // multiples of 2⁻¹⁴, and so is the mean: the subtraction is exact, and an error of the mean itself is
    // common to all. So the bound is that of embeddings near the origin.
    let (far, other) = ((u + 1000).to(.float32), (v + 1000).to(.float32))
    let truth = direct(far.to(.float64), other.to(.float64))
    let error = distance(scores(far, other), truth)
    #expect(error < bound(u, v, roundoff: 0x1p-24))
    // Without the centre the error is of another order.
    let naive =
      matmul(far, other.T) * 2 - far.square().sum(dim: 1, keepDim: true)
      - other.square().sum(dim: 1)
    #expect(distance(naive * (1 / (2 * SquaredDistanceTests.tau)), truth) > 10 * error)
  }

  @Test func isUnchangedByACommonShift() {
    let shift = normal([SquaredDistanceTests.d], Key(3)) * 100
    // The shifted numbers are rounded at 100 ε = 2e-14 each, and distances of order 10 multiply that.
    #expect(distance(scores(u, v), scores(u + shift, v + shift)) < 1e-11)
  }

  @Test func equalsTheCosineUpToAConstantForUnitVectors() {
    let (a, b) = (u / u.norm(dim: 1, keepDim: true), v / v.norm(dim: 1, keepDim: true))
    let cosine = Cosine().factors(
      a, b, temperature: Tensor(SquaredDistanceTests.tau, dtype: .float64))
    // −|a − b|²/(2τ) = ⟨a, b⟩/τ − 1/τ.
    #expect(distance(scores(a, b), cosine.matrix - 1 / SquaredDistanceTests.tau) < 1e-14)
  }
}
