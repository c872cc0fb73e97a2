import Foundation
import TestModels
import Testing

@testable import CoupletCore

@Suite struct ConditionalCalibrationTests {
  /// Ranks of both conditionals over an independent gallery. `model` gives the scores of any u with any v.
  private func checks(
    _ pairs: GaussianPairs, gallery: GaussianPairs,
    model: (Tensor, Tensor) -> ScoreFactors, key: Key
  ) -> [ConditionalCalibration] {
    let own = model(pairs.u, pairs.v).diagonal
    return [
      ConditionalCalibration(
        of: .u, given: .v, scores: model(gallery.u, pairs.v).transposed, own: own,
        partners: pairs.u,
        among: .sample(gallery.u), key: key.folded(with: 0)),
      ConditionalCalibration(
        of: .v, given: .u, scores: model(pairs.u, gallery.v), own: own, partners: pairs.v,
        among: .sample(gallery.v), key: key.folded(with: 1)),
    ]
  }

  /// χ² of 20 bins with 19 degrees of freedom exceeds 43.8 with the probability 0.001; with six samples tested,
  /// 0.6 % of seeds would fail.
  private func isUniform(_ sample: UniformSample) -> Bool {
    let expected = Double(sample.count) / 20
    let chiSquared = sample.histogram(bins: 20).reduce(0) {
      $0 + (Double($1) - expected) * (Double($1) - expected) / expected
    }
    return chiSquared < 43.8 && sample.kolmogorovSmirnovPValue > 0.001
  }

  @Test func ranksOfAnExactModelAreUniform() {
    let pairs = GaussianPairs(1000, dimension: 2, sigma: 0.8, key: Key(1))
    let gallery = GaussianPairs(20_000, dimension: 2, sigma: 0.8, key: Key(2))
    for check in checks(pairs, gallery: gallery, model: pairs.exactScores, key: Key(3)) {
      #expect(check.ranks.count == 2)
      for sample in check.ranks + [check.levels] { #expect(isUniform(sample)) }
      #expect(check.randomizedMass < 0.02)
    }
  }

  /// The inner-product model's conditional is N(σ v, 1) where the truth is N(σ v, 1 − σ²) (Theorem 5.1): the rank is
  /// Φ(r Z) with r² = 1 − σ², and for Z, X, X' standard normal E Φ(rZ)² = P(X < rZ, X' < rZ), the orthant probability
  /// of correlation r²/(1 + r²), so that
  ///
  ///     Var Φ(rZ) = asin(r²/(1 + r²)) / 2π = 0.0426 for σ = 0.8, against 1/12 = 0.0833.
  @Test func ranksOfTheInnerProductModelHaveAHump() {
    let pairs = GaussianPairs(2000, sigma: 0.8, key: Key(4))
    let gallery = GaussianPairs(20_000, sigma: 0.8, key: Key(5))
    let expected = asin(0.36 / 1.36) / (2 * .pi)
    // The variance of (x − ½)² is at most a quarter of its mean: three standard errors, with a tenth for the gallery.
    let tolerance = 3.3 * (expected / 4 / 2000).squareRoot()
    for check in checks(pairs, gallery: gallery, model: pairs.innerProductScores, key: Key(6)) {
      let ranks = check.ranks[0]
      #expect(abs(ranks.spread - expected) < tolerance)
      #expect(abs(ranks.mean - 0.5) < 4 * (expected / 2000).squareRoot())
      #expect(ranks.kolmogorovSmirnovPValue < 1e-6)
      let counts = ranks.histogram(bins: 10)
      let band = ranks.histogramBand(bins: 10, confidence: 0.999)
      #expect(counts[4] > band.upperBound && counts[5] > band.upperBound)
      #expect(counts[0] < band.lowerBound && counts[9] < band.lowerBound)
    }
  }

  /// With its own weight among the candidates, the partner's rank is exactly uniform for galleries of any size:
  /// 300 groups of 12 pairs, each pair over its own group, where leaving the partner out would put 1/(ESS + 1) of the ranks
  /// at 0.
  @Test func ranksAreExactForSmallGalleries() {
    var (ranks, levels): ([Double], [Double]) = ([], [])
    for group in 0..<300 {
      let pairs = GaussianPairs(12, sigma: 0.8, key: Key(7).folded(with: group))
      let check = ConditionalCalibration(
        of: .u, given: .v, scores: pairs.exactScores.transposed, own: pairs.exactScores.diagonal,
        partners: pairs.u, key: Key(8).folded(with: group))
      ranks += check.ranks[0].values
      levels += check.levels.values
    }
    #expect(isUniform(UniformSample(ranks)))
    #expect(isUniform(UniformSample(levels)))
  }

  /// A partner apart from the gallery and the same partner within it are the same question.
  @Test func partnersWithinAndApartAgree() {
    let pairs = GaussianPairs(40, dimension: 2, sigma: 0.6, key: Key(9))
    let scores = pairs.exactScores.transposed
    let within = PartnerMass(
      scores, own: scores.diagonal, ownStatistics: pairs.u,
      among: .init(statistics: pairs.u, logWeights: nil, includePartner: true))
    for q in [0, 17, 39] {
      let others = Tensor((0..<40).filter { $0 != q })
      let rest = ScoreFactors(
        x: scores.x, y: scores.y.indexSelect(others), rowBias: scores.rowBias,
        columnBias: scores.columnBias?.indexSelect(others))
      let apart = PartnerMass(
        rest.rows(q..<q + 1), own: scores.diagonal[q..<q + 1],
        ownStatistics: pairs.u[q..<q + 1],
        among: .init(
          statistics: pairs.u.indexSelect(others), logWeights: nil, includePartner: false))
      // The same sums in another order.
      #expect((within.below[q] - apart.below[0]).abs().max().item() < 1e-13)
      #expect((within.tied[q] - apart.tied[0]).abs().max().item() < 1e-13)
    }
  }

  /// Three labels with probabilities ¼, ¼, ½: a label's rank is spread over its own step of the distribution function,
  /// and the two labels of equal density tie in the level.
  @Test func labelsTie() {
    let scores = ScoreFactors(x: Tensor([1.0, 1, 1], shape: [3, 1]), y: Tensor.zeros([3, 1]))
    let mass = PartnerMass(
      scores.adding(columnBias: Tensor([log(0.25), log(0.25), log(0.5)])),
      own: Tensor([log(0.25), log(0.25), log(0.5)]),
      ownStatistics: Tensor([0.0, 1, 2], shape: [3, 1]),
      among: .init(
        statistics: Tensor([0.0, 1, 2], shape: [3, 1]), logWeights: nil, includePartner: true))
    let below = mass.below.array(Double.self), tied = mass.tied.array(Double.self)
    // Row by row: mass below in the statistic, then mass of greater density.
    for (value, expected) in zip(below, [0, 0.5, 0.25, 0.5, 0.5, 0]) {
      #expect(abs(value - expected) < 1e-14)
    }
    for (value, expected) in zip(tied, [0.25, 0.5, 0.25, 0.5, 0.5, 0.5]) {
      #expect(abs(value - expected) < 1e-14)
    }
  }

  /// Weights of a reference act as if its points were repeated.
  @Test func referenceWeightsCount() {
    let points = Tensor([0.0, 1, 2], shape: [3, 1])
    let scores = ScoreFactors(
      x: Tensor([0.3, -0.8], shape: [2, 1]), y: points, rowBias: Tensor([0.5, 0.1]))
    let repeated = Tensor([0, 1, 1, 1, 2])
    let own = Tensor([0.3 * 1 + 0.5, -0.8 * 2 + 0.1])
    let partners = Tensor([1.0, 2], shape: [2, 1])
    let weighted = ConditionalCalibration(
      of: .v, given: .u, scores: scores, own: own, partners: partners,
      among: .reference(points, weights: Tensor([1.0, 3, 1])), key: Key(3))
    let written = ConditionalCalibration(
      of: .v, given: .u,
      scores: ScoreFactors(
        x: scores.x, y: points.indexSelect(repeated), rowBias: scores.rowBias), own: own,
      partners: partners, among: .reference(points.indexSelect(repeated)), key: Key(3))
    for (a, b) in zip(
      weighted.ranks[0].values + weighted.levels.values,
      written.ranks[0].values + written.levels.values)
    {
      #expect(abs(a - b) < 1e-14)
    }
  }

  /// Through a coupling with exact potentials (MATH §4.2), in both directions, with a statistic of the data.
  @Test func couplingsWithExactPotentials() throws {
    struct Quadratic: SampleEncoder {
      let scale: Double
      let dimension: Int
      var parameters: Parameters { [:] }
      func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
        dimension == 1 ? input.square().sum(dim: 1, keepDim: true) * scale : input * scale
      }
    }
    let (sigma, precision) = (0.7, 1 / (1 - 0.49))
    let potential = Quadratic(scale: -0.5 * sigma * sigma * precision, dimension: 1)
    let coupling = Coupling(
      [
        Side(
          .u, encoder: Quadratic(scale: sigma * precision, dimension: 2), potential: potential),
        Side(.v, encoder: Quadratic(scale: 1, dimension: 2), potential: potential),
      ], tilting: .innerProduct, temperature: try Temperature(.fixed(1)))
    let pairs = GaussianPairs(500, dimension: 2, sigma: sigma, key: Key(10))
    let gallery = GaussianPairs(5000, dimension: 2, sigma: sigma, key: Key(11))
    let data = try PairedData(u: pairs.u, v: pairs.v)
    for modality in [Modality.u, .v] {
      let check = try coupling.calibration(
        of: modality, on: data, among: .sample(modality == .u ? gallery.u : gallery.v),
        statistic: { $0.square().sum(dim: 1) }, key: Key(12))
      #expect(check.modality == modality && check.ranks.count == 1)
      #expect(isUniform(check.ranks[0]) && isUniform(check.levels))
      let own = try coupling.calibration(of: modality, on: data, key: Key(13))
      for sample in own.ranks + [own.levels] { #expect(sample.kolmogorovSmirnovPValue > 0.001) }
    }
  }
}
