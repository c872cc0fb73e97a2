import CoupletCore
import Foundation
import TestModels
import Testing

/// Searches against the conditional whose weights are all stored, in double precision.
@Suite struct SearchTests {
  private func coupling(_ tilting: any Tilting, potentials: Bool) throws -> Coupling {
    Coupling(
      [Modality.u, .v].enumerated().map { place, modality in
        Side(
          modality, encoder: LinearEncoder(3, 8, key: Key(UInt64(place))),
          potential: potentials ? LinearEncoder(3, 1, key: Key(UInt64(5 + place))) : nil)
      }, tilting: tilting, temperature: try Temperature(.fixed(0.3)))
  }

  /// 70,000 candidates: beyond what is searched in double precision, and several parts of a walk.
  @Test(arguments: [Modality.u, .v], [true, false])
  func answersAreThoseOfTheWholeConditional(_ modality: Modality, _ isLarge: Bool) throws {
    let count = isLarge ? 70_000 : 900
    for (index, name) in Tiltings.bilinear.map(\.name).enumerated() {
      let coupling = try coupling(Tiltings.named(name), potentials: index != 1)
      let candidates = normal([count, 3], Key(1)).to(.float32)
      let queries = normal([4, 3], Key(2)).to(.float32)
      let logWeights = index == 0 ? nil : normal([count], Key(3))
      let (given, among) = (
        coupling.embed(coupling.partner(of: modality), queries),
        coupling.embed(modality, candidates)
      )
      let laws = coupling.conditionals(
        of: modality, given: given, among: among, candidates: candidates, logWeights: logWeights)
      let answers = try coupling.search(
        modality, given: given, among: EmbeddedGallery(among), top: 9, logWeights: logWeights)
      // In float32 scores of size 10 carry 1e-6, and weights have that relatively.
      let tolerance = isLarge ? 1e-5 : 1e-11
      for (law, answer) in zip(laws, answers) {
        let top = law.top(9)
        #expect(answer.matches.map(\.index) == top.map(\.index))
        for (match, expected) in zip(answer.matches, top) {
          #expect(abs(match.weight / expected.weight - 1) < tolerance)
        }
        let (found, expected) = (answer.trust(of: modality), law.trust(of: modality))
        #expect(abs(found.effectiveSampleSize / expected.effectiveSampleSize - 1) < tolerance)
        #expect(abs(found.entropy - expected.entropy) < tolerance)
        #expect(
          abs(found.divergenceFromReference - expected.divergenceFromReference) < tolerance)
        #expect(abs(found.bestScore - expected.bestScore) < tolerance)
        #expect(abs(found.bestLogDensity - expected.bestLogDensity) < tolerance)
      }
    }
  }

  /// Candidates that differ by less than float32 tells apart come in the order of their scores in double precision, equal
  /// ones in that of the gallery; more than there are is all of them.
  @Test func orderIsDecidedInDoublePrecision() throws {
    let coupling = Coupling(
      u: Identity(dimension: 2), v: Identity(dimension: 2), tilting: .innerProduct,
      temperature: try Temperature(.fixed(1)))
    var rows = [Float](repeating: 0, count: 2 * 80_000)
    // 1 + 2⁻²³ and 2⁻²⁵ beside it: the sum rounds to the same float32 for both.
    for (place, row) in [70_000, 12, 40_000, 75_000].enumerated() {
      rows[2 * row] = 1 + 0x1p-23
      rows[2 * row + 1] = Float(place) * 0x1p-26
    }
    rows[2 * 5] = 1 + 0x1p-23
    let gallery = Embedded(Tensor(rows, shape: [80_000, 2]))
    let answers = try coupling.search(
      .u, given: Embedded(Tensor([1, 1], shape: [1, 2], dtype: .float32)),
      among: EmbeddedGallery(gallery), top: 5)
    #expect(answers[0].matches.map(\.index) == [75_000, 40_000, 12, 5, 70_000])
    let few = try coupling.search(
      .u, given: Embedded(Tensor([1, 1], shape: [1, 2], dtype: .float32)),
      among: EmbeddedGallery(gallery[0..<3]), top: 5)
    #expect(few[0].matches.map(\.index) == [0, 1, 2])
    #expect(few[0].matches.allSatisfy { abs($0.weight - 1 / 3.0) < 1e-15 })
  }

  /// One number of a candidate that is not finite, whatever its sign: the gallery is asked to look through that part.
  @Test(arguments: [900, 70_000], [1, 40])
  func aCandidateOfNumbersThatAreNotFiniteIsSeen(_ count: Int, _ queries: Int) throws {
    struct Seen: Error { let part: Range<Int> }
    for name in Tiltings.bilinear.map(\.name) {
      let coupling = Coupling(
        u: Identity(dimension: 3), v: Identity(dimension: 3), tilting: try Tiltings.named(name),
        temperature: try Temperature(.fixed(1)))
      func search(_ modality: Modality, _ value: Float?) throws -> [SearchAnswer] {
        var rows = normal([count, 3], Key(1)).to(.float32).array(Float.self)
        if let value { rows[3 * (count - 7) + 1] = value }
        let gallery = Embedded(Tensor(rows, shape: [count, 3]))
        return try coupling.search(
          modality, given: Embedded(normal([queries, 3], Key(2)).to(.float32)),
          among: EmbeddedGallery(
            count: count, dimension: 3, verify: { throw Seen(part: $0) }, read: { gallery[$0] }),
          top: 3)
      }
      for modality in [Modality.u, .v] {
        for value in [Float.nan, .infinity, -.infinity] {
          let seen = #expect(throws: Seen.self) { try search(modality, value) }
          #expect(seen?.part.contains(count - 7) == true)
        }
        #expect(try search(modality, nil).count == queries)
      }
    }
  }
}
