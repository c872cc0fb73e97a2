import CoupletCore
import Encoders
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
    let law = DigitMeasures(model, key: Key(1)).generation[1]
    #expect(abs(law.effectiveSampleSize - 2) < 1e-12)
    #expect(abs(law.share - 2.0 / 3) < 1e-12)
    #expect(abs(law.rightMass - 0.5) < 1e-12)
    #expect(law.distinct.among1000 == 2)
    // 1,000 fair coins: five standard deviations.
    #expect(abs(law.rightDraws - 0.5) < 5 * (0.25 / 1000).squareRoot())
  }

  @Test func thePairsOfSomeDigitsKeepTheirOrder() throws {
    let pairs = try PairedData(u: Tensor([0.0, 1, 2, 3, 4]), v: Tensor([7, 3, 7, 1, 3]))
    let kept = try pairs.keeping([3, 7])
    #expect(try kept.u.array(Double.self) == [0, 1, 2, 4])
    #expect(try kept.v.array(Int.self) == [7, 3, 7, 3])
  }

  @Test func theLeastCertainRowsAreOfDifferentDigits() {
    let half = [0.5, 0.5], sure = [1.0, 0]
    let p = Tensor(half + half + sure + [0.9, 0.1], shape: [4, 2])
    #expect(Experiment.ambiguous([p, p], labels: [4, 4, 2, 3], count: 2) == [0, 3])
  }
}

@Suite struct ShiftedImagesTests {
  private let images = Tensor.uniform([40, 6, 8], low: 0.5, key: Key(5))

  @Test func withoutReachImagesStay() {
    let same = ShiftedImages(images: images, reach: 0)(Key(1))
    #expect(same.array(Float.self) == images.array(Float.self))
  }

  @Test func everyImageIsOneOfItsShiftsAndAllShiftsOccur() {
    let (height, width, reach) = (6, 8, 1)
    let shifted = ShiftedImages(images: images, reach: reach)(Key(2))
    var seen = Set<[Int]>()
    for image in 0..<40 {
      let (old, new) = (images[image].array(Float.self), shifted[image].array(Float.self))
      let shifts = (-reach...reach).flatMap { down in (-reach...reach).map { [down, $0] } }
      let matching = shifts.filter { shift in
        (0..<height * width).allSatisfy { place in
          let (row, column) = (place / width - shift[0], place % width - shift[1])
          let isInside = (0..<height).contains(row) && (0..<width).contains(column)
          return new[place] == (isInside ? old[row * width + column] : 0)
        }
      }
      #expect(matching.count == 1)
      seen.formUnion(matching)
    }
    // One of nine is missing among forty draws with probability 9 (8/9)⁴⁰ = 0.08; the key is fixed.
    #expect(seen.count == 9)
  }

  @Test func theSameKeyGivesTheSameImages() {
    let shifted = ShiftedImages(images: images, reach: 2)
    #expect(shifted(Key(3)).array(Float.self) == shifted(Key(3)).array(Float.self))
    #expect(shifted(Key(3)).array(Float.self) != shifted(Key(4)).array(Float.self))
  }

  @Test func theLastEpochsSeeTheImagesAsTheyAre() throws {
    let source = ShiftedHalves(
      shifted: ShiftedImages(images: images, reach: 1), epochs: 5, unshifted: 2, key: Key(1))
    let still = try PairedData(halvesOf: images).u.array(Float.self)
    let same = try (0..<5).map {
      try source.pairs(epoch: $0, key: Key(0)).u.array(Float.self) == still
    }
    #expect(same == [false, false, false, true, true])
    #expect(
      try source.pairs(epoch: 0, key: Key(0)).u.array(Float.self)
        != source.pairs(epoch: 1, key: Key(0)).u.array(Float.self))
  }

  @Test func halvesAreLeftAndRight() throws {
    let halves = try PairedData(halvesOf: images)
    let (left, right) = (try halves.u, try halves.v)
    #expect(left.shape == [40, 6, 4] && right.shape == [40, 6, 4])
    #expect(cat([left, right], dim: 2).array(Float.self) == images.array(Float.self))
  }

  @Test func pixelsAreCentredAndScaled() throws {
    let left = try PairedData(halvesOf: images).u
    let encoder = CentredPerceptron(
      base: Standardized(MLP([24, 64], key: Key(1)), shape: [6, 4]))
    encoder.fit(to: left)
    // A linear map of centred pixels has the same mean as of zeros: its bias, to rounding.
    let mean = encoder(left).mean(dim: 0).array(Float.self)
    let bias = encoder(left.mean(dim: 0).unsqueezed(0)).array(Float.self)
    for (x, y) in zip(mean, bias) { #expect(abs(x - y) < 1e-5) }
    // The deviation of uniform pixels is their range, a half, over √12; that of forty of them is within a
    // fourteenth of it, √(0.8 / 160), for one standard error: five of them.
    let scale = try #require(encoder.parameters["input.scale"]).to(.float64).array(Double.self)
    let expected = 0.5 / 12.0.squareRoot() + CentredPerceptron.scaleOffset
    for value in scale { #expect(abs(value - expected) < 5 * 0.5 / 12.0.squareRoot() / 14) }
  }
}
