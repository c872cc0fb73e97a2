import TestModels
import Testing

@testable import CoupletCore
@testable import Training

@Suite struct TrainingStepTests {
  /// A multilayer perceptron with dropout, in double precision.
  private struct Noisy: SampleEncoder {
    let first: Linear
    let dropout = Dropout(0.4)
    let second: Linear

    init(_ inputs: Int, _ outputs: Int, key: Key) {
      let (a, b) = key.split()
      first = Linear(inputs, 8, key: a)
      second = Linear(8, outputs, key: b)
      parameters.convert(to: .float64)
    }
    var dimension: Int { second.weight.shape[0] }
    var parameters: Parameters {
      Parameters(parts: ["first": first.parameters, "second": second.parameters])
    }
    func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
      second(dropout(first(input).tanh(), mode: mode))
    }
  }

  private func coupling(
    u: any SampleEncoder = Noisy(5, 3, key: Key(1)), references: [Reference] = [.batch, .batch]
  ) throws -> Coupling {
    let coupling = Coupling(
      [
        Side(.u, encoder: u, potential: Noisy(5, 1, key: Key(3)), reference: references[0]),
        Side(
          .v, encoder: Noisy(4, 3, key: Key(2)), potential: Noisy(4, 1, key: Key(4)),
          reference: references[1]),
      ], tilting: SquaredDistance(), temperature: try Temperature(.learned(initial: 0.4)))
    coupling.temperature.parameters.convert(to: .float64)
    return coupling
  }

  /// The loss and the gradients of a step.
  private func step(
    _ coupling: Coupling, _ pairs: PairedData, _ loss: any Loss, chunk: Int?
  ) throws -> (Tensor, [Tensor?]) {
    let step = TrainingStep(
      coupling: coupling, loss: loss, chunk: chunk, references: References(coupling.sides))
    let pairs = try pairs.batch(Array(0..<pairs.count))
    // The first step fills the queues.
    _ = step(pairs, mode: .training(Key(8)))
    step.references.remember()
    clearGradients(coupling.parameters.tensors)
    let value = step(pairs, mode: .training(Key(9)))
    return (value, coupling.parameters.tensors.map { $0.gradient?.clone() })
  }

  private let pairs = try? PairedData(u: normal([17, 5], Key(5)), v: normal([17, 4], Key(6)))

  @Test(arguments: [1, 2, 5, 16, 17, 40])
  func cachingGradientsChangesNothing(_ chunk: Int) throws {
    let (coupling, pairs) = (try coupling(), try #require(pairs))
    for loss in [ConditionalLoss(.twoSided), JointLoss()] as [any Loss] {
      let (plain, plainGradients) = try step(coupling, pairs, loss, chunk: nil)
      let (value, gradients) = try step(coupling, pairs, loss, chunk: chunk)
      // Double precision: sums in another order, of numbers of order 1.
      #expect(distance(plain, value) < 1e-13)
      #expect(plainGradients.count == coupling.parameters.entries.count)
      for (expected, gradient) in zip(plainGradients, gradients) {
        #expect(distance(try #require(expected), try #require(gradient)) < 1e-13)
      }
    }
  }

  @Test(arguments: [1, 5, 16])
  func cachingGradientsChangesNothingOverReferences(_ chunk: Int) throws {
    let pairs = try #require(pairs)
    let finite = Reference.finite(normal([6, 4], Key(20)), weights: Tensor([1.0, 2, 3, 0, 1, 1]))
    let kinds: [[Reference]] = [
      [.batch, finite], [.queue(capacity: 30), .queue(capacity: 10)],
      [.queue(capacity: 9), finite],
    ]
    for references in kinds {
      let coupling = try coupling(references: references)
      for loss in [ConditionalLoss(.twoSided), JointLoss()] as [any Loss] {
        let (plain, expected) = try step(coupling, pairs, loss, chunk: nil)
        let (value, found) = try step(coupling, pairs, loss, chunk: chunk)
        #expect(distance(plain, value) < 1e-13)
        for (a, b) in zip(expected, found) {
          #expect(distance(try #require(a), try #require(b)) < 1e-13)
        }
      }
    }
  }

  @Test func cachingGradientsChangesNothingForKernelLosses() throws {
    let (coupling, pairs) = (try coupling(), try #require(pairs))
    for loss in [ConditionalMMDLoss(.twoSided), JointMMDLoss()] as [any Loss] {
      let (plain, expected) = try step(coupling, pairs, loss, chunk: nil)
      let (value, found) = try step(coupling, pairs, loss, chunk: 4)
      #expect(distance(plain, value) < 1e-13)
      for (a, b) in zip(expected, found) {
        #expect(distance(try #require(a), try #require(b)) < 1e-13)
      }
    }
  }

  /// Counts the rows that are encoded while gradients are recorded, and those whose activations are still held
  /// by the graph: that of a call is let go when its derivatives have been taken.
  private final class Watch: SampleEncoder {
    let inner: Noisy
    private(set) var rowsWithGradients: [Int] = []
    private(set) var rowsWithout: [Int] = []
    /// The gradient of the first weights when a chunk begins: the chunk before has been pushed through.
    private(set) var pushedBefore: [Bool] = []

    init(_ inner: Noisy) { self.inner = inner }
    var dimension: Int { inner.dimension }
    var parameters: Parameters { inner.parameters }
    func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
      let output = inner(input, mode: mode)
      if output.requiresGradient {
        let before = inner.first.weight.gradient?.abs().sum().item() ?? 0
        pushedBefore.append(rowsWithGradients.isEmpty || before != last)
        last = before
        rowsWithGradients.append(input.shape[0])
      } else {
        rowsWithout.append(input.shape[0])
      }
      return output
    }
    private var last = 0.0
  }

  /// Derivatives are recorded for one chunk at a time, each taken before the next is encoded: the activations held
  /// are those of a chunk, whatever the batch.
  @Test func activationsAreThoseOfOneChunk() throws {
    let pairs = try #require(pairs)
    let watch = Watch(Noisy(5, 3, key: Key(1)))
    let coupling = try coupling(u: watch)
    let step = TrainingStep(
      coupling: coupling, loss: ConditionalLoss(.twoSided), chunk: 4,
      references: References(coupling.sides))
    _ = step(try pairs.batch(Array(0..<pairs.count)), mode: .training(Key(9)))
    #expect(watch.rowsWithout == [4, 4, 4, 4, 1])
    #expect(watch.rowsWithGradients == [4, 4, 4, 4, 1])
    #expect(watch.pushedBefore.allSatisfy { $0 })
  }

  @Test func dropoutIsAtWorkAndItsKeyDecides() throws {
    let (coupling, pairs) = (try coupling(), try #require(pairs))
    let samples = try pairs.u
    let first = coupling.embed(.u, samples, mode: .training(Key(9))).vectors
    #expect(distance(first, coupling.embed(.u, samples, mode: .training(Key(9))).vectors) == 0)
    #expect(distance(first, coupling.embed(.u, samples, mode: .training(Key(10))).vectors) > 0.01)
    #expect(distance(first, coupling.embed(.u, samples, mode: .inference).vectors) > 0.01)
  }

  @Test func anEncoderWithoutParametersTakesNoPart() throws {
    let coupling = try coupling(u: Identity(dimension: 3))
    let pairs = try PairedData(u: normal([17, 3], Key(7)), v: normal([17, 4], Key(6)))
    let withoutPotential = Coupling(
      u: coupling[.u].encoder, v: coupling[.v].encoder, tilting: coupling.tilting,
      temperature: coupling.temperature)
    let (_, plain) = try step(withoutPotential, pairs, ConditionalLoss(.uGivenV), chunk: nil)
    let (_, cached) = try step(withoutPotential, pairs, ConditionalLoss(.uGivenV), chunk: 4)
    for (expected, gradient) in zip(plain, cached) {
      #expect(distance(try #require(expected), try #require(gradient)) < 1e-13)
    }
  }
}
