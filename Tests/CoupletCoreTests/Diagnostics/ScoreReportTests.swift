import CoupletCore
import Foundation
import TestModels
import Testing

@Suite struct ScoreReportTests {
  private static let n = 150
  private let factors = ScoreFactors(
    x: normal([n, 5], Key(1)), y: normal([n, 5], Key(2)), rowBias: normal([n], Key(3)),
    columnBias: normal([n], Key(4)))

  @Test func valuesAreThoseOfTheLosses() {
    let report = ScoreReport(factors)
    let batch = ScoredBatch(pairs: factors)
    let losses: [any Loss] = [
      ConditionalLoss(.twoSided), ConditionalLoss(.uGivenV), ConditionalLoss(.vGivenU),
      JointLoss(),
    ]
    for loss in losses {
      // Two ways to sum 22,500 numbers in double precision.
      #expect(abs((report.loss[loss.name] ?? .nan) - loss(batch).item()) < 1e-12)
      let usual = loss.usualOffset(pairs: ScoreReportTests.n).map { loss(batch).item() + $0 }
      #expect(
        usual.map { abs($0 - (report.clipLoss[loss.name] ?? .nan)) < 1e-12 }
          ?? (report.clipLoss[loss.name] == nil))
    }
    #expect(report.infoNCE == -(report.loss["two-sided"] ?? .nan))
    #expect(report.donskerVaradhan == -(report.loss["joint"] ?? .nan))
    #expect(report.ceiling == log(150))
    let nwj = MutualInformation(factors, key: Key(0)).nwj?.value
    #expect(abs((report.nwj ?? .nan) - (nwj ?? 0)) < 1e-11)
  }

  @Test func weightsAreThoseOfTheTwoSidedLoss() {
    let report = ScoreReport(factors, weights: (0.4, 1.1))
    let loss = ConditionalLoss(.weighted(u: 0.4, v: 1.1))
    let value = loss(ScoredBatch(pairs: factors)).item()
    #expect(abs((report.loss["two-sided"] ?? .nan) - value) < 1e-12)
    let usual = value + 0.75 * log(150)
    #expect(abs((report.clipLoss["two-sided"] ?? .nan) - usual) < 1e-12)
    #expect(report.infoNCE == ScoreReport(factors).infoNCE)
  }

  @Test func ranksAndSampleSizesAreThoseOfTheMatrix() {
    let report = ScoreReport(factors)
    let s = factors.matrix
    let ranks = (0..<ScoreReportTests.n).map { i in
      Int(s[i].greaterOrEqual(s[i][i]).sum().item())
    }
    #expect(report.retrieval[.v]?.ranks == ranks)
    let sizes = (1 / s.softmax(dim: 1).square().sum(dim: 1)).array(Double.self).sorted()
    let median = (sizes[74] + sizes[75]) / 2
    #expect(abs((report.effectiveSampleSize[.v] ?? .nan) / median - 1) < 1e-12)
  }

  /// Several captions for an image: any of them is right, and copies of the image never count as wrong.
  @Test func groupsShareTheirPartners() {
    let groups = (0..<ScoreReportTests.n).map { $0 / 5 }
    let report = ScoreReport(factors, groups: Groups(groups))
    let s = factors.matrix
    for i in [0, 33, 149] {
      let row = s[i].array(Double.self)
      let best = row.indices.filter { groups[$0] == groups[i] }.map { row[$0] }.max() ?? .nan
      let wrong = row.indices.count { groups[$0] != groups[i] && row[$0] >= best }
      #expect(report.retrieval[.v]?.ranks[i] == wrong + 1)
    }
    let single = ScoreReport(factors, groups: Groups(Array(0..<ScoreReportTests.n)))
    #expect(single.retrieval == ScoreReport(factors).retrieval)
    #expect(single.loss == ScoreReport(factors).loss)
  }

  /// Copies of a pair, one or several, tell nothing that the pair did not: every number is that of the distinct pairs.
  @Test func copiesOfPairsChangeNothing() {
    let rows = (0..<ScoreReportTests.n).flatMap { Array(repeating: $0, count: 1 + $0 % 3) }
    let copied = ScoreFactors(
      x: factors.x.indexSelect(Tensor(rows)), y: factors.y.indexSelect(Tensor(rows)),
      rowBias: factors.rowBias?.indexSelect(Tensor(rows)),
      columnBias: factors.columnBias?.indexSelect(Tensor(rows)))
    let (report, once) = (ScoreReport(copied, groups: Groups(rows)), ScoreReport(factors))
    #expect(report.pairs == rows.count && report.independentPairs == ScoreReportTests.n)
    for (name, value) in once.loss {
      #expect(abs((report.loss[name] ?? .nan) - value) < 1e-10, "\(name)")
    }
    #expect(report.ceiling == once.ceiling)
    for modality in [Modality.u, .v] {
      let ranks = once.retrieval[modality]?.ranks ?? []
      #expect(report.retrieval[modality]?.ranks == rows.map { ranks[$0] })
      let sizes = (report.effectiveSampleSize[modality], once.effectiveSampleSize[modality])
      #expect(abs((sizes.0 ?? .nan) - (sizes.1 ?? .nan)) < 1e-9)
    }
    // Without groups, its own copies are taken for wrong answers.
    #expect(ScoreReport(copied).retrieval[.v]?.recall(at: 1) ?? 1 < 0.5)
  }
}
