import Foundation
import GaussianTheory
import Testing
import Torch

/// The Gaussian-field problem and its numbers of MATH.md §5.2, to the digits given there (half a unit
/// of the last one).
@Suite struct GaussianFieldTests {
  let analysis: CanonicalAnalysis

  /// w(x) = Σ_j √λ_j ξ_j √2 cos(jπx), λ_j = (j²π² + 9)⁻², 1000 terms; u = w at 12 uniform points of [0, 1]
  /// plus noise of deviation 0.05, v = (ξ_1, …, ξ_5).
  init() throws {
    let (points, terms, observed) = (12, 1000, 5)
    let basis = (0..<points).flatMap { a in
      (1...terms).map { j in
        let frequency = Double(j) * Double.pi
        return 2.0.squareRoot() * cos(frequency * Double(a) / Double(points - 1))
          / (frequency * frequency + 9)
      }
    }
    let b = Tensor(basis, shape: [points, terms])
    let uu = matmul(b, b.T) + Tensor.eye(points, dtype: .float64) * 0.0025
    let uv = b.narrow(dim: 1, 0..<observed)
    let joint = cat([
      cat([uu, uv], dim: 1), cat([uv.T, .eye(observed, dtype: .float64)], dim: 1),
    ])
    analysis = try PairCovariance(joint, uDimension: points).canonicalAnalysis()
  }

  @Test func correlationsAndInformation() {
    for (found, expected) in zip(analysis.correlations, [0.967, 0.830, 0.589, 0.392, 0.266]) {
      #expect(abs(found - expected) < 5.001e-4)
    }
    #expect(abs(analysis.mutualInformation - 2.290) < 5.001e-4)
  }

  @Test func errorsOfConditionalMeansByRank() throws {
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
}
