import CoupletCore
import Files
import TestModels
import Testing

@Suite struct TiltingTests {
  @Test(arguments: Tiltings.bilinear.map(\.name))
  func gradientsAgreeWithFiniteDifferences(_ name: String) throws {
    let tilting = try Tiltings.named(name)
    let weights = normal([5, 4], Key(1))
    // A weighted sum of scores, a different weight for each, so that no slope can hide another.
    func value(_ point: [Tensor]) -> Tensor {
      (tilting.factors(point[0], point[1], temperature: point[2]).matrix * weights).sum()
    }
    let points = [normal([5, 3], Key(2)), normal([4, 3], Key(3)), Tensor(0.8, dtype: .float64)]
    let exact = try gradients(at: points, of: value)
    for (slope, difference) in zip(exact, finiteDifferences(at: points, of: value)) {
      // See finiteDifferences; values and third derivatives reach some hundreds here.
      #expect(distance(slope, difference) < 1e-7)
    }
  }

  @Test func namesAreFoundAgainAndUnknownOnesAreRefused() throws {
    for tilting in Tiltings.all { #expect(try Tiltings.named(tilting.name).name == tilting.name) }
    let failure = #expect(throws: Failure.self) { try Tiltings.named("cosines") }
    #expect(failure?.description.contains("cosine, inner-product, squared-distance, pair") == true)
  }
}
