import CoupletCore
import Files
import TestModels
import Testing

@Suite struct CouplingTests {
  private func coupling(potentials: Bool = false) throws -> Coupling {
    Coupling(
      [
        Side(
          .u, encoder: LinearEncoder(4, 3, bias: true, key: Key(1)),
          potential: potentials ? LinearEncoder(4, 1, key: Key(3)) : nil),
        Side(
          .v, encoder: LinearEncoder(2, 3, key: Key(2)),
          potential: potentials ? LinearEncoder(2, 1, key: Key(4)) : nil),
      ], tilting: SquaredDistance(), temperature: try Temperature(.learned(initial: 0.5)))
  }
  private let u = Tensor.normal([9, 4], key: Key(5), device: .test)
  private let v = Tensor.normal([7, 2], key: Key(6), device: .test)

  @Test func scoresAreTheTiltingOfTheEmbeddingsPlusThePotentials() throws {
    let coupling = try coupling(potentials: true)
    let (x, y) = (coupling[.u].encoder(u), coupling[.v].encoder(v))
    let (encoderU, encoderV) = (
      try #require(coupling[.u].potential), try #require(coupling[.v].potential)
    )
    let squares = (x.unsqueezed(1) - y.unsqueezed(0)).square().sum(dim: 2)
    let potentials = encoderU(u) + encoderV(v).T
    let direct = squares / (-2 * coupling.temperature.current) + potentials
    // float32 scores of order 10.
    #expect(distance(coupling.scores(u: u, v: v), direct) < 1e-5)
  }

  @Test func embeddingInChunksChangesNothing() throws {
    let coupling = try coupling(potentials: true)
    let whole = coupling.embed(.u, u)
    #expect(!whole.vectors.requiresGradient)
    for chunk in [1, 2, 4, 8, 9, 100] {
      let parts = coupling.embed(.u, u, chunk: chunk)
      // float32; products of different numbers of rows may be summed in another order.
      #expect(distance(parts.vectors, whole.vectors) < 1e-6)
      #expect(distance(try #require(parts.potential), try #require(whole.potential)) < 1e-6)
    }
  }

  @Test func conditionalsAreTheSoftmaxOfTheScores() throws {
    let coupling = try coupling(potentials: true)
    let scores = coupling.scores(u: u, v: v)
    for (j, law) in coupling.conditionals(of: .u, given: v, among: u).enumerated() {
      // Scores in float32 against double precision: their precision is 1e-6.
      #expect(distance(law.weights, scores.T[j].softmax(dim: 0)) < 1e-5)
    }
    for (i, law) in coupling.conditionals(of: .v, given: u, among: v).enumerated() {
      #expect(distance(law.weights, scores[i].softmax(dim: 0)) < 1e-5)
    }
  }

  @Test func theModeIsTheCandidateWithTheLargestScore() throws {
    // Theorem 4.2: retrieval is the mode of the conditional; for the squared distance the nearest
    // neighbour, for the cosine the largest cosine.
    let (x, y) = (normal([50, 3], Key(7)), normal([20, 3], Key(8)))
    let distances = (y.unsqueezed(1) - x.unsqueezed(0)).square().sum(dim: 2)
    let lengths = matmul(y.norm(dim: 1, keepDim: true), x.norm(dim: 1, keepDim: true).T)
    let products = matmul(y, x.T)
    let best: [(any Tilting, Tensor)] = [
      (SquaredDistance(), -distances), (InnerProduct(), products), (Cosine(), products / lengths),
    ]
    for (tilting, criterion) in best {
      let coupling = Coupling(
        u: Identity(dimension: 3), v: Identity(dimension: 3), tilting: tilting,
        temperature: try Temperature(.fixed(0.3)))
      let modes = coupling.conditionals(of: .u, given: y, among: x).map { $0.top(1)[0].index }
      #expect(modes == criterion.argmax(dim: 1).array(Int.self))
    }
  }

  @Test func parametersAreNamedByTheirPart() throws {
    let names = try coupling(potentials: true).parameters.entries.map(\.name)
    #expect(
      names == [
        "u.weight", "u.bias", "v.weight", "temperature.logarithm", "potential.u.weight",
        "potential.v.weight",
      ])
  }

  @Test func loadingAnotherModelsWeightsFailsAndChangesNothing() throws {
    let coupling = try coupling()
    let before = coupling.parameters.tensors.map { $0.detached().clone() }
    var other = Dictionary(
      uniqueKeysWithValues: coupling.savedTensors.map { ($0.name, $0.tensor.detached() + 1) })
    other["v.weight"] = .zeros([3, 5])
    #expect(throws: Failure.self) { try coupling.load(other, from: "other.safetensors") }
    other["v.weight"] = nil
    #expect(throws: Failure.self) { try coupling.load(other, from: "other.safetensors") }
    for (now, then) in zip(coupling.parameters.tensors, before) {
      #expect(distance(now, then) == 0)
    }
  }
}
