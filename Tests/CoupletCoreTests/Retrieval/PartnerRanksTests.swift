import CoupletCore
import TestModels
import Testing

@Suite struct PartnerRanksTests {
  /// 1 + the number of wrong candidates that score as high as the best partner, or higher.
  private func bruteForce(_ scores: [Double], isPartner: [Bool]) -> Int {
    guard let best = zip(scores, isPartner).filter(\.1).map(\.0).max() else {
      return scores.count + 1
    }
    return 1 + zip(scores, isPartner).count { $0 >= best && !$1 }
  }

  private func ranksByCounting(_ matrix: Tensor) -> [Int] {
    rows(matrix).enumerated().map { i, row in
      bruteForce(row, isPartner: row.indices.map { $0 == i })
    }
  }

  private func rows(_ matrix: Tensor) -> [[Double]] {
    (0..<matrix.shape[0]).map { matrix[$0].array(Double.self) }
  }

  @Test(arguments: Tiltings.bilinear.map(\.name))
  func ranksOfPairsAgreeWithCounting(_ name: String) throws {
    for n in [1, 2, 5, 30] {
      let (u, v) = (normal([n, 2], Key(UInt64(n))), normal([n, 2], Key(99)))
      let factors = try Tiltings.named(name)
        .factors(u, v, temperature: Tensor(0.1, dtype: .float64))
        .adding(rowBias: normal([n], Key(7)), columnBias: normal([n], Key(8)))
      let ranks = PartnerRanks.ofPairs(factors)
      #expect(ranks.inRows == ranksByCounting(factors.matrix))
      #expect(ranks.inColumns == ranksByCounting(factors.matrix.T))
    }
  }

  @Test func ranksOfGroupsAgreeWithCounting() throws {
    let (n, m) = (40, 25)
    let factors = ScoreFactors(
      x: normal([n, 3], Key(1)), y: normal([m, 3], Key(2)), columnBias: normal([m], Key(3)))
    // Group 6 has queries but no candidates.
    let queries = Tensor.integers(0..<7, shape: [n], key: Key(4)).array(Int.self)
    let candidates = Tensor.integers(0..<6, shape: [m], key: Key(5)).array(Int.self)
    let ranks = PartnerRanks.ofGroups(factors, queries: queries, candidates: candidates)
    let expected = rows(factors.matrix).enumerated().map { i, row in
      bruteForce(row, isPartner: candidates.map { $0 == queries[i] })
    }
    #expect(ranks == expected)
    #expect(ranks[try #require(queries.firstIndex(of: 6))] == m + 1)
  }

  /// Scores that are small integers are exact, and ties among them are many.
  @Test func tiesCountAgainstTheModel() throws {
    let n = 50
    let x = Tensor.integers(-2..<3, shape: [n, 3], key: Key(6)).to(.float64)
    let y = Tensor.integers(-2..<3, shape: [n, 3], key: Key(7)).to(.float64)
    let factors = ScoreFactors(x: x, y: y)
    #expect(PartnerRanks.ofPairs(factors).inRows == ranksByCounting(factors.matrix))
    let isTied = rows(factors.matrix).enumerated().contains { i, row in
      row.count { $0 == row[i] } > 5
    }
    #expect(isTied)
  }

  /// A collapsed encoder scores all alike. Its scores differ by rounding with the place in a block where they
  /// are computed, which must not make partners win: within one block, at its edge, and across blocks.
  @Test(arguments: [2, 7, 1447, 1448, 1449, 2897])
  func aCollapsedEncoderRanksLast(_ n: Int) {
    let one = normal([1, 5], Key(8)).expanded([n, 5]).contiguous()
    let ranks = PartnerRanks.ofPairs(ScoreFactors(x: normal([n, 5], Key(9)), y: one))
    #expect(ranks.inRows.allSatisfy { $0 == n })
    let labels = (0..<n).map { $0 % 2 }
    let grouped = PartnerRanks.ofGroups(
      ScoreFactors(x: normal([3, 5], Key(9)), y: one), queries: [0, 1, 0], candidates: labels)
    #expect(grouped == [0, 1, 0].map { label in 1 + labels.count { $0 != label } })
  }

  /// Points on a line: partners uⁱ and vⁱ are both at i, except that the last v lies at 9.5.
  @Test(arguments: [1447, 1448, 1449, 2896, 2897])
  func ranksDoNotDependOnTheBlocks(_ n: Int) {
    let u = Tensor.arange(n, dtype: .float64).unsqueezed(1)
    let v = Tensor((0..<n).map { $0 == n - 1 ? 9.5 : Double($0) }, shape: [n, 1])
    let ranks = PartnerRanks.ofPairs(
      SquaredDistance().factors(u, v, temperature: Tensor(1, dtype: .float64)))
    // Given the last v, all u are nearer than its own; given the last u, the v at 10, 11, … are.
    #expect(ranks.inColumns == [Int](repeating: 1, count: n - 1) + [n])
    #expect(ranks.inRows == [Int](repeating: 1, count: n - 1) + [n - 10])
  }

  @Test func scoresThatAreNotNumbersRankLast() {
    let n = 6
    let x = Tensor.full([n, 2], .nan, dtype: .float64)
    let factors = ScoreFactors(x: x, y: normal([n, 2], Key(10)))
    let ranks = PartnerRanks.ofPairs(factors)
    #expect(ranks.inRows.allSatisfy { $0 == n })
    #expect(ranks.inColumns.allSatisfy { $0 == n })
    let groups = [0, 1, 0, 1, 0, 1]
    let grouped = PartnerRanks.ofGroups(factors, queries: groups, candidates: groups)
    #expect(grouped.allSatisfy { $0 == 4 })
  }

  @Test func aCandidateOfWeightZeroLeavesTheOthersRanksAlone() {
    let factors = ScoreFactors(
      x: .eye(3, dtype: .float64), y: .eye(3, dtype: .float64),
      columnBias: Tensor([1.0, 0, 1]).log())
    let ranks = PartnerRanks.ofGroups(factors, queries: [0, 1, 2], candidates: [0, 1, 2])
    // Label 1 cannot be found: it is below both others.
    #expect(ranks == [1, 3, 1])
  }

  /// 100,000 candidates for few queries: the scores of one block of them at a time.
  @Test func aLargeGalleryIsWalkedThrough() {
    let n = 100_000
    let gallery = normal([n, 4], Key(11))
    let wanted = [0, 1447, 1448, 77_777, n - 1]
    var groups = [Int](repeating: -1, count: n)
    for (query, index) in wanted.enumerated() { groups[index] = query }
    let queries =
      gallery.indexSelect(Tensor(wanted, device: .test)) + normal([5, 4], Key(12)) * 0.05
    let factors = SquaredDistance().factors(
      queries, gallery, temperature: Tensor(1, dtype: .float64))
    let ranks = PartnerRanks.ofGroups(factors, queries: [0, 1, 2, 3, 4], candidates: groups)
    for (query, index) in wanted.enumerated() {
      let distances = (gallery - queries[query]).square().sum(dim: 1)
      #expect(ranks[query] == Int(distances.lessOrEqual(distances[index]).sum().item()))
    }
  }

  /// Small integers: ties are many, among partners and others, and some rows score 0 with all.
  @Test func allPartnersStandBehindTheirTies() {
    let (n, m) = (20, 15)
    let x = Tensor.integers(-1..<2, shape: [n, 2], key: Key(20)).to(.float64)
    let y = Tensor.integers(-1..<2, shape: [m, 2], key: Key(21)).to(.float64)
    let factors = ScoreFactors(x: x, y: y)
    let queries = Tensor.integers(0..<4, shape: [n], key: Key(22)).array(Int.self)
    let candidates = Tensor.integers(0..<4, shape: [m], key: Key(23)).array(Int.self)
    let expected = rows(factors.matrix).enumerated().map { i, row -> [Int] in
      let own = row.indices.filter { candidates[$0] == queries[i] }.map { row[$0] }
      return own.sorted(by: >).enumerated().map { place, score in
        1 + place + row.indices.count { candidates[$0] != queries[i] && row[$0] >= score }
      }
    }
    let found = PartnerRanks.ofAllPartners(factors, queries: queries, candidates: candidates)
    #expect(found == expected)
    #expect(rows(factors.matrix).contains { $0.allSatisfy { $0 == 0 } })
  }
}
