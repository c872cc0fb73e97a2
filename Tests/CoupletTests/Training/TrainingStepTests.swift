import Testing

@testable import Couplet

@Suite struct TrainingStepTests {
  /// A multilayer perceptron with dropout, in double precision.
  private struct Noisy: Encoder {
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

  private func coupling(u: any Encoder = Noisy(5, 3, key: Key(1))) throws -> Coupling {
    let coupling = Coupling(
      u: u, v: Noisy(4, 3, key: Key(2)), tilting: SquaredDistance(),
      temperature: try Temperature(.learned(initial: 0.4)),
      potentialU: Noisy(5, 1, key: Key(3)), potentialV: Noisy(4, 1, key: Key(4)))
    coupling.temperature.parameters.convert(to: .float64)
    return coupling
  }

  /// The loss and the gradients of a step.
  private func step(_ coupling: Coupling, _ pairs: PairedData, _ loss: any Loss, chunk: Int?) -> (
    Tensor, [Tensor?]
  ) {
    clearGradients(coupling.parameters.tensors)
    let step = TrainingStep(
      coupling: coupling, loss: loss, chunk: chunk, references: References(u: .batch, v: .batch))
    let value = step(pairs, mode: .training(Key(9)))
    return (value, coupling.parameters.tensors.map { $0.gradient?.clone() })
  }

  private let pairs = try? PairedData(u: normal([17, 5], Key(5)), v: normal([17, 4], Key(6)))

  @Test(arguments: [1, 2, 5, 16, 17, 40])
  func cachingGradientsChangesNothing(_ chunk: Int) throws {
    let (coupling, pairs) = (try coupling(), try #require(pairs))
    for loss in [ConditionalLoss(.twoSided), JointLoss()] as [any Loss] {
      let (plain, plainGradients) = step(coupling, pairs, loss, chunk: nil)
      let (value, gradients) = step(coupling, pairs, loss, chunk: chunk)
      // Double precision: sums in another order, of numbers of order 1.
      #expect(distance(plain, value) < 1e-13)
      #expect(plainGradients.count == coupling.parameters.entries.count)
      for (expected, gradient) in zip(plainGradients, gradients) {
        #expect(distance(try #require(expected), try #require(gradient)) < 1e-13)
      }
    }
  }

  @Test func dropoutIsAtWorkAndItsKeyDecides() throws {
    let (coupling, pairs) = (try coupling(), try #require(pairs))
    let first = coupling.embed(.u, pairs.u, mode: .training(Key(9))).vectors
    #expect(distance(first, coupling.embed(.u, pairs.u, mode: .training(Key(9))).vectors) == 0)
    #expect(distance(first, coupling.embed(.u, pairs.u, mode: .training(Key(10))).vectors) > 0.01)
    #expect(distance(first, coupling.embed(.u, pairs.u, mode: .inference).vectors) > 0.01)
  }

  @Test func anEncoderWithoutParametersTakesNoPart() throws {
    let coupling = try coupling(u: Identity(dimension: 3))
    let pairs = try PairedData(u: normal([17, 3], Key(7)), v: normal([17, 4], Key(6)))
    let withoutPotential = Coupling(
      u: coupling.u, v: coupling.v, tilting: coupling.tilting, temperature: coupling.temperature)
    let (_, plain) = step(withoutPotential, pairs, ConditionalLoss(.uGivenV), chunk: nil)
    let (_, cached) = step(withoutPotential, pairs, ConditionalLoss(.uGivenV), chunk: 4)
    for (expected, gradient) in zip(plain, cached) {
      #expect(distance(try #require(expected), try #require(gradient)) < 1e-13)
    }
  }
}
