import Couplet
import Foundation
import Testing

@testable import Experiments

@Suite struct DigitsTests {
  /// Three images, two of the digit 1 and one of the digit 0, with scores that favour image 0 in every label.
  private let model = ScoredDigits(
    scores: Tensor(
      [5.0, 9] + Array(repeating: 0, count: 8) + [0, 2] + Array(repeating: -2, count: 8)
        + [3, 0] + Array(repeating: -1, count: 8), shape: [3, 10]),
    labels: [1, 1, 0], labelWeights: Array(repeating: 0.1, count: 10))

  @Test func normalisingLeavesTheLabelsLawAndMakesScoresDensities() {
    let normalized = model.normalized
    let before = model.logProbabilities.array(Double.self)
    let after = normalized.logProbabilities.array(Double.self)
    // Logarithms of sums of ten terms: a few roundings.
    for (x, y) in zip(before, after) { #expect(abs(x - y) < 1e-13) }
    // Σ_k m_k ρ(k | u) = 1 for every image.
    for mean in normalized.scores.exp().mean(dim: 1).array(Double.self) {
      #expect(abs(mean - 1) < 1e-13)
    }
  }

  @Test func imagesAreDrawnByTheirScores() {
    let weights = model.images(given: 1).weights.array(Double.self)
    let exact = [exp(9.0), exp(2), 1].map { $0 / (exp(9.0) + exp(2) + 1) }
    for (x, y) in zip(weights, exact) { #expect(abs(x - y) < 1e-15) }
  }

  @Test func measuresOfALawOnTwoOfFourImages() {
    // Given the digit 1, images 0 and 2 have weight ½ each; of these, one shows it.
    let given1 = [0.0, -1000, 0, -1000]
    let scores: [Double] = given1.flatMap { [0.0, $0] + [Double](repeating: -1, count: 8) }
    let model = ScoredDigits(
      scores: Tensor(scores, shape: [4, 10]), labels: [0, 1, 1, 1],
      labelWeights: Array(repeating: 0.1, count: 10))
    let law = DigitMeasures(model, replicates: 1, key: Key(1)).generation[1]
    #expect(abs(law.effectiveSampleSize - 2) < 1e-12)
    #expect(abs(law.share - 2.0 / 3) < 1e-12)
    #expect(abs(law.rightMass - 0.5) < 1e-12)
    #expect(law.distinct.among1000 == 2)
    // 1,000 fair coins: five standard deviations.
    #expect(abs(law.rightDraws - 0.5) < 5 * (0.25 / 1000).squareRoot())
  }

  @Test func thePairsOfSomeDigitsKeepTheirOrder() throws {
    let pairs = try PairedData(u: Tensor([0.0, 1, 2, 3, 4]), v: Tensor([7, 3, 7, 1, 3]))
    let kept = pairs.keeping([3, 7])
    #expect(kept.u.array(Double.self) == [0, 1, 2, 4])
    #expect(kept.v.array(Int.self) == [7, 3, 7, 3])
  }

  @Test func theLeastCertainRowsAreOfDifferentDigits() {
    let half = [0.5, 0.5], sure = [1.0, 0]
    let p = Tensor(half + half + sure + [0.9, 0.1], shape: [4, 2])
    #expect(Experiment.ambiguous([p, p], labels: [4, 4, 2, 3], count: 2) == [0, 3])
  }
}

@Suite struct WarpedImagesTests {
  private let images = Tensor.uniform([3, 6, 8], key: Key(5))

  @Test func withoutAnyMovementImagesStay() {
    let same = WarpedImages(images: images)(Key(1))
    #expect(same.array(Float.self) == images.array(Float.self))
  }

  @Test func aShiftMovesInkAndInterpolatesLinearly() {
    // One bright point inside: under a shift, its ink is spread over four neighbours and keeps its sum, and
    // its centre of mass moves by no more than the largest shift.
    var pixels = [Float](repeating: 0, count: 11 * 11)
    pixels[5 * 11 + 5] = 1
    let point = Tensor(pixels, shape: [1, 11, 11])
    for seed in UInt64(0)..<10 {
      let moved = WarpedImages(images: point, shift: 2)(Key(seed)).array(Float.self)
      // Four products of fractions in single precision.
      #expect(abs(moved.reduce(0, +) - 1) < 1e-5)
      let x = moved.enumerated().reduce(Float(0)) { $0 + Float($1.offset % 11) * $1.element }
      #expect(abs(x - 5) <= 2 + 1e-4)
    }
  }

  @Test func theSameKeyGivesTheSameImages() {
    let warped = WarpedImages(images: images, shift: 1, angle: 0.2, stretch: 0.1)
    #expect(warped(Key(3)).array(Float.self) == warped(Key(3)).array(Float.self))
    #expect(warped(Key(3)).array(Float.self) != warped(Key(4)).array(Float.self))
  }

  @Test func halvesAreLeftAndRight() throws {
    let halves = try PairedData(halvesOf: images)
    #expect(halves.u.shape == [3, 6, 4] && halves.v.shape == [3, 6, 4])
    #expect(cat([halves.u, halves.v], dim: 2).array(Float.self) == images.array(Float.self))
  }
}
