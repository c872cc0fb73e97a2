import Foundation
import TestModels
import Testing

@testable import CoupletCore

@Suite struct ReferenceTests {
  private static let (n, k, d) = (40, 10, 4)
  private let u = normal([n, d], Key(1))
  private let table = normal([k, d], Key(2))
  private let labels = Tensor.integers(0..<k, shape: [n], key: Key(3), device: .test)

  private func coupling() throws -> Coupling {
    Coupling(
      u: Identity(dimension: ReferenceTests.d), v: Table(rows: table), tilting: InnerProduct(),
      temperature: try Temperature(.fixed(0.5)))
  }

  /// A batch scored over references that were given as data.
  private func batch(
    _ coupling: Coupling, _ v: Tensor, u reference: ReferenceMeasure? = nil,
    v other: ReferenceMeasure? = nil
  ) -> ScoredBatch {
    coupling.score([coupling.embed(.u, u), coupling.embed(.v, v)], over: [reference, other])
  }

  /// Proposition 6.1: over the finite reference of all labels with equal weights, the one-sided loss is softmax
  /// cross-entropy less log K, whatever labels the batch happens to hold.
  @Test func overAllLabelsTheOneSidedLossIsCrossEntropy() throws {
    let coupling = try coupling()
    let all = ReferenceMeasure(coupling.embed(.v, .arange(ReferenceTests.k)))
    let loss = ConditionalLoss(.vGivenU)(batch(coupling, labels, v: all)).item()
    let entropy = crossEntropy(matmul(u, table.T) / 0.5, labels: labels).item()
    #expect(abs(loss - (entropy - log(10))) < 1e-13)
  }

  /// With unequal weights the log-prior joins the logits.
  @Test func weightsAreThePriorOfTheLabels() throws {
    let coupling = try coupling()
    let weights = Tensor((1...ReferenceTests.k).map(Double.init), device: .test)
    let all = ReferenceMeasure(coupling.embed(.v, .arange(ReferenceTests.k)), weights: weights)
    let loss = ConditionalLoss(.vGivenU)(batch(coupling, labels, v: all)).item()
    let prior = weights.log().logSoftmax(dim: 0)
    let entropy = crossEntropy(matmul(u, table.T) / 0.5 + prior, labels: labels).item()
    // log ρ(v|u) = logit + log m_v − log Σ, less log m_v: relative to the reference.
    let relative = entropy + prior.indexSelect(labels).mean().item()
    #expect(abs(loss - relative) < 1e-13)
  }

  /// Theorem 2.8: the batch counts a label as often as it occurs, which is the finite reference of all labels with
  /// the batch's own frequencies as weights.
  @Test func theBatchIsTheReferenceOfItsOwnFrequencies() throws {
    let coupling = try coupling()
    let counts = (0..<ReferenceTests.k).map { label in
      Double(labels.array(Int.self).count { $0 == label })
    }
    let present = counts.indices.filter { counts[$0] > 0 }
    let own = ReferenceMeasure(
      coupling.embed(.v, Tensor(present)), weights: Tensor(present.map { counts[$0] }))
    let finite = ConditionalLoss(.vGivenU)(batch(coupling, labels, v: own)).item()
    let plain = ConditionalLoss(.vGivenU)(batch(coupling, labels)).item()
    #expect(abs(finite - plain) < 1e-13)
  }

  /// Given in full, the batch itself is the reference "the batch", on either side and for the joint loss over
  /// all pairs.
  @Test func theBatchGivenInFullChangesNothing() throws {
    let coupling = try coupling()
    let (ru, rv) = (
      ReferenceMeasure(coupling.embed(.u, u)), ReferenceMeasure(coupling.embed(.v, labels))
    )
    for loss: any Loss in [
      ConditionalLoss(.twoSided), ConditionalLoss(.uGivenV), JointLoss(.allPairs),
    ] {
      let full = loss(batch(coupling, labels, u: ru, v: rv)).item()
      #expect(abs(full - loss(batch(coupling, labels)).item()) < 1e-13)
    }
  }

  /// A reference larger than the batch lowers the bias of the normaliser: over M independent draws E log-mean-exp
  /// is below log E exp by about Var(exp s)/(2 M (E exp s)²). With s ~ N(0, σ²) that is (e^{σ²} − 1)/2M.
  @Test func theBiasOfTheNormaliserFallsWithTheReference() {
    let sigma = 0.8
    let variance = exp(sigma * sigma) - 1
    func bias(_ size: Int) -> Double {
      let scores = Tensor.normal([4000, size], key: Key(UInt64(size)), dtype: .float64) * sigma
      let logMeans = scores.logSumExp(dim: 1) - log(Double(size))
      return logMeans.mean().item() - sigma * sigma / 2
    }
    for size in [32, 256] {
      // The standard error of 4,000 means, each with the variance `variance`/size: five of them, and a fifth
      // for terms of order 1/M².
      let expected = -variance / 2 / Double(size)
      let error = (variance / Double(size) / 4000).squareRoot()
      #expect(abs(bias(size) - expected) < 5 * error + 0.2 * abs(expected))
    }
  }
}

@Suite struct EmbeddingQueueTests {
  private func rows(_ range: Range<Int>) -> Embedded {
    let values = Tensor(range.map(Double.init))
    return Embedded(values.unsqueezed(1), potential: values * 10)
  }

  @Test func theOldestAreForgottenFirst() {
    let queue = EmbeddingQueue(capacity: 5)
    #expect(queue.content == nil)
    queue.append(rows(0..<3))
    queue.append(rows(3..<7))
    #expect(queue.content?.vectors.flattened().array(Double.self) == [2, 3, 4, 5, 6])
    #expect(queue.content?.potential?.array(Double.self) == [20, 30, 40, 50, 60])
    // A batch larger than the capacity leaves its last rows.
    queue.append(rows(10..<20))
    #expect(queue.content?.vectors.flattened().array(Double.self) == [15, 16, 17, 18, 19])
  }

  @Test func theBatchComesFirstAndThePastHasNoDerivatives() throws {
    let queue = EmbeddingQueue(capacity: 4)
    let past = leaf(normal([2, 3], Key(1)))
    queue.append(Embedded(past * 2))
    let batch = leaf(normal([2, 3], Key(2)))
    let joined = queue.joined(with: Embedded(batch))
    #expect(joined.count == 4)
    #expect(distance(joined.vectors[0..<2], batch) == 0)
    joined.vectors.square().sum().backward()
    #expect(past.gradient == nil)
    // Four points of which two have derivatives: twice theirs.
    #expect(distance(try #require(batch.gradient), batch * 2 * 2) < 1e-14)
  }

  /// Of a set of 12 points, each third in turn is the batch and the others are past: on average over the thirds the
  /// derivative of the normaliser is that of the whole set.
  @Test func derivativesOfTheBatchStandForAll() throws {
    let (set, given) = (normal([12, 3], Key(1)), normal([5, 3], Key(2)))
    let potential = normal([12], Key(3))
    func normaliser(_ u: Embedded) throws -> Tensor {
      let s = matmul(u.vectors, given.T) + (try #require(u.potential)).unsqueezed(1)
      return s.logSumExp(dim: 0).mean()
    }
    let (whole, wholePotential) = (leaf(set), leaf(potential))
    try normaliser(Embedded(whole, potential: wholePotential)).backward()
    let parts = try (0..<3).map { third in
      let own = (4 * third)..<(4 * third + 4)
      let rest = Tensor((0..<12).filter { !own.contains($0) }, device: .test)
      let queue = EmbeddingQueue(capacity: 8)
      queue.append(Embedded(set.indexSelect(rest), potential: potential.indexSelect(rest)))
      let batch = (leaf(set[own]), leaf(potential[own]))
      try normaliser(queue.joined(with: Embedded(batch.0, potential: batch.1))).backward()
      return (try #require(batch.0.gradient), try #require(batch.1.gradient))
    }
    let expected = (try #require(whole.gradient), try #require(wholePotential.gradient))
    #expect(distance(cat(parts.map(\.0)) * (1 / 3.0), expected.0) < 1e-14)
    #expect(distance(cat(parts.map(\.1)) * (1 / 3.0), expected.1) < 1e-14)
  }

  @Test func stateIsRestored() throws {
    let queue = EmbeddingQueue(capacity: 5)
    queue.append(rows(0..<4))
    let other = EmbeddingQueue(capacity: 5)
    let state = Dictionary(uniqueKeysWithValues: queue.state.map { ($0.name, $0.tensor) })
    let (width, dtype) = (rows(0..<1).vectors.shape[1], rows(0..<1).vectors.dtype)
    func restore(
      _ state: [String: Tensor], dimension: Int? = nil, hasPotential: Bool = true,
      dtype other_: DType? = nil
    ) throws {
      try other.restore(
        state, dimension: dimension ?? width, hasPotential: hasPotential, dtype: other_ ?? dtype,
        from: "queue.safetensors")
    }
    try restore(state)
    #expect(other.content?.potential?.array(Double.self) == [0, 10, 20, 30])
    // What belongs to another model is refused, and nothing changes.
    let two = state["vectors"].map { cat([$0, $0]) }
    for wrong in [
      { try restore(state, dimension: width + 1) }, { try restore(state, dtype: .bfloat16) },
      { try restore(["vectors": rows(0..<4).vectors]) },
      { try restore(["vectors": try #require(two)], hasPotential: false) },
    ] {
      #expect(throws: Failure.self) { try wrong() }
      #expect(other.content?.count == 4)
    }
    try restore([:])
    #expect(other.content == nil)
  }

  /// The loss over a queue is that over the batch and the past as one finite set, and the step before it is
  /// what the queue remembers.
  @Test func theNormaliserRunsOverTheBatchAndThePast() throws {
    let coupling = Coupling(
      [
        Side(.u, encoder: Identity(dimension: 3), reference: .queue(capacity: 6)),
        Side(.v, encoder: Identity(dimension: 3)),
      ], tilting: InnerProduct(), temperature: try Temperature(.fixed(1)))
    let references = References(coupling.sides)
    func embedded(_ seed: UInt64) -> [Embedded] {
      [Embedded(normal([4, 3], Key(seed))), Embedded(normal([4, 3], Key(seed + 1)))]
    }
    let (first, second) = (embedded(1), embedded(3))
    #expect(references.measures(coupling, first)[1] == nil)
    references.remember()
    let value = ConditionalLoss(.uGivenV)(
      coupling.score(second, over: references.measures(coupling, second))
    ).item()
    let all = cat([second[0].vectors, first[0].vectors])
    let s = matmul(all, second[1].vectors.T)
    let own = (second[0].vectors * second[1].vectors).sum(dim: 1).mean().item()
    let expected = (s.logSumExp(dim: 0) - log(8)).mean().item() - own
    #expect(abs(value - expected) < 1e-13)
  }
}
