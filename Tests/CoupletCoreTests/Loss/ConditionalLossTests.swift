import CoupletCore
import Foundation
import TestModels
import Testing

@Suite struct ConditionalLossTests {
  private static let sides: [ConditionalLoss.Sides] = [
    .twoSided, .uGivenV, .vGivenU, .weighted(u: 0.4, v: 1.1),
  ]
  private static let n = 7
  private let scores = normal([n, n], Key(1)) * 2

  /// The batch whose matrix of scores is S: S = S · I.
  private func batch(_ s: Tensor) -> ScoredBatch {
    ScoredBatch(pairs: ScoreFactors(x: s, y: .eye(s.shape[0], dtype: .float64, device: s.device)))
  }

  @Test(arguments: sides)
  func isTheFormulaOfEquation12(_ sides: ConditionalLoss.Sides) {
    let (n, s) = (ConditionalLossTests.n, scores.array(Double.self))
    func logMeanExp(_ values: [Double]) -> Double {
      log(values.map { exp($0) }.reduce(0, +) / Double(values.count))
    }
    let fit = (0..<n).map { s[n * $0 + $0] }.reduce(0, +) / Double(n)
    let columns = (0..<n).map { j in logMeanExp((0..<n).map { s[n * $0 + j] }) }
    let rows = (0..<n).map { i in logMeanExp((0..<n).map { s[n * i + $0] }) }
    let formula =
      -(sides.u + sides.v) / 2 * fit + sides.u / 2 * columns.reduce(0, +) / Double(n)
      + sides.v / 2 * rows.reduce(0, +) / Double(n)
    // Some dozen roundings of numbers of order 1.
    #expect(abs(ConditionalLoss(sides)(batch(scores)).item() - formula) < 1e-14)
  }

  @Test(arguments: sides)
  func itsGradientIsSoftmaxesLessTheIdentity(_ sides: ConditionalLoss.Sides) throws {
    let n = ConditionalLossTests.n
    let slope = try gradients(at: [scores]) { ConditionalLoss(sides)(batch($0[0])) }[0]
    let identity = Tensor.eye(n, dtype: .float64, device: .test)
    let columns = (scores.softmax(dim: 0) - identity) * (sides.u / 2)
    let rows = (scores.softmax(dim: 1) - identity) * (sides.v / 2)
    // ∂L/∂S = (1/N)[(λ_u/2)(R − I) + (λ_v/2)(Q − I)], numbers below 1.
    #expect(distance(slope, (columns + rows) / Double(n)) < 1e-15)
  }

  @Test func aShiftThatDependsOnTheConditionChangesNothingForItsSide() {
    let shift = normal([ConditionalLossTests.n], Key(2)) * 5
    let perU = scores + shift.unsqueezed(1)
    let perV = scores + shift
    func change(_ sides: ConditionalLoss.Sides, _ shifted: Tensor) -> Double {
      let loss = ConditionalLoss(sides)
      return abs(loss(batch(shifted)).item() - loss(batch(scores)).item())
    }
    // ν(v | u) is normalised for each u, ν(u | v) for each v; what is shifted is of order 10.
    #expect(change(.vGivenU, perU) < 1e-13)
    #expect(change(.uGivenV, perV) < 1e-13)
    // The other side does see it.
    #expect(change(.uGivenV, perU) > 0.1)
    #expect(change(.vGivenU, perV) > 0.1)
  }

  @Test func isAtLeastMinusLogN() {
    // −L is the InfoNCE bound, at most log N; perfect scores reach it.
    let n = ConditionalLossTests.n
    let perfect = Tensor.eye(n, dtype: .float64, device: .test) * 1e4
    let value = ConditionalLoss(.twoSided)(batch(perfect)).item()
    #expect(abs(value + log(Double(n))) < 1e-11)  // The precision of scores of 1e4.
    #expect(ConditionalLoss(.twoSided)(batch(scores)).item() > -log(Double(n)))
  }

  @Test func exchangingTheModalitiesExchangesTheSides() {
    let exchanged = ConditionalLoss(.vGivenU)(batch(scores.T.contiguous())).item()
    #expect(abs(ConditionalLoss(.uGivenV)(batch(scores)).item() - exchanged) < 1e-14)
  }

  /// Proposition 6.1: over the finite reference of ten labels with equal weights, label-given-image is softmax
  /// cross-entropy less log 10 (densities are relative to the reference), whatever labels the batch holds;
  /// with other weights the logits absorb their logarithms.
  @Test(arguments: [Evaluation.plain, .tiled], [false, true])
  func overTenLabelsItIsCrossEntropy(_ evaluation: Evaluation, _ isUniform: Bool) throws {
    let (images, table) = (normal([64, 6], Key(3)), normal([10, 6], Key(4)))
    let labels = Tensor((0..<64).map { $0 * $0 % 7 })
    let weights = isUniform ? nil : Tensor((1...10).map(Double.init))
    let coupling = Coupling(
      u: Identity(dimension: 6), v: Table(rows: table), tilting: InnerProduct(),
      temperature: try Temperature(.fixed(0.5)))
    func loss(_ images: Tensor, _ table: Tensor) -> Tensor {
      let reference = ReferenceMeasure(Embedded(table), weights: weights)
      return ConditionalLoss(.vGivenU, evaluation: evaluation)(
        coupling.score(
          [Embedded(images), Embedded(table.indexSelect(labels))], over: [nil, reference]))
    }
    func entropy(_ images: Tensor, _ table: Tensor) -> Tensor {
      let logits = matmul(images, table.T) / 0.5
      guard let weights else { return crossEntropy(logits, labels: labels) - log(10) }
      let priors = (weights / 55).log()
      // log ρ = logit − log Σ m exp logit: the prior's own logarithm at the label is not part of it.
      return crossEntropy(logits + priors, labels: labels) + priors.indexSelect(labels).mean()
    }
    let value = loss(images, table).item()
    #expect(abs(value - entropy(images, table).item()) < 1e-13)
    let slopes = try gradients(at: [images, table]) { loss($0[0], $0[1]) }
    let truth = try gradients(at: [images, table]) { entropy($0[0], $0[1]) }
    for (a, b) in zip(slopes, truth) { #expect(distance(a, b) < 1e-14) }
    // In single precision, to the 1e-6 of its rounding.
    let single = loss(images.to(.float32), table.to(.float32)).item()
    #expect(abs(single - value) < 1e-6)
  }

  @Test func minimisersOfOneSideAreMinimisersOfTheProblem() {
    // Theorem 3.2: up to a constant the loss is the expected divergence of the conditionals, so on a
    // finite table with uniform marginals the score log(μ_ij n²) of the joint law μ has the smallest loss.
    // With pairs (i, j) in proportion to μ the batch is the law itself.
    let counts = [[3, 1, 0], [0, 3, 1], [1, 0, 3]]
    let pairs = counts.enumerated().flatMap { i, row in
      row.enumerated().flatMap { j, count in Array(repeating: (i, j), count: count) }
    }
    func loss(_ table: [Double], _ sides: ConditionalLoss.Sides) -> Double {
      let s = pairs.flatMap { left in pairs.map { right in table[3 * left.0 + right.1] } }
      return ConditionalLoss(sides)(batch(Tensor(s, shape: [pairs.count, pairs.count]))).item()
    }
    // log 0 is −∞; −50 stands for it, e⁻⁵⁰ = 2e-22.
    let truth = counts.joined().map { $0 == 0 ? -50 : log(Double($0) / 4 * 3) }
    // With the true density the loss is minus the mutual information.
    let information = log(3) - (0.75 * log(4 / 3) + 0.25 * log(4))
    for sides in [ConditionalLoss.Sides.twoSided, .uGivenV, .vGivenU] {
      let best = loss(truth, sides)
      #expect(abs(best + information) < 1e-12)
      for trial in 0..<20 {
        let other = (Tensor(truth) + normal([9], Key(UInt64(trial))) * 0.5).array(Double.self)
        #expect(loss(other, sides) > best)
      }
    }
  }
}
