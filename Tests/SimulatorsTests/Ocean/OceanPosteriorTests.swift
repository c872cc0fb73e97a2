import Files
import Samples
import Testing
import Torch

@testable import Simulators

struct OceanPosteriorTests {
  @Test func `the quadrature integrates cubics exactly`() {
    let step = 0.1
    let times = (0...9).map { Double($0) * step }
    let f = Tensor(times.map { 1 - 2 * $0 + 3 * $0 * $0 * $0 })
    let integrals = matmul(OceanPosterior.quadrature(points: 9, step: step), f)
    let exact = Tensor(times.dropFirst().map { $0 - $0 * $0 + 0.75 * $0 * $0 * $0 * $0 })
    #expect((integrals - exact).abs().max().item() < 1e-15)
  }

  @Test func `without noise the mean explains the path`() throws {
    // Records as dense as by default, in a tenth of the time: 100 points.
    var ocean = Ocean()
    ocean.steps = 1000
    ocean.speed = 20
    let (c, paths) = try ocean.samples(0..<8, key: Key(1))
    let posterior = try OceanPosterior(ocean, pointError: 1e-7)
    let mean = try posterior.moments(given: paths).mean
    #expect(mean.shape == c.shape)
    // Another flow than the true one, of the same velocities along the path: its path is the same.
    let again = try ocean.paths(of: mean)
    #expect((again - paths).abs().max().item() < 1e-5)
  }

  @Test func `errors are as large as the posterior says`() throws {
    var ocean = Ocean()
    ocean.timeStep = 1e-4
    ocean.steps = 1000
    ocean.recordEvery = 1
    ocean.noise = 1e-4
    let (c, paths) = try ocean.samples(0..<100, key: Key(2))
    let posterior = try OceanPosterior(ocean)
    let conditional = try posterior.conditional(given: paths)
    let error = c - conditional.mean
    // |F⁻¹ error|² is χ² with 96 degrees of freedom (two coefficients are known to be 0): over 100 paths the mean is
    // 96 ± 1.4, were the noise independent of the place where W is taken. 10 % are left to that.
    let observed = Tensor(ocean.deviations + ocean.deviations).greater(than: 0)
    let scaled = error / Tensor(ocean.deviations + ocean.deviations).masked(observed.not(), with: 1)
    let precision =
      posterior.normalEquations(given: paths).precision
      + Tensor.eye(Ocean.coefficients, dtype: .float64)
    let square = (matmul(precision, scaled.unsqueezed(2)).squeezed(2) * scaled).sum(dim: 1)
    let mean = square.mean().item()
    #expect(abs(mean - 96) < 10, "\(mean)")
    // The factor is one of the inverse of that precision.
    let covariance = conditional.covariance[0]
    let scale = Tensor(ocean.deviations + ocean.deviations)
    let unit = matmul(
      precision[0], covariance / scale.masked(observed.not(), with: 1).unsqueezed(1))
    let expected = scale.diagonalMatrix()
    #expect((unit - expected).abs().max().item() < 1e-6)
    #expect((conditional.deviation[0].square() - covariance.diagonal()).abs().max().item() < 1e-12)
  }
}
