import Files
import Foundation
import Samples
import Scratch
import Testing
import Torch

@testable import Simulators

struct GaussianFieldTests {
  let field = GaussianField()

  init() { Simulators.register() }

  /// C_uu = L Lᵀ and C_vv = I, so the canonical correlations are the singular values of L⁻¹ C_uv.
  private func canonicalCorrelations() throws -> [Double] {
    let c = field.covariance
    let (u, v) = (0..<field.points, field.points..<(field.points + field.observed))
    let factor = try c[u].narrow(dim: 1, u).cholesky()
    let whitened = factor.solveTriangular(c[u].narrow(dim: 1, v), upper: false)
    return try whitened.svd().s.array(Double.self)
  }

  /// MATH §5.2 states them to three decimals.
  @Test func `canonical correlations and mutual information are the known ones`() throws {
    let correlations = try canonicalCorrelations()
    for (sigma, known) in zip(correlations, [0.967, 0.830, 0.589, 0.392, 0.266]) {
      #expect(abs(sigma - known) <= 0.0005)
    }
    let information = correlations.reduce(0) { $0 - log1p(-$1 * $1) / 2 }
    #expect(abs(information - 2.290) <= 0.0005)
  }

  /// Summed term by term from the definition.
  @Test func `the covariance is that of the definition`() {
    let c = field.covariance.array(Double.self)
    let size = field.points + field.observed
    func psi(_ j: Int, _ x: Double) -> Double { 2.0.squareRoot() * cos(Double(j) * .pi * x) }
    func lambda(_ j: Int) -> Double { pow(pow(Double(j) * .pi, 2) + 9, -2) }
    let (x, y) = (3.0 / 11, 1.0)
    let uu = (1...1000).reduce(0) { $0 + lambda($1) * psi($1, x) * psi($1, y) }
    let variance = (1...1000).reduce(0.0025) { $0 + lambda($1) * psi($1, x) * psi($1, x) }
    // A thousand positive terms that add up to less than 0.02, rounded at 1e-16 of that.
    #expect(abs(c[3 * size + 11] - uu) < 1e-15)
    #expect(abs(c[3 * size + 3] - variance) < 1e-15)
    #expect(abs(c[3 * size + 12 + 1] - lambda(2).squareRoot() * psi(2, x)) < 1e-15)
    #expect(c[12 * size + 12] == 1 && c[12 * size + 13] == 0)
  }

  @Test func `sample covariances tend to the exact one at the Monte Carlo rate`() throws {
    let count = 50_000
    let pairs = try field.simulate(count, key: Key(1))
    #expect(try pairs.u.dtype == .float32)
    let x = try cat([pairs.u, pairs.v], dim: 1).to(.float64)
    let exact = field.covariance
    let sample = matmul(x.T, x) / Double(count)
    // An entry of the sample covariance of Gaussians has variance (C_ii C_jj + C_ij²) / N. In units of
    // its deviation each of the 153 different entries is standard normal: one beyond 5 has probability
    // 153 · 6e-7 = 1e-4.
    let variances = exact.diagonal()
    let deviations =
      (matmul(variances.unsqueezed(1), variances.unsqueezed(0)) + exact.square())
      .sqrt() / Double(count).squareRoot()
    let scores = (sample - exact) / deviations
    #expect(scores.abs().max().item() < 5)
  }

  @Test(arguments: [Modality.u, .v])
  func `conditional means leave the residuals that they promise`(modality: Modality) throws {
    let count = 20_000
    let pairs = try field.simulate(count, key: Key(2))
    let (map, covariance) = try field.conditional(modality)
    let given = (try modality == .u ? pairs.v : pairs.u).to(.float64)
    let residuals = try pairs[modality].all().to(.float64) - matmul(given, map)
    // Residuals are independent of the condition: their moments against it, scaled to unit variance, are
    // N(0, 1/N) each; 60 of them beyond 5 deviations: probability 4e-5.
    let scale =
      residuals.square().mean(dim: 0).sqrt().unsqueezed(1)
      * given.square().mean(dim: 0).sqrt().unsqueezed(0)
    let correlation = matmul(residuals.T, given) / Double(count) / scale
    #expect(correlation.abs().max().item() < 5 / Double(count).squareRoot())
    // A sample variance of Gaussians has the relative deviation √(2/N); 12 of them beyond 5: 7e-6.
    let ratio = residuals.square().mean(dim: 0) / covariance.diagonal()
    #expect((ratio - 1).abs().max().item() < 5 * (2 / Double(count)).squareRoot())
  }

  @Test func `fields are those behind the pairs`() throws {
    var field = GaussianField()
    field.noise = 1e-9
    // More than one chunk.
    let (pairs, fields) = try field.simulate(5000, fieldAt: field.positions, key: Key(3))
    // Noise far below float32 of values of size 0.1, whatever the product's order of summation.
    #expect(try (pairs.u - fields).abs().max().item() < 1e-6)
    let again = try field.simulate(5000, key: Key(3))
    #expect(try again.v.equal(to: pairs.v).allTrue())
    #expect(try (again.u - pairs.u).abs().max().item() < 1e-6)
    #expect(try !(try field.simulate(5000, key: Key(4))).v.equal(to: pairs.v).allTrue())
  }

  @Test func `a simulation comes back from its folder`() throws {
    let scratch = try Scratch()
    let folder = "\(scratch.path)/new/field"
    var simulation = GaussianField.Simulation(training: 50, test: 20, seed: 7)
    simulation.field.points = 6
    try simulation.write(to: folder)
    let read = try GaussianField.Simulation.read(folder)
    let exact = try simulation.dataset()
    #expect(read.simulation == simulation)
    #expect(try read.data.training.u.equal(to: exact.training.u).allTrue())
    #expect(try #require(read.data.test).v.equal(to: try #require(exact.test).v).allTrue())
    #expect(
      try DataSource("gaussian-field:\(folder)").read().summary
        == "gaussian-field:\(folder): 50 training and 20 test pairs; u 6, v 5")

    // A simulation without test pairs leaves none of the old ones behind.
    simulation.test = 0
    try simulation.write(to: folder)
    #expect(try GaussianField.Simulation.read(folder).data.test == nil)
  }

  @Test func `a damaged folder is explained`() throws {
    let remedy = " — write the folder again with couplet simulate gaussian-field"
    let scratch = try Scratch()
    let simulation = GaussianField.Simulation(training: 5, seed: 7)
    #expect(
      scratch.failure { try GaussianField.Simulation.read(scratch.path) }
        == "DIR: there is no gaussian-field.json that can be read" + remedy)
    try simulation.write(to: scratch.path)
    try scratch.npy("u", NumericArray([1.0, 2, 3, 4, 5], shape: [5, 1]))
    #expect(
      scratch.failure { try GaussianField.Simulation.read(scratch.path) }
        == "DIR/gaussian-field.json: the arrays are not those it describes" + remedy)
    try scratch.bytes("gaussian-field.json", Data("{}".utf8))
    #expect(
      scratch.failure { try GaussianField.Simulation.read(scratch.path) }
        == "DIR/gaussian-field.json: this is not the description of a simulation" + remedy)
    #expect(
      scratch.failure { try simulation.write(to: "/dev/null/field") }?
        .hasPrefix("/dev/null: cannot create the folder") == true)
  }

  @Test func `settings that make no sense are explained`() {
    var field = GaussianField()
    field.observed = 2000
    #expect(throws: Failure("2000 observed modes", at: "gaussian-field", remedy: "use 1 to 1000")) {
      try field.simulate(1, key: Key(0))
    }
    #expect(throws: Failure("0 pairs", remedy: "simulate at least one")) {
      try GaussianField().simulate(0, key: Key(0))
    }
  }
}
