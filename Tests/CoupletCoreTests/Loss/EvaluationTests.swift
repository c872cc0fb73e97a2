import CoupletCore
import Foundation
import TestModels
import Testing

/// The plain and the tiled form of every Kullback–Leibler loss, for every tilting, with potentials and over every
/// reference: one value and one gradient.
@Suite struct EvaluationTests {
  /// Embeddings and all else that a loss depends on.
  private struct Problem {
    let tilting: any Tilting
    /// u, v, τ, potentials of both, embeddings of the references of both and their potentials.
    let point: [Tensor]
    let weightsU: Tensor?
    let weightsV: Tensor?

    func batch(_ at: [Tensor], referenceU: Bool, referenceV: Bool) -> ScoredBatch {
      let pairs = tilting.factors(at[0], at[1], temperature: at[2])
        .adding(rowBias: at[3], columnBias: at[4])
      guard referenceU || referenceV else { return ScoredBatch(pairs: pairs) }
      let given = Given(tilting: tilting, temperature: at[2])
      let ru = ReferenceMeasure(Embedded(at[5], potential: at[7]), weights: weightsU)
      let rv = ReferenceMeasure(Embedded(at[6], potential: at[8]), weights: weightsV)
      return given.coupling.score(
        [Embedded(at[0], potential: at[3]), Embedded(at[1], potential: at[4])],
        over: [referenceU ? ru : nil, referenceV ? rv : nil])
    }
  }

  /// A coupling of given embeddings.
  private struct Given {
    let coupling: Coupling
    init(tilting: any Tilting, temperature: Tensor) {
      func make(_ tilting: some Tilting) -> Coupling {
        // A positive number: see `problem`.
        let fixed = try? Temperature(.fixed(temperature.item()))
        guard let fixed else { preconditionFailure("the temperature is positive") }
        return Coupling(
          u: Identity(dimension: 5), v: Identity(dimension: 5), tilting: tilting,
          temperature: fixed)
      }
      coupling = make(tilting)
    }
  }

  private static func problem(_ tilting: any Tilting, n: Int, temperature: Double) -> Problem {
    let keys = Key(UInt64(n)).split(9)
    let d = 5
    return Problem(
      tilting: tilting,
      point: [
        normal([n, d], keys[0]), normal([n, d], keys[1]), Tensor(temperature, dtype: .float64),
        normal([n], keys[2]), normal([n], keys[3]), normal([n + 9, d], keys[4]),
        normal([11, d], keys[5]), normal([n + 9], keys[6]), normal([11], keys[7]),
      ],
      weightsU: nil, weightsV: Tensor((0..<11).map { $0 == 4 ? 0 : Double($0 + 1) }))
  }

  private func compare(
    _ problem: Problem, referenceU: Bool, referenceV: Bool, scores: Double,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for (name, plain) in LossTests.losses(.plain) {
      let tiled = try #require(LossTests.losses(.tiled)[name])
      let where_ = Comment(rawValue: "\(problem.tilting.name) \(name)")
      func value(_ loss: any Loss, _ at: [Tensor]) -> Tensor {
        loss(problem.batch(at, referenceU: referenceU, referenceV: referenceV))
      }
      func slopes(_ loss: any Loss, _ at: [Tensor]) -> [Tensor] {
        let leaves = at.map(leaf)
        value(loss, leaves).backward()
        return leaves.map { $0.gradient ?? $0.zerosLike() }
      }
      let expected = value(plain.loss, problem.point).item()
      let exact = slopes(plain.loss, problem.point)
      let largest = exact.map { $0.abs().max().item() }.max() ?? 0
      // float64: 1e-10 of the scores. float32: their rounding, some units of 2⁻²⁴ of the largest score, which
      // a softmax weight has relatively.
      for (dtype, error) in [(DType.float64, 1e-10), (.float32, 2e-6)] {
        let at = problem.point.map { $0.to(dtype) }
        let found = value(tiled.loss, at).item()
        #expect(
          abs(found - expected) <= error * (1 + scores), where_, sourceLocation: sourceLocation)
        for (a, b) in zip(exact, slopes(tiled.loss, at)) {
          #expect(
            distance(a, b) <= error * (1 + scores) * max(largest, 1e-3), where_,
            sourceLocation: sourceLocation)
        }
      }
    }
  }

  @Test(arguments: [true, false], [true, false])
  func plainAndTiledAgreeOverEveryReference(_ referenceU: Bool, _ referenceV: Bool) throws {
    for tilting in Tiltings.bilinear {
      let problem = Self.problem(tilting, n: 203, temperature: 0.5)
      try compare(problem, referenceU: referenceU, referenceV: referenceV, scores: 60)
    }
  }

  /// Scores that hardly differ, and scores of ten thousand.
  @Test(arguments: [1e4, 1e-3])
  func plainAndTiledAgreeAtEveryTemperature(_ temperature: Double) throws {
    for tilting in Tiltings.bilinear {
      let problem = Self.problem(tilting, n: 150, temperature: temperature)
      try compare(problem, referenceU: false, referenceV: false, scores: 30 / temperature)
    }
  }

  @Test func plainAndTiledAgreeForTheFewestPairs() throws {
    for tilting in Tiltings.bilinear {
      try compare(
        Self.problem(tilting, n: 2, temperature: 0.5), referenceU: false, referenceV: false,
        scores: 60)
    }
  }

  @Test func automaticIsTiledForLargeBatchesAndPlainForSmallOnes() throws {
    for n in [16, 1500] {
      let (u, v) = (normal([n, 4], Key(1)), normal([n, 4], Key(2)))
      let batch = ScoredBatch(
        pairs: Cosine().factors(u, v, temperature: Tensor(0.2, dtype: .float64)))
      let value = ConditionalLoss(.twoSided)(batch).item()
      for evaluation in [Evaluation.plain, .tiled] {
        let other = ConditionalLoss(.twoSided, evaluation: evaluation)(batch).item()
        #expect(abs(value - other) < 1e-12)
      }
    }
  }
}
