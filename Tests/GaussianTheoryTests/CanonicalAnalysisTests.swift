import Foundation
import GaussianTheory
import Testing
import Torch

@testable import GaussianTheory

@Suite struct CanonicalAnalysisTests {
  @Test func correlationsThatWereBuiltIn() throws {
    for (nu, nv) in [(3, 5), (5, 3), (4, 4)] {
      let given = [0.9, 0.5, 0.1]
      let analysis = try pair(given, nu, nv, seed: 1).canonicalAnalysis()
      #expect(analysis.correlations.count == min(nu, nv))
      // The blocks' condition numbers are below 100, so rounding C moves σ by less than 1e-14.
      for (found, expected) in zip(analysis.correlations, given + [0]) {
        #expect(abs(found - expected) < 1e-14)
      }
      let information = -0.5 * given.reduce(0) { $0 + log(1 - $1 * $1) }
      #expect(abs(analysis.mutualInformation - information) < 1e-13)
    }
  }

  @Test func canonicalCoordinatesAreUncorrelatedExceptInPairs() throws {
    for (nu, nv) in [(3, 5), (5, 3)] {
      let pair = try pair([0.95, 0.6, 0.2], nu, nv, seed: 2)
      let analysis = try pair.canonicalAnalysis()
      let (x, y) = (analysis.directionsU, analysis.directionsV)
      let one = Tensor.eye(3, dtype: .float64)
      let sigma = Tensor(analysis.correlations).diagonalMatrix()
      // Rounding at condition numbers below 100.
      #expect(distance(matmul(matmul(x, pair.uu), x.T), one) < 1e-13)
      #expect(distance(matmul(matmul(y, pair.vv), y.T), one) < 1e-13)
      #expect(distance(matmul(matmul(x, pair.uv), y.T), sigma) < 1e-13)
      #expect(distance(analysis.loadingsU, matmul(pair.uu, x.T)) < 1e-13)
      #expect(distance(analysis.loadingsV, matmul(pair.vv, y.T)) < 1e-13)
    }
  }

  @Test func scalesOfCoordinatesDoNotMatter() throws {
    let plain = try pair([0.9, 0.4], 3, 2, seed: 3)
    let scales = Tensor([0x1p-40, 0x1p+30, 3, 1e-5, 1e7])
    let scaled = try PairCovariance(
      plain.joint * scales.unsqueezed(0) * scales.unsqueezed(1), uDimension: 3)
    let (before, after) = (try plain.canonicalAnalysis(), try scaled.canonicalAnalysis())
    for (a, b) in zip(before.correlations, after.correlations) { #expect(abs(a - b) < 1e-14) }
    #expect(after.conditionNumberU < 4 * before.conditionNumberU * 4)
  }

  @Test func refinementIsSeenWhereItIsNeeded() throws {
    // A Hilbert block: condition number 1.5e10 at n = 8. With C_uv = C_uu the pair v = u + noise has
    // canonical correlations √(h / (h + 1)), h the eigenvalues of the block.
    let n = 8
    let hilbert = Tensor(
      (0..<n * n).map { 1 / Double($0 / n + $0 % n + 1) }, shape: [n, n])
    let noisy = hilbert + Tensor.eye(n, dtype: .float64)
    let joint = cat([cat([hilbert, hilbert], dim: 1), cat([hilbert, noisy], dim: 1)])
    let analysis = try PairCovariance(joint, uDimension: n).canonicalAnalysis()
    #expect(analysis.conditionNumberU > 1e9)
    let eigenvalues = try hilbert.eigenvalues().array(Double.self).reversed()
    for (sigma, h) in zip(analysis.correlations, eigenvalues) where h > 1e-4 {
      // The eigenvalues are good to 1e-16 absolutely, so √(h/(1+h)) to 1e-16 / √h < 1e-14.
      #expect(abs(sigma - (h / (1 + h)).squareRoot()) < 2e-14)
    }
  }

  @Test func extendedResidualIsExactBeyondDoublePrecision() {
    // [1, 2⁻⁶⁰] · [1, 1]ᵀ is 1 + 2⁻⁶⁰, which double precision rounds to 1.
    let left = Tensor([1.0, 0x1p-60], shape: [1, 2])
    let right = Tensor([1.0, 1], shape: [2, 1])
    #expect(extendedResidual(.ones([1, 1], dtype: .float64), left, right).item() == -0x1p-60)
    // (1 + 2⁻³⁰)² = 1 + 2⁻²⁹ + 2⁻⁶⁰.
    let x = Tensor([1 + 0x1p-30], shape: [1, 1])
    let square = Tensor([1 + 0x1p-29], shape: [1, 1])
    #expect(extendedResidual(square, x, x).item() == -0x1p-60)
  }

  @Test func extendedResidualOfALargeProduct() {
    // Integers of 40 bits: products of 80 bits, checked modulo 2⁶⁴ in integer arithmetic.
    let n = 37
    let key = Key(9)
    let a = Tensor.integers(-(1 << 40)..<(1 << 40), shape: [3, n], key: key.folded(with: 0))
    let b = Tensor.integers(-(1 << 40)..<(1 << 40), shape: [n, 2], key: key.folded(with: 1))
    let (left, right) = (a.to(.float64), b.to(.float64))
    let product = matmul(left, right)
    let residual = extendedResidual(product, left, right).array(Double.self)
    let (rounded, x, y) = (
      product.array(Double.self), a.array(Int.self), b.array(Int.self)
    )
    for row in 0..<3 {
      for column in 0..<2 {
        var exact = 0
        for k in 0..<n { exact = exact &+ x[row * n + k] &* y[k * 2 + column] }
        // The rounded product is a multiple of 2⁴ or more; modulo 2⁶⁴ all of it is an integer.
        let scaled = rounded[row * 2 + column]
        let high = Int(truncatingIfNeeded: wide(scaled))
        // The residual is below 2³⁷ and is the integer difference exactly.
        #expect(Double(high &- exact) == residual[row * 2 + column])
      }
    }
  }

  /// An integer-valued double modulo 2⁶⁴.
  private func wide(_ x: Double) -> Int {
    let shift = Swift.max(Int(x.exponent) - 62, 0)
    let part = Int(x / Double(sign: .plus, exponent: shift, significand: 1))
    return shift < 64 ? part << shift : 0
  }

  @Test func modesNearZeroAndOne() throws {
    // −½ log(1 − σ²) at both ends, where the naive formula loses everything.
    #expect(abs(CanonicalMode(sigma: 1e-9).information - 0.5e-18) < 1e-33)
    let near = CanonicalMode(sigma: 1, complement: 1e-30)
    #expect(abs(near.information - -0.5 * log(2e-30)) < 1e-13)
    #expect(abs(logExcess(1e-8) - (0.5e-16 - 1e-24 / 3)) < 1e-31)
    // Both branches where they meet: x − log(1 + x) at 1/8 is good to 1e-16 either way.
    #expect(abs(logExcess(0.125.nextDown) - (0.125 - log1p(0.125))) < 1e-16)
    #expect(abs(logExcess(-0.125.nextDown) - (-0.125 - log1p(-0.125))) < 1e-16)
  }
}
