import CoupletCore
import Encoders
import Files
import Foundation
import TestModels
import Testing

/// Scores that are not bilinear (MATH §14).
@Suite struct PairTiltingTests {
  /// What Fixtures/make_pair_scores.py wrote.
  struct Fixture: Decodable {
    struct Parameter: Decodable {
      var name: String
      var shape: [Int]
      var value, gradient: [Double]
    }
    var width, blocks: Int
    var u, v, scores, gradientU, gradientV: [[Double]]
    var loss: Double
    var parameters: [Parameter]

    static func read() throws -> Fixture {
      let path = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fixtures/pair_scores.json")
      return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: path))
    }
  }

  private func tensor(_ rows: [[Double]]) -> Tensor {
    Tensor(rows.flatMap { $0 }, shape: [rows.count, rows[0].count])
  }

  static func coupling(
    _ tilting: PairTilting, inputs: (Int, Int) = (2, 3), learnsShift: Bool = false
  ) throws -> Coupling {
    Coupling(
      [
        Side(.u, encoder: Identity(dimension: inputs.0)),
        Side(.v, encoder: Identity(dimension: inputs.1)),
      ], tilting: tilting, temperature: try Temperature(.fixed(0.7)), learnsShift: learnsShift,
      key: Key(1))
  }

  /// Scores, loss and every gradient are PyTorch's.
  @Test func scoresLossAndGradientsAreThoseOfPyTorch() throws {
    let fixture = try Fixture.read()
    let coupling = try Self.coupling(PairTilting(width: fixture.width, blocks: fixture.blocks))
    coupling.parameters.convert(to: .float64)
    for parameter in fixture.parameters {
      let own = try #require(coupling.parameters["pair.\(parameter.name)"])
      withoutGradients { own.copy(from: Tensor(parameter.value, shape: parameter.shape)) }
    }
    #expect(coupling.parameters.entries.count == fixture.parameters.count)
    let (u, v) = (leaf(tensor(fixture.u)), leaf(tensor(fixture.v)))
    let batch = coupling.score([Embedded(u), Embedded(v)])
    // Sums of a few dozen terms of order 1 in double precision, here and below.
    #expect(distance(batch.pairs.matrix, tensor(fixture.scores)) < 1e-13)
    let loss = coupling.value(of: ConditionalLoss(.twoSided), batch)
    #expect(abs(loss.item() - fixture.loss) < 1e-13)
    loss.backward()
    #expect(distance(try #require(u.gradient), tensor(fixture.gradientU)) < 1e-13)
    #expect(distance(try #require(v.gradient), tensor(fixture.gradientV)) < 1e-13)
    for parameter in fixture.parameters {
      let own = try #require(coupling.parameters["pair.\(parameter.name)"]?.gradient)
      #expect(
        distance(own, Tensor(parameter.gradient, shape: parameter.shape)) < 1e-13,
        "\(parameter.name)")
    }
  }

  static let losses: [any Loss] = [
    ConditionalLoss(.twoSided), ConditionalLoss(.uGivenV), ConditionalLoss(.vGivenU), JointLoss(),
    SigmoidLoss(), AnchoredLoss(),
  ]

  /// With K = N − 1 negatives the loss of a batch is the plain one, and with fewer the mean over blocks of K + 1.
  @Test(arguments: losses.indices)
  func negativesAreBlocksOfTheBatch(_ index: Int) throws {
    let loss = Self.losses[index]
    let (u, v) = (normal([12, 2], Key(2)), normal([12, 3], Key(3)))
    func coupling(_ negatives: Int) throws -> Coupling {
      try Self.coupling(PairTilting(width: 8, blocks: 1, negatives: negatives)).drawn(Key(4))
    }
    let all = try coupling(11)
    let batch = all.score([Embedded(u), Embedded(v)])
    #expect(all.value(of: loss, batch).item() == loss(batch).item())
    let few = try coupling(3)
    let blocks = (0..<3).map { block in
      let rows = (4 * block)..<(4 * block + 4)
      return loss(few.score([Embedded(u[rows]), Embedded(v[rows])])).item()
    }
    let value = few.value(of: loss, few.score([Embedded(u), Embedded(v)])).item()
    #expect(abs(value - blocks.reduce(0, +) / 3) < 1e-14)
    #expect(few.contrasted(of: 12) == 4)
  }

  @Test func blocksHoldEveryPairOnceAndAtLeastTheNegatives() {
    for (count, negatives) in [(2, 31), (33, 31), (63, 31), (64, 31), (100, 31), (5, 1), (512, 7)] {
      let blocks = PairTilting(negatives: negatives).batches(of: count)
      #expect(blocks.flatMap { Array($0) } == Array(0..<count))
      #expect(blocks.allSatisfy { $0.count >= min(count, negatives + 1) })
      #expect(blocks.allSatisfy { $0.count <= 2 * negatives + 1 || count == 2 })
    }
  }

  /// For every loss, corrected tilting and block, through the embeddings and the network; stored in parts or not.
  @Test(arguments: ["pair", "pair:correcting=cosine", "pair:correcting=squared-distance"])
  func gradientsAgreeWithFiniteDifferences(_ text: String) throws {
    let tilting = try #require(try Tiltings.named("\(text):width=4:blocks=1:negatives=2").pair)
    let coupling = try Self.coupling(tilting, inputs: (2, 2), learnsShift: true).drawn(Key(5))
    let weights = try #require(coupling.parameters["pair.blocks.0.first.weight"])
    let point = [normal([6, 2], Key(6)), normal([6, 2], Key(7)), weights.detached().clone()]
    for loss in Self.losses {
      func value(_ point: [Tensor]) -> Tensor {
        coupling.value(of: loss, coupling.score([Embedded(point[0]), Embedded(point[1])]))
      }
      clearGradients([weights])
      var exact = try gradients(at: Array(point[0..<2])) { value($0) }
      exact.append(try #require(weights.gradient))
      let differences = finiteDifferences(at: point) { moved in
        withoutGradients {
          weights.copy(from: moved[2])
          return value(moved)
        }
      }
      withoutGradients { weights.copy(from: point[2]) }
      // See finiteDifferences; layer norms over four numbers have third derivatives of some hundreds.
      for (slope, difference) in zip(exact, differences) {
        #expect(distance(slope, difference) < 1e-7, "\(loss.name)")
      }
    }
  }

  /// An untrained correction changes nothing, and a trained one is added.
  @Test func aCorrectionIsAdded() throws {
    let tilting = try #require(try Tiltings.named("pair:width=8:correcting=inner-product").pair)
    let coupling = try Self.coupling(tilting, inputs: (3, 3))
    coupling.parameters.convert(to: .float64)
    let (u, v) = (Embedded(normal([4, 3], Key(1))), Embedded(normal([5, 3], Key(2))))
    let products = matmul(u.vectors, v.vectors.T) / 0.7
    #expect(distance(coupling.factors(u, v).matrix, products) < 1e-14)
    let drawn = coupling.drawn(Key(8))
    let correction = try #require(drawn.network).scores(u.vectors, v.vectors).matrix
    #expect(correction.abs().max().item() > 0.1)
    #expect(distance(drawn.factors(u, v).matrix, products + correction) < 1e-13)
  }

  @Test func textsAreFoundAgainAndOthersRefused() throws {
    for text in [
      "pair", "pair:width=32:blocks=0:negatives=7", "pair:correcting=cosine",
      "pair:negatives=63:correcting=squared-distance",
    ] {
      let settings = try TiltingSettings(text)
      #expect(settings.description == text)
      #expect(settings.value.needsOneDimension == text.contains("correcting"))
    }
    for text in ["pair:correcting=pair", "pair:width=0", "pair:negatives=0", "pair:depth=2"] {
      #expect(throws: Failure.self) { try TiltingSettings(text) }
    }
  }

  /// Ranks, conditionals, a search and the bounds are those of the matrix of scores.
  @Test func everythingFollowsFromTheMatrix() throws {
    let coupling = try Self.coupling(PairTilting(width: 8, blocks: 1)).drawn(Key(9))
    let (u, v) = (normal([60, 2], Key(10)), normal([60, 3], Key(11)))
    let s = coupling.scores(u: u, v: v)
    let pairs = try PairedData(u: u, v: v)
    let report = try coupling.evaluate(on: pairs, loss: ConditionalLoss(.uGivenV), ks: [1, 5])
    let own = s.diagonal()
    let ranks = s.greaterOrEqual(own).sum(dim: 0).array(Int.self)
    #expect(report.recall["u"]?["5"] == Double(ranks.count { $0 <= 5 }) / 60)
    let loss = s.logSumExp(dim: 0).mean().item() - log(60) - own.mean().item()
    #expect(abs(try #require(report.loss) - loss) < 1e-12)
    let information = try coupling.mutualInformation(on: pairs, headline: .infoNCEOfU, key: Key(0))
    #expect(abs(information.bound.value + loss) < 1e-12)
    for modality in [Modality.u, .v] {
      let (queries, gallery) = modality == .u ? (v, u) : (u, v)
      let law = coupling.conditionals(of: modality, given: queries[0..<3], among: gallery)
      let answers = try coupling.search(
        modality, given: coupling.embed(coupling.partner(of: modality), queries[0..<3]),
        among: EmbeddedGallery(coupling.embed(modality, gallery)), top: 4)
      for (law, answer) in zip(law, answers) {
        #expect(law.top(4).map(\.index) == answer.matches.map(\.index))
        #expect(abs(law.effectiveSampleSize - answer.effectiveSampleSize) < 1e-9)
      }
      let weights = (modality == .u ? s.T : s)[0].softmax(dim: 0)
      #expect(distance(law[0].weights, weights) < 1e-12)
    }
  }

  /// A copy of a candidate ties with it, however the pairs are evaluated.
  @Test func copiesTie() throws {
    let coupling = try Self.coupling(PairTilting(width: 16)).drawn(Key(12))
    coupling.parameters.convert(to: .float32)
    let u = normal([1, 2], Key(13)).expanded([40, 2]).clone()
    let v = normal([40, 3], Key(14))
    let report = try coupling.evaluate(on: PairedData(u: u, v: v), loss: JointLoss(), ks: [39, 40])
    #expect(report.recall["u"] == ["39": 0, "40": 1])
  }

  /// The first pass takes the best of the corrected tilting, the second orders them by the whole score.
  @Test func rerankingOrdersTheBestOfTheFirstPass() throws {
    let tilting = PairTilting(width: 8, blocks: 1, correcting: .cosine)
    let coupling = try Self.coupling(tilting, inputs: (3, 3)).drawn(Key(15))
    let (u, v) = (normal([80, 3], Key(16)), normal([2, 3], Key(17)))
    let (gallery, queries) = (coupling.embed(.u, u), coupling.embed(.v, v))
    let answers = try coupling.search(
      .u, given: queries, among: EmbeddedGallery(gallery), top: 4, reranking: 10)
    let corrected = try #require(coupling.corrected)
    let (all, first) = (
      coupling.factors(gallery, queries).matrix, corrected.factors(gallery, queries).matrix
    )
    for (query, answer) in answers.enumerated() {
      let best = first.T[query].topK(10).indices.array(Int.self)
      let scores = all.T[query].array(Double.self)
      let ordered = best.sorted { scores[$0] > scores[$1] }
      #expect(answer.matches.map(\.index) == Array(ordered.prefix(4)))
      let sum = best.reduce(0) { $0 + exp(scores[$1]) }
      for match in answer.matches {
        #expect(abs(match.weight - exp(scores[match.index]) / sum) < 1e-12)
      }
    }
  }
}
