import CoupletCore
import Simulators
import Testing

@testable import Experiments

/// Paths of flows with few large steps, without noise.
private func ocean() -> Ocean {
  var ocean = Ocean()
  (ocean.timeStep, ocean.steps, ocean.recordEvery) = (1e-4, 1000, 1)
  return ocean
}

@Test func aLawOfMotionIsFoundInPairsAndTellsTheFlow() throws {
  let pairs = try ocean().simulate(0..<4096, key: Key(3))
  let (z, paths) = (MotionLaw.coefficients(of: try pairs.u), try pairs.v)
  let products = try MotionProducts(z, along: paths).found()
  // 96 coefficients vary, and each moves drifters by the one wave of its mode.
  #expect(products.count == 96 && products.allSatisfy(\.isOfOneMode))
  let law = try MotionLaw(products, of: z, along: paths, points: 10)
  #expect(law.unexplained < 1e-4)
  let other = try ocean().simulate(4096..<4160, key: Key(3))
  let found = try law.coefficients(given: try other.v)
  let truth = MotionLaw.coefficients(of: try other.u)
  let field = Tensor(Ocean.varying.map { ocean().deviations[$0 % Ocean.modes] })
  let unexplained =
    ((found - truth) * field).square().sum().item() / (truth * field).square().sum().item()
  #expect(unexplained < 0.5)
}

@Test func theMapOfALawIsTheDesignTimesItsWeights() {
  let z = Tensor.normal([50, 5], key: Key(1), dtype: .float64)
  let paths = Tensor.normal([50, 7, 2], key: Key(2), dtype: .float64)
  let stretch = Stretch(paths, 1, points: 3)
  let products = [(2, 0), (5, 2), (5, 4), (23, 1)].map {
    MotionProduct(wave: $0.0, coefficient: $0.1)
  }
  let weights = Tensor.normal([8, 2], key: Key(3), dtype: .float64)
  let map = MotionProduct.map(products, weights, coefficients: 5)
  let displacements = (matmul(stretch.waves, map).reshaped([50, 2, 5]) * z.unsqueezed(1)).sum(
    dim: 2)
  let expected = matmul(stretch.design(products, z), weights)
  #expect((displacements - expected).abs().max().item() < 1e-12)
}

@Test func aStretchIsTheMeanOfWavesAndTheWayAlongAPath() throws {
  // From x = 0 to x = (1/4, 0) in a straight line: the trapezoidal rule of cos 2πκ₁x over three points.
  let path = Tensor([0.0, 0, 9, 9, 0, 0, 0.125, 0, 0.25, 0], shape: [1, 5, 2])
  let stretch = Stretch(path, 1, points: 2)
  let wave = try #require(Stretch.wavenumbers.firstIndex { $0 == (1, 0) })
  let waves = stretch.waves.array(Double.self)
  let half = 0.5.squareRoot()
  #expect(abs(waves[wave] - (0.25 + 0.5 * half)) < 1e-15)
  #expect(abs(waves[24 + wave] - (0.5 * half + 0.25)) < 1e-15)
  #expect(stretch.displacements.array(Double.self) == [0.25, 0])
}
