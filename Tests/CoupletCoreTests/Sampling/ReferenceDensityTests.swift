import Encoders
import Files
import Foundation
import TestModels
import Testing

@testable import CoupletCore

/// Mixtures and spectra as references of chains.
@Suite struct ReferenceDensityTests {
  /// Two components that overlap, in the plane.
  private static func plane() throws -> GaussianMixture {
    try GaussianMixture(
      weights: Tensor([3.0, 1]), means: Tensor([0.0, 0, 1.5, -1], shape: [2, 2]),
      covariances: Tensor([1.0, 0.3, 0.3, 0.5, 0.4, -0.1, -0.1, 0.8], shape: [2, 2, 2]))
  }

  @Test func aMixturesDensityIsThatOfItsFormula() throws {
    let mixture = try Self.plane()
    let u = normal([5, 2], Key(1))
    let expected = (0..<5).map { row in
      log(
        (0..<2).map { k -> Double in
          let c = mixture.covariances[k].array(Double.self)
          let m = mixture.means[k].array(Double.self)
          let x = u[row].array(Double.self)
          let (a, b) = (x[0] - m[0], x[1] - m[1])
          let determinant = c[0] * c[3] - c[1] * c[1]
          let form = (c[3] * a * a - 2 * c[1] * a * b + c[0] * b * b) / determinant
          return [0.75, 0.25][k] * exp(-form / 2) / (2 * .pi * determinant.squareRoot())
        }.reduce(0, +))
    }
    #expect(distance(mixture.logDensity(u), Tensor(expected)) < 1e-13)
    // Mean and covariance by hand.
    #expect(distance(mixture.mean, Tensor([0.375, -0.25])) < 1e-14)
    #expect(abs(mixture.covariance[0][0].item() - (0.75 + 0.1 + 0.1875 * 2.25)) < 1e-14)
  }

  /// Both densities that chains follow, and derivatives against differences of 1e-5, right to its square.
  @Test func derivativesOfAMixture() throws {
    let reference = try ReferenceDensity.product([
      ReferenceDensity(Self.plane()), ReferenceDensity("uniform:0,1", dimension: 1),
    ])
    let z = normal([4, 3], Key(2)).clone()
    let law: [(Tensor) throws -> Tensor] = [
      { try #require(reference.correction($0)) }, { reference.logDensity($0) },
    ]
    for function in law {
      let leaf = z.detached().clone()
      leaf.requiresGradient = true
      try function(leaf).sum().backward()
      let slope = try #require(leaf.gradient)
      for column in 0..<3 {
        let step = Tensor((0..<3).map { $0 == column ? 1e-5 : 0 })
        let difference = (try function(z + step) - function(z - step)) / 2e-5
        #expect(distance(slope.select(dim: 1, column), difference) < 1e-8)
      }
    }
  }

  /// exp(correction) is the density of z to N(0, I): its mean is 1, here with a deviation below 1.
  @Test func theCorrectionIsNormalised() throws {
    let reference = try ReferenceDensity(Self.plane())
    let z = normal([20_000, 2], Key(3))
    let ratio = try #require(reference.correction(z)).exp()
    #expect(ratio.variance().item() < 1)
    #expect(abs(ratio.mean().item() - 1) < 5 / 20_000.0.squareRoot())
    let draws = reference.point(reference.draws(20_000, key: Key(4)))
    #expect(distance(draws.mean(dim: 0), Tensor([0.375, -0.25])) < 5 * 1.3 / 20_000.0.squareRoot())
  }

  /// s = ⟨u, a⟩ makes of the component N(m, C) the component N(m + C a, C), with the weight w exp(⟨a, m⟩ + ½ aᵀ C a).
  @Test(arguments: ChainMethod.allCases) func tiltedMixtures(_ method: ChainMethod) throws {
    let mixture = try Self.plane()
    let coupling = Coupling(
      u: Identity(dimension: 2), v: Identity(dimension: 2), tilting: InnerProduct(),
      temperature: try Temperature(.fixed(1)))
    let a = Tensor([-0.5, 0.4], shape: [1, 2])
    let target = ConditionalTarget(
      coupling, .u, given: a, reference: try ReferenceDensity(mixture), shape: [2])
    let shifts = stack((0..<2).map { matmul(a, mixture.covariances[$0]).flattened() })
    let logs =
      mixture.weights.log() + matmul(mixture.means, a.T).flattened()
      + matmul(shifts, a.T).flattened() * 0.5
    let tilted = try GaussianMixture(
      weights: logs.softmax(dim: 0), means: mixture.means + shifts,
      covariances: mixture.covariances)
    let chains = target.sample(
      method, from: target.starts(32, key: Key(5)), draws: 200, key: Key(6))
    let u = target.samples(chains.flattened)
    #expect(chains.largestR < 1.05 && chains.effectiveSampleSize > 300)
    let error = 5 / chains.effectiveSampleSize.squareRoot()
    let deviations = tilted.covariance.diagonal().sqrt()
    #expect(((u.mean(dim: 0) - tilted.mean).abs() / deviations).max().item() < error)
    // Of a variance the relative error is at most √(kurtosis/n) of laws no heavier than normal ones: √(2/n).
    #expect(
      (u.variance(dim: 0).sqrt() / deviations - 1).abs().max().item() < error)
  }

  /// 3,000 draws of three components that hardly overlap: weights to √(w(1 − w)/N), means to √(σ²/(N w)), five of them.
  @Test func expectationAndMaximisationRecoverAMixture() throws {
    let truth = try GaussianMixture(
      weights: Tensor([0.5, 0.3, 0.2]), means: Tensor([0.0, 0, 6, 0, 0, 7], shape: [3, 2]),
      covariances: Tensor(
        [1, 0.5, 0.5, 1, 0.5, 0, 0, 2, 1, -0.3, -0.3, 0.4], shape: [3, 2, 2]))
    let samples = truth.sample(3000, key: Key(7))
    for fit in [
      try GaussianMixture(fittedTo: samples, components: 3, key: Key(8)),
      try GaussianMixture(fittedTo: samples, key: Key(9)),
    ] {
      #expect(fit.count == 3)
      for k in 0..<min(3, fit.count) {
        let near = (0..<3).min { a, b in
          distance(truth.means[a], fit.means[k]) < distance(truth.means[b], fit.means[k])
        }
        let j = try #require(near)
        let w = truth.weights[j].item()
        #expect(abs(fit.weights[k].item() - w) < 5 * (w * (1 - w) / 3000).squareRoot())
        #expect(
          (fit.means[k] - truth.means[j]).abs().max().item() < 5 * (2 / (3000 * w)).squareRoot())
        // Variances of at most 2, to √2 of themselves over √(N w), and four samples of the prior, below 3 each, among 600.
        let covariances = (fit.covariances[k] - truth.covariances[j]).abs().max().item()
        #expect(covariances < 5 * 2 * (2 / (3000 * w)).squareRoot() + 4 * 3 / (3000 * w))
      }
    }
    // One Gaussian law is one.
    #expect(try GaussianMixture(fittedTo: normal([500, 3], Key(10)), key: Key(11)).count == 1)
    // A collapsing component has a density still.
    let twice = cat([samples[0..<50], Tensor.zeros([50, 2], dtype: .float64)])
    #expect(
      try GaussianMixture(fittedTo: twice, components: 4, key: Key(12)).logDensity(twice)
        .allFinite())
    #expect(throws: Failure.self) {
      try GaussianMixture(fittedTo: samples[0..<15], components: 2, key: Key(0))
    }
    #expect(throws: Failure.self) { try GaussianMixture(fittedTo: .ones([50, 2]), key: Key(0)) }
  }

  /// A field of 400 points by 30 modes, seen through 3 linear functions: in the coordinates of the modes the conditional is
  /// N(a, I) with a = √Λ Ψᵀ Gᵀ H v (inner product).
  @Test func crankNicolsonByASpectrum() throws {
    let (n, r) = (400, 30)
    let grid = (Tensor.arange(n, dtype: .float64) + 0.5) / Double(n)
    let modes = stack(
      (1...r).map { j in (grid * (Double.pi * Double(j))).cos() * (2 / Double(n)).squareRoot() },
      dim: 1)
    let values = Tensor((1...r).map { pow(Double($0), -2) })
    let law = try GaussianSpectrum(eigenvalues: values, basis: modes, mean: grid)
    let g = modes.T[0..<3].contiguous()
    let coupling = Coupling(
      u: LinearEncoder(g), v: Identity(dimension: 3), tilting: InnerProduct(),
      temperature: try Temperature(.fixed(0.5)))
    let v = Tensor([0.4, -0.6, 1], shape: [1, 3])
    let target = ConditionalTarget(
      coupling, .u, given: v, reference: .spectrum(law), shape: [n])
    let chains = target.sample(
      .crankNicolson, from: target.starts(32, key: Key(13)), warmUp: 500, draws: 150, key: Key(14))
    #expect(chains.draws.shape == [150, 32, r] && chains.largestR < 1.05)
    var expected = [Double](repeating: 0, count: r)
    for j in 0..<3 { expected[j] = 2 * v[0][j].item() / Double(j + 1) }
    let error = 5 / chains.effectiveSampleSize.squareRoot()
    let z = chains.flattened
    #expect(distance(z.mean(dim: 0), Tensor(expected)) < error * Double(r).squareRoot())
    #expect((z.variance(dim: 0) - 1).abs().max().item() < error * 2.0.squareRoot())
    let u = target.samples(z[0..<7])
    #expect(u.shape == [7, n])
    #expect(distance(ReferenceDensity.spectrum(law).coordinates(u), z[0..<7]) < 1e-12)
  }

  @Test func fromTextsAndFiles() throws {
    let samples = normal([200, 2], Key(15))
    func reference(_ text: String) throws -> ReferenceDensity {
      try ReferenceDensity(text, dimension: 2, fittedTo: samples, key: Key(0))
    }
    guard case .mixture(let two, _) = try reference("mixture:2") else {
      Issue.record("no mixture")
      return
    }
    #expect(two.count == 2)
    for text in ["mixture", "mixture:0", "mixture:x", "mixture:", "mixture:21x"] {
      #expect(throws: Failure.self) { try reference(text) }
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "laws-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let mixture = try Self.plane()
    let file = folder.appending(path: "mixture.npz").path
    try Npz.write(
      [
        "weights": mixture.weights.numericArray, "means": mixture.means.numericArray,
        "covariances": mixture.covariances.numericArray,
      ], to: file)
    guard case .mixture(let read, _) = try reference(file) else {
      Issue.record("no mixture")
      return
    }
    #expect(distance(read.logDensity(samples), mixture.logDensity(samples)) < 1e-14)
    let spectrum = folder.appending(path: "spectrum.safetensors").path
    func write(_ arrays: [(String, Tensor)]) throws {
      try Safetensors(arrays.map { (name: $0.0, tensor: $0.1) }).write(to: spectrum)
    }
    let basis = Tensor([0.6, 0.8], shape: [2, 1])
    try write([("eigenvalues", Tensor([4.0])), ("basis", basis)])
    #expect(
      distance(
        try reference(spectrum).point(Tensor([1.0], shape: [1, 1])),
        Tensor([1.2, 1.6], shape: [1, 2]))
        < 1e-14)
    for (arrays, words) in [
      ([("eigenvalues", Tensor([4.0])), ("basis", basis * 2)], "not orthonormal"),
      ([("eigenvalues", Tensor([4.0, -1]))], "not above 0"),
      ([("eigenvalues", Tensor([4.0, 1, 1]))], "has 3 coordinates where there are 2"),
      ([("eigenvalues", Tensor([4.0, 1])), ("basis", basis)], "make no spectrum"),
      ([("mean", Tensor([4.0, 1]))], "no mixture and no spectrum"),
      (
        [("weights", Tensor([1.0])), ("means", Tensor([1.0, 2])), ("covariances", basis)],
        "make no mixture"
      ),
    ] {
      try write(arrays)
      do {
        _ = try reference(spectrum)
        Issue.record("\(words): taken")
      } catch let failure as Failure {
        #expect(
          "\(failure)".contains(words) && "\(failure)".contains("spectrum.safetensors"),
          "\(failure)")
      }
    }
  }
}
