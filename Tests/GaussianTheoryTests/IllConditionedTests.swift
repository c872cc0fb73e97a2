import Foundation
import GaussianTheory
import Testing
import Torch

/// Badly conditioned covariances against references in 80 digits (Fixtures/ill_conditioned.py).
@Suite struct IllConditionedTests {
  struct Reference: Decodable, CustomTestStringConvertible, Sendable {
    struct Optimum: Decodable, Sendable {
      let tilting: String, loss: String
      let rank: Int
      let divergence: Double
    }
    let name: String
    let uDimension: Int, dimension: Int
    let covariance: [Double], correlations: [Double], complements: [Double]
    let mutualInformation: Double
    let optima: [Optimum]
    var testDescription: String { name }

    var pair: PairCovariance {
      get throws {
        try PairCovariance(
          Tensor(covariance, shape: [dimension, dimension]), uDimension: uDimension)
      }
    }

    static func all() throws -> [Reference] {
      let file = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "Fixtures/ill_conditioned.json")
      return try JSONDecoder().decode([Reference].self, from: Data(contentsOf: file))
    }
  }

  @Test func correlations() throws {
    for reference in try Reference.all() {
      let analysis = try reference.pair.canonicalAnalysis()
      for (mode, (sigma, complement)) in zip(
        analysis.modes, zip(reference.correlations, reference.complements))
      {
        // A few units in the last place of 1; without refinement the error is up to 1e-11 · 1e4 here.
        #expect(abs(mode.sigma - sigma) < 1e-15, "\(reference.name)")
        // 1 − σ is known to about 1e-20 absolutely: relative 1e-9 at the smallest, 1.5e-11.
        #expect(abs(mode.complement - complement) < 1e-9 * complement, "\(reference.name)")
      }
      #expect(
        abs(analysis.mutualInformation - reference.mutualInformation)
          < 1e-10 * reference.mutualInformation, "\(reference.name)")
    }
  }

  @Test func optima() throws {
    let losses = Dictionary(uniqueKeysWithValues: GaussianLoss.named)
    for reference in try Reference.all() {
      let analysis = try reference.pair.canonicalAnalysis()
      for expected in reference.optima {
        let tilting = try #require(GaussianTilting(rawValue: expected.tilting))
        let loss = try #require(losses[expected.loss])
        let optimum = try analysis.optimum(rank: expected.rank, tilting: tilting, loss: loss)
        // Relative; every term of J is positive and formed without cancellation from σ and 1 − σ.
        #expect(
          abs(optimum.divergence - expected.divergence) <= 1e-10 * expected.divergence,
          "\(reference.name), \(expected.tilting), \(expected.loss), rank \(expected.rank)")
        // G and H attain it. Their rounding and that of G F_u leave √(condition number) · 1e-16, at
        // most 1e-10 · (a few), in terms of size 1 / (1 − σ): the bound is that product.
        let attained = try analysis.divergence(
          g: optimum.g, h: optimum.h, tilting: tilting, loss: loss
        ).item()
        let largest = 1 / (reference.complements.first ?? 1)
        #expect(
          abs(attained - expected.divergence) < 5e-10 * largest.squareRoot() + 1e-15 * largest,
          "\(reference.name), \(expected.tilting), \(expected.loss), rank \(expected.rank)")
      }
    }
  }

  @Test func conditionNumbersAreOfTheScaledBlocks() throws {
    let references = try Reference.all()
    // Scales over twelve orders do not matter: the mixing alone has the condition number 10.
    let scaled = try #require(references.first { $0.name == "scales 1e12" })
    #expect(try scaled.pair.canonicalAnalysis().conditionNumberU < 100)
    let blocks = try #require(references.first { $0.name == "blocks 1e12" })
    let condition = try blocks.pair.canonicalAnalysis().conditionNumberU
    #expect(condition > 1e9 && condition < 1e13)
  }
}
