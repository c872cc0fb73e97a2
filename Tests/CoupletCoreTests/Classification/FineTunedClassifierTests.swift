import CoupletCore
import Files
import Foundation
import TestModels
import Testing

@Suite struct FineTunedClassifierTests {
  private static let (n, d, k) = (90, 3, 4)
  private static let tiltings: [any Tilting] = [Cosine(), InnerProduct(), SquaredDistance()]
  private let u = Tensor.normal([n, d], key: Key(1))
  private let table = Tensor.normal([k, d], key: Key(2)) + 0.5
  private let priors = Tensor([0.1, 0.2, 0.3, 0.4])

  private func coupling(_ tilting: any Tilting) throws -> Coupling {
    func make(_ tilting: some Tilting) throws -> Coupling {
      Coupling(
        u: Identity(dimension: FineTunedClassifierTests.d), v: Table(rows: table),
        tilting: tilting, temperature: try Temperature(.fixed(0.7)))
    }
    return try make(tilting)
  }

  @Test(arguments: tiltings.indices)
  func beforeFittingItIsTheZeroShotClassifier(_ index: Int) throws {
    let coupling = try coupling(FineTunedClassifierTests.tiltings[index])
    let labels = Tensor.arange(FineTunedClassifierTests.k)
    let tuned = try FineTunedClassifier(coupling, labels: labels, priors: priors)
    let zeroShot = ZeroShotClassifier(coupling, labels: labels, weights: priors)
    // Single precision, logits up to about 20.
    #expect(distance(tuned.probabilities(u), zeroShot.probabilities(u)) < 1e-5)
  }

  /// The loss is convex in (G, F), and stationary where the residuals p − y are orthogonal to the features and to 1.
  @Test(arguments: tiltings.indices)
  func fittingReachesTheStationaryPoint(_ index: Int) throws {
    let coupling = try coupling(FineTunedClassifierTests.tiltings[index])
    let k = FineTunedClassifierTests.k
    // Labels drawn from a softmax: not separable, so that the optimum is finite.
    let logits = matmul(u, Tensor.normal([3, k], key: Key(3)))
    let classes = (logits + .gumbel([FineTunedClassifierTests.n, k], key: Key(4)))
      .argmax(dim: 1).array(Int.self)
    let tuned = try FineTunedClassifier(coupling, labels: .arange(k))
    let first = try tuned.fit(u, classes: classes, epochs: 1, learningRate: 1e-9)
    let loss = try tuned.fit(
      u, classes: classes, epochs: 1500, batchSize: 1000, learningRate: 0.03)
    #expect(loss < first)
    let truth = Tensor(classes).unsqueezed(1).equal(to: Tensor.arange(k)).to(.float32)
    let residuals = tuned.probabilities(u) - truth
    // Adam in single precision settles to a few times its rounding; the slope at the start is of order 1.
    #expect(residuals.mean(dim: 0).abs().max().item() < 2e-3)
    let slope = matmul(residuals.T, tuned.features(u)) / Double(FineTunedClassifierTests.n)
    #expect(slope.abs().max().item() < 5e-3)
  }

  /// As a coupling's labels' side it gives the same probabilities.
  @Test(arguments: tiltings.indices)
  func asACouplingItIsTheSameClassifier(_ index: Int) throws {
    struct Potential: SampleEncoder {
      let values: Tensor
      var dimension: Int { 1 }
      var parameters: Parameters { [:] }
      func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
        values.indexSelect(input).unsqueezed(1)
      }
    }
    struct UnitLength: SampleEncoder {
      let dimension: Int
      var parameters: Parameters { [:] }
      func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor { Cosine.normalized(input) }
    }
    let coupling = try coupling(FineTunedClassifierTests.tiltings[index])
    let (d, k) = (FineTunedClassifierTests.d, FineTunedClassifierTests.k)
    let tuned = try FineTunedClassifier(coupling, labels: .arange(k), priors: priors)
    let classes = (0..<u.shape[0]).map { $0 % k }
    try tuned.fit(u, classes: classes, epochs: 20, learningRate: 0.05)

    let model = tuned.labelModel
    func same(_ tilting: some Tilting) -> Coupling {
      let encoder: any SampleEncoder =
        coupling.tilting is Cosine ? UnitLength(dimension: d) : Identity(dimension: d)
      return Coupling(
        [
          Side(.u, encoder: encoder),
          Side(
            .v, encoder: Table(rows: model.embeddings),
            potential: Potential(values: model.potentials)),
        ], tilting: tilting, temperature: coupling.temperature)
    }
    let zeroShot = ZeroShotClassifier(same(model.tilting), labels: .arange(k))
    #expect(distance(zeroShot.probabilities(u), tuned.probabilities(u)) < 1e-5)
  }

  @Test func classesThatTheEncoderDoesNotKnowStartFromTheMeanOfTheOthers() throws {
    let coupling = try coupling(InnerProduct())
    let tuned = try FineTunedClassifier(coupling, labels: .arange(3), classes: 5)
    let known = table[0..<3]
    #expect(distance(tuned.weights[0..<3], known) == 0)
    #expect(distance(tuned.weights[4], known.mean(dim: 0)) < 1e-7)
    #expect(tuned.probabilities(u).shape == [FineTunedClassifierTests.n, 5])
    let blank = try FineTunedClassifier(coupling, labels: nil, classes: 2)
    #expect(distance(blank.probabilities(u), .full([FineTunedClassifierTests.n, 2], 0.5)) == 0)
  }

  @Test func whatCannotBeFittedIsRefused() throws {
    let coupling = try coupling(InnerProduct())
    #expect(throws: Failure.self) { try FineTunedClassifier(coupling, labels: nil, classes: 1) }
    #expect(throws: Failure.self) {
      try FineTunedClassifier(coupling, labels: .arange(4), classes: 3)
    }
    let tuned = try FineTunedClassifier(coupling, labels: .arange(4))
    #expect(throws: Failure.self) { try tuned.fit(u[0..<2], classes: [0, 4]) }
  }
}
