import GaussianTheory
import Testing
import Torch

@Suite struct PopulationLossTests {
  private func encoders(_ rank: Int, _ seed: UInt64, size: Double) -> (g: Tensor, h: Tensor) {
    let (first, second) = Key(seed).split()
    return (
      Tensor.normal([rank, 4], key: first, dtype: .float64) * size,
      Tensor.normal([rank, 3], key: second, dtype: .float64) * size
    )
  }

  @Test(arguments: Entry.all)
  func agreesWithTheDefinition(entry: Entry) throws {
    let covariance = try pair([0.9, 0.5, 0.1], 4, 3, seed: 31)
    let analysis = try covariance.canonicalAnalysis()
    let dense = try DenseDivergence(covariance, tilting: entry.tilting, loss: entry.loss)
    for (rank, seed) in [(1, 1), (2, 2), (3, 3), (5, 4)] {
      // Small enough for every joint model of the inner product to exist.
      let (g, h) = encoders(rank, UInt64(seed), size: 0.1 / Double(rank).squareRoot())
      for leaf in [g, h] { leaf.requiresGradient = true }
      let expected = try dense(g, h)
      expected.backward()
      let gradients = (try #require(g.gradient).clone(), try #require(h.gradient).clone())
      clearGradients([g, h])
      let value = try analysis.divergence(
        g: g, h: h, tilting: entry.tilting, loss: entry.loss)
      value.backward()
      // Sums of terms of order ten in double precision.
      #expect(abs(value.item() - expected.item()) < 1e-12)
      #expect(distance(try #require(g.gradient), gradients.0) < 1e-11)
      #expect(distance(try #require(h.gradient), gradients.1) < 1e-11)
      let loss = try analysis.populationLoss(
        g: g, h: h, tilting: entry.tilting, loss: entry.loss)
      #expect(abs(loss.item() - (value.item() - analysis.mutualInformation)) < 1e-14)
    }
  }

  @Test func conditionalIsBelowJoint() throws {
    // Theorem 3.10, on encoders that are no optimum.
    let analysis = try pair([0.9, 0.5, 0.1], 4, 3, seed: 32).canonicalAnalysis()
    for tilting in GaussianTilting.allCases {
      for seed in 0..<20 {
        let (g, h) = encoders(2, UInt64(seed), size: 0.02 + 0.003 * Double(seed))
        let losses = try [GaussianLoss.twoSided, .joint].map {
          try analysis.populationLoss(g: g, h: h, tilting: tilting, loss: $0).item()
        }
        #expect(losses[0] <= losses[1])
      }
    }
  }

  @Test func encodersOfZeroLearnNothing() throws {
    let analysis = try pair([0.9, 0.5, 0.1], 4, 3, seed: 33).canonicalAnalysis()
    let (g, h) = encoders(2, 0, size: 0)
    for entry in Entry.all {
      // The model is the product of the marginals: L = 0, J is the mutual information.
      let loss = try analysis.populationLoss(
        g: g, h: h, tilting: entry.tilting, loss: entry.loss)
      #expect(abs(loss.item()) < 1e-15)
    }
  }
}
