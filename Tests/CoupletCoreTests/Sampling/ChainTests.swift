import Encoders
import Files
import Foundation
import TestModels
import Testing

@testable import CoupletCore

/// Chains against conditionals that are known in closed form.
@Suite struct ChainTests {
  private static let n = 3

  /// A linear coupling, the condition, and the reference N(m, C).
  private struct Linear3 {
    let coupling: Coupling
    let v: Tensor
    let mean: Tensor, covariance: Tensor
    /// Of ν(u | v).
    let trueMean: Tensor, trueCovariance: Tensor

    init(_ tilting: some Tilting) throws {
      let g = Tensor.normal([2, n], key: Key(1), dtype: .float64)
      let h = Tensor.normal([2, 2], key: Key(2), dtype: .float64)
      coupling = Coupling(
        u: LinearEncoder(g), v: LinearEncoder(h), tilting: tilting,
        temperature: try Temperature(.fixed(0.5)))
      v = Tensor([0.7, -0.4], shape: [1, 2])
      mean = Tensor([0.5, -1, 2])
      let root = Tensor.normal([n, n], key: Key(3), dtype: .float64) * 0.3
      covariance = matmul(root, root.T) + .eye(n, dtype: .float64) * 0.5
      // exp s = exp(−½ uᵀ B u + uᵀ A v), times N(m, C).
      let prior = try covariance.solve(.eye(n, dtype: .float64))
      let a = matmul(matmul(g.T, h), v.T) * 2
      let b = tilting.name == "inner-product" ? prior : prior + matmul(g.T, g) * 2
      trueCovariance = try b.solve(.eye(n, dtype: .float64))
      trueMean = matmul(trueCovariance, a + matmul(prior, mean.unsqueezed(1))).flattened()
    }

    init(named tilting: String) throws {
      self = try tilting == "inner-product" ? Linear3(InnerProduct()) : Linear3(SquaredDistance())
    }

    var target: ConditionalTarget {
      get throws {
        ConditionalTarget(
          coupling, .u, given: v,
          reference: try ReferenceDensity(mean: mean, covariance: covariance), shape: [3])
      }
    }
  }

  @Test(arguments: ChainMethod.allCases, ["inner-product", "squared-distance"])
  func gaussianMomentsAreThoseOfTheClosedForm(_ method: ChainMethod, _ tilting: String) throws {
    let problem = try Linear3(named: tilting)
    let target = try problem.target
    let chains = target.sample(
      method, from: target.starts(32, key: Key(4)), draws: 150, key: Key(5))
    #expect(chains.largestR < 1.05)
    #expect(chains.acceptance > 0.15 && chains.acceptance < 0.99)
    let size = chains.effectiveSampleSize
    #expect(size > 300)
    let u = target.samples(chains.flattened)
    let centred = u - problem.trueMean
    // Monte Carlo errors of means σ/√n and of covariances √((σ_ii σ_jj + σ_ij²)/n): five of them.
    let deviations = problem.trueCovariance.diagonal().sqrt()
    #expect(
      ((u.mean(dim: 0) - problem.trueMean).abs() / deviations).max().item() < 5 / size.squareRoot())
    let found = matmul(centred.T, centred) / Double(chains.count)
    let scale = deviations.unsqueezed(1) * deviations
    #expect(
      ((found - problem.trueCovariance).abs() / scale).max().item() < 5 * (2 / size).squareRoot())
  }

  /// Twenty directions, of which one after the other is told more exactly, from not at all to 10⁻⁴ of its deviation: few chains,
  /// from the reference, reach all of them.
  @Test func directionsOfVeryDifferentWidthsAreReached() throws {
    let n = 20
    let widths = (0..<n).map { pow(10, -4 * Double($0) / Double(n - 1)) }
    // At right angles to each other, and to none of the axes.
    let (turn, _) = Tensor.normal([n, n], key: Key(1), dtype: .float64).qr()
    // s = −½ |G (u − v)|² leaves the variances 1/(1 + g²).
    let gains = Tensor(widths.map { (1 / ($0 * $0) - 1).squareRoot() })
    let g = turn * gains.unsqueezed(1)
    let coupling = Coupling(
      u: LinearEncoder(g), v: LinearEncoder(g), tilting: .squaredDistance,
      temperature: try Temperature(.fixed(1)))
    let v = Tensor.normal([1, n], key: Key(2), dtype: .float64)
    let target = ConditionalTarget(
      coupling, .u, given: v,
      reference: .gaussian(mean: .zeros([n], dtype: .float64), factor: .eye(n, dtype: .float64)),
      shape: [n])
    let chains = target.sample(
      .hamiltonian, from: target.starts(8, key: Key(3)), draws: 200, key: Key(4))
    #expect(chains.largestR < 1.05)
    // In the directions themselves, in units of their widths.
    let along = matmul(target.samples(chains.flattened), turn.T)
    let shares = Tensor(widths.map { 1 - $0 * $0 })
    let error = (along.mean(dim: 0) - matmul(v, turn.T).squeezed(0) * shares) / Tensor(widths)
    let size = chains.effectiveSampleSize
    #expect(size > 300)
    #expect(error.abs().max().item() < 5 / size.squareRoot())
    let spread = along.variance(dim: 0).sqrt() / Tensor(widths)
    #expect((spread - 1).abs().max().item() < 5 / (2 * size).squareRoot())
  }

  /// Refused transitions leave draws twice, in a fifth of the cases here; those that are kept lie so far apart that nearly none
  /// of them are equal.
  @Test func drawsThatAreKeptDiffer() throws {
    let target = try Linear3(named: "squared-distance").target
    let draws = MarkovChains.draws(for: 400, chains: 40)
    let chains = target.sample(
      .hamiltonian, from: target.starts(40, key: Key(4)), draws: draws, key: Key(5))
    func distinct(_ rows: Tensor) -> Int {
      Set(rows.select(dim: 1, 0).array(Double.self)).count
    }
    #expect(distinct(chains.draws[0..<10].reshaped([400, 3])) < 380)
    #expect(distinct(chains.flattened.spread(400)) >= 399)
    // Of each chain as many, one where there are as many draws as chains.
    let chain = chains.draws.zerosLike() + Tensor.arange(40, dtype: .float64).reshaped([40, 1])
    let numbered = MarkovChains(draws: chain, acceptance: 1).flattened.spread(40)
    #expect(numbered.select(dim: 1, 0).array(Double.self) == (0..<40).map(Double.init))
  }

  /// On a box, s = ⟨u, a⟩ tilts each uniform coordinate to a density in proportion to exp(a u).
  @Test(arguments: ChainMethod.allCases)
  func aBoxIsNeverLeft(_ method: ChainMethod) throws {
    let coupling = Coupling(
      u: Identity(dimension: 2), v: Identity(dimension: 2), tilting: InnerProduct(),
      temperature: try Temperature(.fixed(1)))
    let a = [4.0, 0]
    let reference = try ReferenceDensity("uniform:0,1", dimension: 2)
    let target = ConditionalTarget(
      coupling, .u, given: Tensor(a, shape: [1, 2]), reference: reference, shape: [2])
    let chains = target.sample(
      method, from: target.starts(32, key: Key(6)), draws: 150, key: Key(7))
    let u = target.samples(chains.flattened)
    #expect(u.min().item() >= 0 && u.max().item() <= 1 && chains.largestR < 1.05)
    let means = [1 / (1 - exp(-4)) - 0.25, 0.5]
    let deviations = [
      (1.0 / 16 - exp(4) / pow(exp(4) - 1, 2)).squareRoot(), (1.0 / 12).squareRoot(),
    ]
    let error = 5 / chains.effectiveSampleSize.squareRoot()
    for i in 0..<2 {
      let column = u.select(dim: 1, i)
      #expect(abs(column.mean().item() - means[i]) < error * deviations[i])
      #expect(abs(column.variance().item().squareRoot() / deviations[i] - 1) < error)
    }
  }

  /// Effective sample size and R̂ of autoregressive chains, whose autocorrelation time is (1 + ρ)/(1 − ρ).
  @Test(arguments: [0.0, 0.8]) func diagnosticsOfAutoregressiveChains(_ rho: Double) {
    let (length, chains) = (600, 20)
    let noise = Tensor.normal([length, chains, 1], key: Key(8), dtype: .float64)
    var rows = [noise[0]]
    for t in 1..<length {
      rows.append(rows[t - 1] * rho + noise[t] * (1 - rho * rho).squareRoot())
    }
    let found = MarkovChains(draws: stack(rows), acceptance: 1)
    let expected = Double(length * chains) * (1 - rho) / (1 + rho)
    // 12,000 draws know their autocorrelation time to some per cent.
    #expect(abs(found.effectiveSampleSize / expected - 1) < 0.2)
    // Means of 300 draws vary by the autocorrelation time over 300: R̂ = √(1 + (time − 1)/300).
    let time = (1 + rho) / (1 - rho)
    #expect(abs(found.largestR - (1 + (time - 1) / 300).squareRoot()) < 0.01)
    // Chains that stay where they began.
    let apart = MarkovChains(
      draws: stack(rows) + Tensor.arange(chains, dtype: .float64).unsqueezed(1), acceptance: 1)
    #expect(apart.largestR > 2 && apart.effectiveSampleSize < 100)
  }

  /// Ten observations v_i = σ u + noise of one u ~ N(0, 1): the conjugate posterior has the precision 1 + 10 σ²/(1 − σ²) and the
  /// mean Σ σ v_i/(1 − σ²) over it. Chains and a weighted gallery have both.
  @Test func observationsOfOneCauseAddUp() throws {
    let (sigma, k) = (0.6, 10)
    let rest = 1 - sigma * sigma
    // The exact score as that of a squared distance: −(v − σ u)²/(2(1 − σ²)) + v²/2, less a function of v.
    let coupling = Coupling(
      u: LinearEncoder(Tensor([sigma], shape: [1, 1])), v: Identity(dimension: 1),
      tilting: SquaredDistance(), temperature: try Temperature(.fixed(rest)))
    let v = Tensor.normal([k, 1], key: Key(11), dtype: .float64) * 0.5 + 1
    let precision = 1 + Double(k) * sigma * sigma / rest
    let mean = v.sum().item() * sigma / rest / precision
    let target = ConditionalTarget(
      coupling, .u, given: v, reference: try ReferenceDensity("gaussian:0,1", dimension: 1),
      shape: [1])
    let chains = target.sample(
      .hamiltonian, from: target.starts(32, key: Key(12)), draws: 200, key: Key(13))
    let draws = target.samples(chains.flattened)
    let error = 5 / chains.effectiveSampleSize.squareRoot()
    #expect(abs(draws.mean().item() - mean) < error / precision.squareRoot())
    #expect(abs(draws.variance().item() * precision - 1) < error * 2.0.squareRoot())
    let gallery = Tensor.normal([100_000, 1], key: Key(14), dtype: .float64)
    let law = coupling.conditional(
      of: .u, givenTogether: coupling.embed(.v, v), among: coupling.embed(.u, gallery),
      candidates: gallery)
    let size = law.effectiveSampleSize.squareRoot()
    #expect(abs(law.mean.item() - mean) < 5 / size / precision.squareRoot())
    #expect(abs(law.covariance.item() * precision - 1) < 5 * 2.0.squareRoot() / size)
    // Labels that are these candidates: the same law.
    let few = gallery[0..<50]
    let labels = Coupling(
      u: Identity(dimension: 1), v: LinearEncoder(Tensor([sigma], shape: [1, 1])),
      tilting: SquaredDistance(), temperature: try Temperature(.fixed(rest)))
    let together = ZeroShotClassifier(labels, labels: few).probabilities(together: v)
    let expected = coupling.conditional(
      of: .u, givenTogether: coupling.embed(.v, v), among: coupling.embed(.u, few), candidates: few
    ).weights
    #expect(distance(together, expected) < 1e-12)
    #expect(!ConditionalLoss(.vGivenU).addsOver(causeIsFirst: true))
    #expect(ConditionalLoss(.vGivenU).addsOver(causeIsFirst: false))
    #expect(SigmoidLoss().addsOver(causeIsFirst: true) && JointLoss().addsOver(causeIsFirst: true))
  }

  /// Ten observations v_i ~ N(H u, R) of one u ~ N(m, C) in three dimensions: the posterior has the precision
  /// P = C⁻¹ + 10 Hᵀ R⁻¹ H and the mean P⁻¹ (C⁻¹ m + Hᵀ R⁻¹ Σ v_i). With R = L Lᵀ the score −½ |L⁻¹ v − L⁻¹ H u|² is exact.
  @Test(arguments: ChainMethod.allCases) func observationsOfACauseInThreeDimensions(
    _ method: ChainMethod
  ) throws {
    let k = 10
    let h = normal([2, 3], Key(15))
    let root = normal([2, 2], Key(16)) * 0.3 + Tensor.eye(2, dtype: .float64)
    let noise = matmul(root, root.T)
    let inverse = try noise.cholesky().solveTriangular(.eye(2, dtype: .float64), upper: false)
    let coupling = Coupling(
      u: LinearEncoder(matmul(inverse, h)), v: LinearEncoder(inverse), tilting: SquaredDistance(),
      temperature: try Temperature(.fixed(1)))
    let (mean, spread) = (Tensor([0.5, -1, 0]), normal([3, 3], Key(17)) * 0.4)
    let covariance = matmul(spread, spread.T) + .eye(3, dtype: .float64) * 0.5
    let u = normal([1, 3], Key(18))
    let v = matmul(u, h.T) + matmul(normal([k, 2], Key(19)), root.T)
    let prior = try covariance.solve(.eye(3, dtype: .float64))
    let map = matmul(inverse, h)
    let posterior = try (prior + matmul(map.T, map) * Double(k)).solve(.eye(3, dtype: .float64))
    let sum = matmul(inverse, v.sum(dim: 0).unsqueezed(1))
    let expected = matmul(posterior, matmul(prior, mean.unsqueezed(1)) + matmul(map.T, sum))
      .flattened()
    let target = ConditionalTarget(
      coupling, .u, given: v, reference: try ReferenceDensity(mean: mean, covariance: covariance),
      shape: [3])
    let chains = target.sample(
      method, from: target.starts(32, key: Key(20)), draws: 150, key: Key(21))
    let size = chains.effectiveSampleSize
    #expect(chains.largestR < 1.05 && size > 300)
    let draws = target.samples(chains.flattened)
    let deviations = posterior.diagonal().sqrt()
    #expect(
      ((draws.mean(dim: 0) - expected).abs() / deviations).max().item() < 5 / size.squareRoot())
    let apart = draws - expected
    let found = matmul(apart.T, apart) / Double(chains.count)
    let scale = deviations.unsqueezed(1) * deviations
    #expect(((found - posterior).abs() / scale).max().item() < 5 * (2 / size).squareRoot())
  }

  @Test func startsAreSpreadOverTheGallery() throws {
    let problem = try Linear3(InnerProduct())
    let reference = try ReferenceDensity(mean: problem.mean, covariance: problem.covariance)
    let target = ConditionalTarget(
      problem.coupling, .u, given: problem.v, reference: reference, shape: [3])
    let gallery = reference.point(normal([500, 3], Key(9)))
    #expect(distance(reference.point(reference.coordinates(gallery)), gallery) < 1e-12)
    // One candidate has all of the weight; tempered, some forty have it.
    let law = ConditionalDistribution(scores: gallery.select(dim: 1, 0) * 300, candidates: gallery)
    #expect(law.effectiveSampleSize < 2)
    let starts = target.starts(40, from: law, key: Key(10)).array(Double.self)
    #expect(Set(stride(from: 0, to: 120, by: 3).map { starts[$0] }).count > 20)
  }

  @Test func referencesFromTexts() throws {
    let z = Tensor([0.0, 1], shape: [1, 2])
    #expect(
      try ReferenceDensity("gaussian:2,9", dimension: 2).point(z).array(Double.self) == [2, 5])
    let box = try ReferenceDensity("uniform:-1,3", dimension: 2).point(z).array(Double.self)
    #expect(box[0] == 1 && abs(box[1] - (-1 + 4 * 0.841_344_746_068_542_9)) < 1e-14)
    for text in ["gaussian:0", "gaussian:0,-1", "uniform:1,0", "laplace:0,1", "uniform:a,b", ""] {
      #expect(throws: Failure.self) { try ReferenceDensity(text, dimension: 2) }
    }
    #expect(throws: Failure.self) { try ReferenceDensity(fittedTo: .ones([5, 2])) }
  }

  /// The maximum of a Gaussian law is its mean, from anywhere.
  @Test(arguments: ["inner-product", "squared-distance"])
  func theMaximumIsThatOfTheClosedForm(_ tilting: String) throws {
    let problem = try Linear3(named: tilting)
    let target = try problem.target
    let found = target.maximum(from: target.starts(2, key: Key(4)) * 3)
    #expect((found.sample[0] - problem.trueMean).abs().max().item() < 1e-6)
  }

  /// s = ⟨u, a⟩ under N(m, C) in the first coordinate and on [0, 1] in the second: m + C a, and the bound.
  @Test func theMaximumOfAProduct() throws {
    let coupling = Coupling(
      u: Identity(dimension: 2), v: Identity(dimension: 2), tilting: InnerProduct(),
      temperature: try Temperature(.fixed(1)))
    let reference = try ReferenceDensity("gaussian:2,0.25@1+uniform:0,1", dimension: 2)
    let target = ConditionalTarget(
      coupling, .u, given: Tensor([4.0, 3], shape: [1, 2]), reference: reference, shape: [2])
    let found = target.maximum(from: target.starts(3, key: Key(5))).sample
    // The search ends where the log-density changes by 1e-10 of itself (17), which √(2 · 17e-10 C) = 3e-5 off it does.
    #expect(abs(found[0][0].item() - 3) < 3e-5)
    #expect(found[0][1].item() > 0.999 && found[0][1].item() <= 1)
  }

  @Test func priorsByCoordinate() throws {
    let box = try ReferenceDensity("uniform:-1/0,1/10", dimension: 2)
    let middle = box.point(Tensor([0.0, 0], shape: [1, 2])).array(Double.self)
    #expect(abs(middle[0]) < 1e-15 && abs(middle[1] - 5) < 1e-14)
    let product = try ReferenceDensity("gaussian:1/2,4/9+uniform:0,1@1+gaussian:0,1", dimension: 5)
    let z = Tensor.normal([4, 5], key: Key(1), dtype: .float64)
    let u = product.point(z)
    let expected = z[0].array(Double.self)
    #expect(abs(u[0][0].item() - (1 + 2 * expected[0])) < 1e-12)
    #expect(abs(u[0][1].item() - (2 + 3 * expected[1])) < 1e-12)
    #expect(abs(u[0][4].item() - expected[4]) < 1e-12)
    #expect((product.coordinates(u) - z).abs().max().item() < 1e-6)
    for (text, words) in [
      ("uniform:0/0/0,1", "has 3 coordinates where there are 2"),
      ("gaussian:0,1+gaussian:0,1", "does not say which"),
      ("gaussian:0/1,1/1/1", "has 2 and 3 coordinates"), ("gaussian:0/x,1", "is no prior"),
      ("uniform:0/1,1/1", "is no law"), ("gaussian:0,1@0", "is no prior"), ("+", "is no prior"),
      ("gaussian:0,1@2+uniform:0,1", "has 2 coordinates or more"),
    ] {
      do {
        _ = try ReferenceDensity(text, dimension: 2)
        Issue.record("\(text) is taken")
      } catch let failure as Failure {
        #expect(failure.description.contains(words), "\(failure)")
      }
    }
  }
}
