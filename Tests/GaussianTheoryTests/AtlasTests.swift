import GaussianTheory
import Testing
import Torch

/// Every entry of the atlas against numerical minimisation of the loss over (G, H).
@Suite struct AtlasTests {
  struct Problem: CustomTestStringConvertible, Sendable {
    let name: String
    let correlations: [Double]
    let nu: Int, nv: Int, rank: Int
    var testDescription: String { name }

    static let all = [
      Problem(name: "full rank, 2 and 3", correlations: [0.8, 0.3], nu: 2, nv: 3, rank: 2),
      Problem(name: "rank 2 of 3", correlations: [0.9, 0.6, 0.4], nu: 4, nv: 3, rank: 2),
      Problem(name: "repeated", correlations: [0.7, 0.7, 0.3], nu: 3, nv: 3, rank: 2),
      Problem(name: "0.999 and 0", correlations: [0.999, 0.5, 0], nu: 3, nv: 4, rank: 3),
      Problem(name: "rank above the dimension", correlations: [0.6], nu: 1, nv: 2, rank: 3),
    ]
  }

  @Test(arguments: Entry.all, Problem.all)
  func noEncodersDoBetterAndMinimisersGetThere(entry: Entry, problem: Problem) throws {
    let covariance = try pair(problem.correlations, problem.nu, problem.nv, seed: 5)
    let optimum = try covariance.canonicalAnalysis()
      .optimum(rank: problem.rank, tilting: entry.tilting, loss: entry.loss)
    let loss = try DenseDivergence(covariance, tilting: entry.tilting, loss: entry.loss)

    #expect(optimum.g.shape == [problem.rank, problem.nu])
    #expect(optimum.h.shape == [problem.rank, problem.nv])
    // The dense formula subtracts log-determinants and traces of size about 10, and 1 − σ² = 0.002
    // amplifies: it is good to some 1e-13.
    #expect(abs(try loss(optimum.g, optimum.h).item() - optimum.divergence) < 1e-11)

    var least = Double.infinity
    for start in 0..<3 {
      let key = Key(UInt64(100 + start))
      let g = Tensor.normal([problem.rank, problem.nu], key: key.folded(with: 0), dtype: .float64)
      let h = Tensor.normal([problem.rank, problem.nv], key: key.folded(with: 1), dtype: .float64)
      let found = try minimise({ try loss($0, $1) }, from: (g * 0.2, h * 0.2))
      least = min(least, found.value)
      // The lower bound holds from wherever the search starts, up to rounding of the dense formula.
      #expect(found.value > optimum.divergence - 1e-11)
    }
    // A gradient of norm 1e-9 leaves (1e-9)² / curvature; the smallest curvatures here are about 1e-6
    // (null modes, σ = 0.999), so 1e-10 is reached by every correct closed form.
    #expect(least < optimum.divergence + 1e-10)
  }

  @Test(arguments: [(1.9, 0.1), (1.5, 0.5), (0.2, 1.1), (3.0, 1.0)])
  func unequalWeights(weights: (Double, Double)) throws {
    let covariance = try pair([0.95, 0.6, 0.2], 3, 4, seed: 8)
    let sides = GaussianLoss.conditional(
      try SideWeights(uGivenV: weights.0, vGivenU: weights.1))
    for rank in [2, 3] {
      let optimum = try covariance.canonicalAnalysis()
        .optimum(rank: rank, tilting: .squaredDistance, loss: sides)
      let loss = try DenseDivergence(covariance, tilting: .squaredDistance, loss: sides)
      // As above.
      #expect(abs(try loss(optimum.g, optimum.h).item() - optimum.divergence) < 1e-11)
      var least = Double.infinity
      for start in 0..<2 {
        let key = Key(UInt64(200 + start))
        let g = Tensor.normal([rank, 3], key: key.folded(with: 0), dtype: .float64)
        let h = Tensor.normal([rank, 4], key: key.folded(with: 1), dtype: .float64)
        let found = try minimise({ try loss($0, $1) }, from: (g * 0.3, h * 0.3))
        least = min(least, found.value)
        #expect(found.value > optimum.divergence - 1e-11)
      }
      #expect(least < optimum.divergence + 1e-10)
    }
  }

  @Test func unequalWeightsJoinTheClosedForms() throws {
    // Weights that tend to equal or to one side give the closed forms' values continuously: J is a
    // minimum over (g, h) of a function linear in the weights, so it moves by at most
    // 1e-9 · (a divergence), and a divergence at σ = 1 − 1e-9 is at most 0.5 · 2e9 / 2e9 + log … < 25.
    for sigma in [1e-6, 0.1, 0.5, 0.9, 0.999, 1 - 1e-9] {
      let covariance = try PairCovariance(
        Tensor([1, sigma, sigma, 1], shape: [2, 2]), uDimension: 1)
      let analysis = try covariance.canonicalAnalysis()
      func divergence(_ u: Double, _ v: Double) throws -> Double {
        let weights = try SideWeights(uGivenV: u, vGivenU: v)
        return try analysis.optimum(
          rank: 1, tilting: .squaredDistance, loss: .conditional(weights)
        ).divergence
      }
      #expect(abs(try divergence(1 + 1e-9, 1 - 1e-9) - divergence(1, 1)) < 5e-8)
      #expect(abs(try divergence(2, 1e-9)) < 5e-8)
      #expect(abs(try divergence(1e-9, 2)) < 5e-8)
      // The two modalities play the same part.
      #expect(abs(try divergence(1.5, 0.5) - divergence(0.5, 1.5)) < 1e-14)
    }
  }
}
