import CoupletCore
import TestModels
import Testing

@Suite struct CosineTests {
  private static var tau: Tensor { Tensor(0.3, dtype: .float64) }

  @Test func isTheCosineOfTheAngleOverTheTemperature() {
    let (u, v) = (normal([7, 4], Key(1)), normal([5, 4], Key(2)))
    let direct = stack(
      (0..<7).map { i in
        (v * u[i]).sum(dim: 1) / (u[i].norm() * v.norm(dim: 1)) / 0.3
      })
    // A dozen roundings of numbers up to 1/τ = 3.3.
    #expect(distance(Cosine().factors(u, v, temperature: CosineTests.tau).matrix, direct) < 1e-14)
  }

  @Test func isBoundedByOneOverTheTemperature() {
    let u = normal([40, 3], Key(3))
    let scores = Cosine().factors(u, cat([u, -u]), temperature: CosineTests.tau).matrix
    // The bound is attained, by u with itself and with −u, up to rounding.
    #expect(abs(scores.max().item() - 1 / 0.3) < 1e-14)
    #expect(abs(scores.min().item() + 1 / 0.3) < 1e-14)
  }

  @Test func isUnchangedByTheLengthsOfEmbeddings() {
    let (u, v) = (normal([6, 3], Key(4)), normal([6, 3], Key(5)))
    let scores = Cosine().factors(u, v, temperature: CosineTests.tau).matrix
    for scale in [1e-300, 1e-3, 1e4, 1e300] {
      let scaled = Cosine().factors(u * scale, v / scale, temperature: CosineTests.tau).matrix
      #expect(distance(scores, scaled) < 1e-14)
    }
  }

  /// Powers of two change no bit of a score in float32, and of a gradient but its own power.
  @Test(arguments: [0x1p-100, 0x1p-83, 0x1p66, 0x1p120])
  func isUnchangedWhereSquaresOverflowOrVanish(_ scale: Double) throws {
    let points = [normal([6, 3], Key(4)), normal([5, 3], Key(5)), CosineTests.tau]
      .map { $0.to(.float32) }
    func value(_ point: [Tensor]) -> Tensor {
      Cosine().factors(point[0], point[1], temperature: point[2]).matrix.square().sum()
    }
    let far = [points[0] * scale, points[1], points[2]]
    #expect(value(far).item() == value(points).item())
    let (there, here) = (try gradients(at: far, of: value), try gradients(at: points, of: value))
    #expect(distance(there[0] * scale, here[0]) == 0)
    #expect(distance(there[1], here[1]) == 0 && distance(there[2], here[2]) == 0)
  }

  @Test func whatIsNotFiniteIsNotHidden() {
    let u = Tensor([1.0, .nan, 2, .infinity], shape: [2, 2], dtype: .float32)
    #expect(!Cosine.normalized(u).allFinite())
  }

  @Test(arguments: [DType.float32, .float64])
  func aZeroRowScoresZeroAndHasTheGradientZero(_ dtype: DType) throws {
    let u = Tensor([0.0, 0, 1, 2], shape: [2, 2], dtype: dtype)
    let v = Tensor([3.0, 1, 0, 0, 1, 1], shape: [3, 2], dtype: dtype)
    let tau = Tensor(0.3, dtype: dtype)
    let scores = Cosine().factors(u, v, temperature: tau).matrix
    #expect(scores[0].abs().max().item() == 0)
    #expect(scores.select(dim: 1, 1).abs().max().item() == 0)
    let slopes = try gradients(at: [u, v, tau]) {
      Cosine().factors($0[0], $0[1], temperature: $0[2]).matrix.square().sum()
    }
    #expect(slopes.allSatisfy { $0.allFinite() })
    #expect(slopes[0][0].abs().max().item() == 0)
    #expect(slopes[0][1].abs().max().item() > 0)
  }
}
