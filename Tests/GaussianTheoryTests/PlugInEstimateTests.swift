import Files
import Foundation
import GaussianTheory
import Testing
import Torch

@Suite struct PlugInEstimateTests {
  @Test func momentsOfAFewSamples() throws {
    let u = Tensor([1.0, 2, 3, 6], shape: [4, 1])
    let v = Tensor([0.0, 1, 0, 5], shape: [4, 1])
    let (covariance, intensity) = try PairCovariance.estimated(u: u, v: v)
    // Means 3 and 1.5; squares 14 and 17; products 15, each over N − 1 = 3 (exact to rounding).
    #expect(covariance.meanU.item() == 3 && covariance.meanV.item() == 1.5)
    #expect(abs(covariance.uu.item() - 14.0 / 3) < 1e-15)
    #expect(abs(covariance.vv.item() - 17.0 / 3) < 1e-15)
    #expect(abs(covariance.uv.item() - 14.0 / 3) < 1e-15)
    #expect(intensity == 0)
  }

  @Test func standardErrorsCoverTheScatter() throws {
    let truth = try pair([0.8, 0.4], 2, 2, seed: 41)
    let (count, repeats) = (400, 300)
    var (found, errors) = ([[Double]](), [Double]())
    for index in 0..<repeats {
      let (u, v) = try draws(truth, count, key: Key(42).folded(with: index))
      let estimate = try PlugInEstimate(u: u, v: v)
      found.append(estimate.analysis.correlations)
      errors = estimate.correlationErrors
      #expect(estimate.warnings.isEmpty)
    }
    func deviation(_ values: [Double]) -> Double {
      let mean = values.reduce(0, +) / Double(repeats)
      return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(repeats - 1))
        .squareRoot()
    }
    // A standard deviation from 300 repeats is itself good to 1/√600 = 4 %, and each printed error
    // varies with its estimate by about as much (10 % for the smaller mode): 25 % is four of those.
    for mode in 0..<2 {
      #expect(abs(deviation(found.map { $0[mode] }) / errors[mode] - 1) < 0.25)
    }
  }

  @Test func plugInConvergesAtTheParametricRate() throws {
    // J of the plug-in encoders falls like 1/N: ten times the samples, a tenth of the excess. Averages
    // of eight repeats scatter by about a third; the two-sided optimum is the reference.
    let truth = try pair([0.8, 0.4], 3, 2, seed: 43)
    let analysis = try truth.canonicalAnalysis()
    let best = try analysis.optimum(rank: 2, tilting: .innerProduct, loss: .twoSided)
    func excess(_ count: Int) throws -> Double {
      try (0..<8).reduce(0) { sum, index in
        let (u, v) = try draws(truth, count, key: Key(44).folded(with: index))
        let fit = try PlugInEstimate(u: u, v: v).analysis
          .optimum(rank: 2, tilting: .innerProduct, loss: .twoSided)
        return try sum
          + analysis.divergence(g: fit.g, h: fit.h, tilting: .innerProduct, loss: .twoSided).item()
          - best.divergence
      } / 8
    }
    let (few, many) = (try excess(1_000), try excess(10_000))
    #expect(few > 0 && many > 0)
    #expect(few / many > 4 && few / many < 25)
  }

  @Test func heldOutCorrelationsAreHonest() throws {
    // u and v independent, N = 200 in 20 + 20 dimensions: fitted correlations are far from zero, those
    // on unseen pairs are zero within sampling error.
    let u = Tensor.normal([200, 20], key: Key(45), dtype: .float64)
    let v = Tensor.normal([200, 20], key: Key(46), dtype: .float64)
    let estimate = try PlugInEstimate(u: u, v: v)
    #expect(estimate.analysis.correlations[0] > 0.5)
    #expect(estimate.warnings.count == 1)
    let heldOut = try HeldOutCorrelations(u: u, v: v, key: Key(47))
    #expect(heldOut.trainingCorrelations[0] > 0.7)
    // Twenty values of standard error 0.1: beyond 4 of them with probability 1e-3.
    for (correlation, error) in zip(heldOut.correlations, heldOut.errors) {
      #expect(abs(correlation) < 4 * max(error, 0.1))
    }
    // Where there is something to find it is found: a pair with σ = 0.9 and N = 2,000.
    let (x, y) = try draws(try pair([0.9], 3, 3, seed: 48), 2_000, key: Key(49))
    let real = try HeldOutCorrelations(u: x, v: y, key: Key(50))
    #expect(abs(real.correlations[0] - 0.9) < 5 * real.errors[0])
    #expect(try HeldOutCorrelations(u: x, v: y, key: Key(50)) == real)
  }

  @Test func ledoitWolfIntensityByTheDefinition() throws {
    let (count, n) = (30, 5)
    let data = Tensor.normal([count, n], key: Key(51), dtype: .float64)
    let (u, v) = (data.narrow(dim: 1, 0..<2), data.narrow(dim: 1, 2..<n))
    let (_, intensity) = try PairCovariance.estimated(u: u, v: v, shrinkage: .ledoitWolf)
    // Lemma 3.2–3.4 of Ledoit and Wolf: b² = Σ_k |z_k z_kᵀ − S|² / N², d² = |S − I|².
    let centred = data - data.mean(dim: 0, keepDim: true)
    let z = centred / centred.square().mean(dim: 0, keepDim: true).sqrt()
    let s = matmul(z.T, z) / Double(count)
    var noise = 0.0
    for k in 0..<count {
      let row = z[k].unsqueezed(0)
      noise += (matmul(row.T, row) - s).square().sum().item()
    }
    noise /= Double(count * count)
    let distance = (s - Tensor.eye(n, dtype: .float64)).square().sum().item()
    #expect(abs(intensity - min(1, noise / distance)) < 1e-13)
  }

  @Test func shrinkageHelpsNearTheDimension() throws {
    // N = 50 in 20 + 20 dimensions: without shrinkage the sample covariance is all but singular.
    let truth = try pair([0.8], 20, 20, seed: 52)
    let (u, v) = try draws(truth, 50, key: Key(53))
    let plain = try PairCovariance.estimated(u: u, v: v).covariance
    let (shrunk, intensity) = try PairCovariance.estimated(u: u, v: v, shrinkage: .ledoitWolf)
    #expect(intensity > 0.05 && intensity < 0.95)
    #expect(
      (shrunk.joint - truth.joint).norm().item() < (plain.joint - truth.joint).norm().item())
    // Fewer pairs than coordinates: refused as it is, possible with shrinkage.
    let (few, fewV) = (u[0..<30], v[0..<30])
    #expect(throws: Failure.self) { try PlugInEstimate(u: few, v: fewV) }
    let estimate = try PlugInEstimate(u: few, v: fewV, shrinkage: .ledoitWolf)
    #expect(estimate.analysis.correlations[0] < 1 && estimate.shrinkageIntensity > 0)
  }

  @Test func unusableSamples() throws {
    let good = Tensor.normal([5, 1], key: Key(54), dtype: .float64)
    let refusal = #expect(throws: Failure.self) {
      try PlugInEstimate(u: good, v: Tensor([1, 2, .nan, 4, 5], shape: [5, 1]))
    }
    #expect(refusal?.place == .input("v", index: [2, 0]))
    #expect(throws: Failure.self) { try PlugInEstimate(u: good, v: good[0..<4]) }
    #expect(throws: Failure.self) { try PlugInEstimate(u: good[0..<1], v: good[0..<1]) }
    #expect(throws: Failure.self) { try PlugInEstimate(u: Tensor([1.0, 2]), v: good) }
    #expect(throws: Failure.self) {
      try HeldOutCorrelations(u: good, v: good[0..<4], key: Key(1))
    }
  }
}
