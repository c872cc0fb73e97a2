import GaussianTheory
import Testing
import Torch

/// The numbers of MATH.md §5.2, to the digits given there (half a unit of the last one).
@Suite struct GaussianFieldTests {
  @Test func correlationsAndInformation() throws {
    let analysis = try GaussianField().covariance.canonicalAnalysis()
    for (found, expected) in zip(analysis.correlations, [0.967, 0.830, 0.589, 0.392, 0.266]) {
      #expect(abs(found - expected) < 5.001e-4)
    }
    #expect(abs(analysis.mutualInformation - 2.290) < 5.001e-4)
  }

  @Test func errorsOfConditionalMeansByRank() throws {
    let analysis = try GaussianField().covariance.canonicalAnalysis()
    let expected = [
      (1.260, 0.0075), (0.571, 0.0020), (0.224, 0.0006), (0.071, 0.0002), (0, 0),
    ]
    for (rank, (v, u)) in zip(1...5, expected) {
      let best = try analysis.optimum(rank: rank, tilting: .innerProduct, loss: .twoSided)
      let errors = try best.model.meanSquaredErrors()
      #expect(abs(errors.v - v) < 5.001e-4)
      #expect(abs(errors.u - u) < 5.001e-5)
    }
  }

  @Test func basisIsThatOfTheField() {
    let field = GaussianField(termCount: 20, pointCount: 5, coefficientCount: 3)
    let basis = field.basis(at: [0, 1])
    let roots = field.spectrum.sqrt().array(Double.self)
    let entries = basis.array(Double.self)
    // ψ_j(0) = √2, ψ_j(1) = √2 (−1)^j; cos(jπ) is off by the rounding of jπ, 20π · 1e-16 squared.
    for j in 0..<20 {
      #expect(abs(entries[j] - 2.0.squareRoot() * roots[j]) < 1e-15)
      #expect(abs(entries[20 + j] - (j % 2 == 0 ? -1 : 1) * entries[j]) < 1e-15)
    }
    // λ_1 = (π² + 9)⁻² = 1/356.08…
    #expect(abs(field.spectrum[0].item() * 18.869604401089358 * 18.869604401089358 - 1) < 1e-15)
    #expect(field.points == [0, 0.25, 0.5, 0.75, 1])
  }
}
