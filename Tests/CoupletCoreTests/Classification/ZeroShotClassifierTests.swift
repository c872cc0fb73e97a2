import CoupletCore
import Foundation
import TestModels
import Testing

@Suite struct ZeroShotClassifierTests {
  private static let (n, d, k) = (60, 4, 5)
  private let u = normal([n, d], Key(1))
  private let table = normal([k, d], Key(2))

  private func coupling() throws -> Coupling {
    Coupling(
      u: Identity(dimension: ZeroShotClassifierTests.d), v: Table(rows: table),
      tilting: InnerProduct(), temperature: try Temperature(.fixed(0.5)))
  }

  private func classifier(weights: Tensor? = nil) throws -> ZeroShotClassifier {
    ZeroShotClassifier(try coupling(), labels: .arange(ZeroShotClassifierTests.k), weights: weights)
  }

  @Test func probabilitiesAreSoftmaxesAndAddUpToOne() throws {
    let classifier = try classifier()
    let logits = matmul(u, table.T) / 0.5
    // Double precision; logits of order 10.
    #expect(distance(classifier.probabilities(u), logits.softmax(dim: 1)) < 1e-14)
    #expect(distance(classifier.probabilities(u).sum(dim: 1), .ones([60])) < 1e-14)
    #expect(classifier.classes(u) == logits.argmax(dim: 1).array(Int.self))
  }

  @Test func weightsShiftTheLogits() throws {
    let weights = Tensor([1.0, 5, 2, 1, 1], device: .test)
    let expected = (matmul(u, table.T) / 0.5 + weights.log()).softmax(dim: 1)
    #expect(distance(try classifier(weights: weights).probabilities(u), expected) < 1e-14)
    // Their unit does not matter; a label of weight 0 is never chosen.
    let scaled = try classifier(weights: weights * 1000)
    #expect(distance(scaled.probabilities(u), expected) < 1e-14)
    let without = try classifier(weights: Tensor([1.0, 0, 1, 1, 1]))
    #expect(without.probabilities(u).select(dim: 1, 1).max().item() == 0)
    #expect(!without.classes(u).contains(1))
  }

  @Test func accuracyIsTheFractionOfRightClasses() throws {
    let classifier = try classifier()
    var classes = classifier.classes(u)
    #expect(classifier.accuracy(u, classes: classes) == 1)
    for i in 0..<15 { classes[i] = (classes[i] + 1) % 5 }
    #expect(classifier.accuracy(u, classes: classes) == 0.75)
  }

  /// Proposition 6.1: with every label equally often in the batch, the one-sided loss over the batch is the
  /// softmax cross-entropy of the logits ⟨g_u, g_v(k)⟩/τ less log K.
  @Test func theOneSidedLossIsCrossEntropy() throws {
    let labels = Tensor((0..<60).map { $0 % 5 }, device: .test)
    let coupling = try coupling()
    let loss = ConditionalLoss(.vGivenU)(
      ScoredBatch(pairs: coupling.factors(coupling.embed(.u, u), coupling.embed(.v, labels))))
    let entropy = crossEntropy(matmul(u, table.T) / 0.5, labels: labels).item()
    #expect(abs(loss.item() - (entropy - log(5))) < 1e-13)
  }

  /// With labels of different frequencies the batch reference weighs them by frequency, and the classifier needs
  /// those weights to give the probabilities that were learned.
  @Test func theOneSidedLossIsCrossEntropyWeightedByFrequency() throws {
    let labels = Tensor.integers(0..<5, shape: [60], key: Key(3), device: .test)
    let coupling = try coupling()
    let loss = ConditionalLoss(.vGivenU)(
      ScoredBatch(pairs: coupling.factors(coupling.embed(.u, u), coupling.embed(.v, labels))))
    let truth = labels.array(Int.self)
    let frequencies = Tensor(
      (0..<5).map { k in Double(truth.count { $0 == k }) / 60 }, device: .test)
    let relative =
      try classifier(weights: frequencies).logProbabilities(u) - frequencies.log()
    let fit = relative.gather(dim: 1, labels.unsqueezed(1)).mean().item()
    #expect(abs(loss.item() + fit) < 1e-13)
  }
}
