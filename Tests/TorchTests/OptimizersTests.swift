import Files
import Foundation
import Testing
import Torch

@Suite struct OptimizersTests {
  /// The problem of Fixtures/make_fixtures.py: a chained Rosenbrock function of x and a well in y, and a
  /// parameter that the loss does not depend on.
  final class Problem {
    let x = Tensor([-0.5, 0.8, 0.3])
    let y = Tensor([0.5, -0.2, 0.1, 0.7], shape: [2, 2])
    let idle = Tensor([4.0])

    init() { for tensor in parameters { tensor.requiresGradient = true } }

    var parameters: [Tensor] { [x, y, idle] }
    var values: [Double] { x.values + y.values + idle.values }

    func evaluate() -> Tensor {
      let chain = (x[1..<3] - x[0..<2].square()).square().sum() * 5 + (1 - x).square().sum()
      let well = (y.matmul(y.T) - Tensor.eye(2, dtype: .float64)).square().sum()
      let loss = chain + well + y.tanh().sum()
      loss.backward()
      return loss
    }
  }

  static let rules: [(name: String, make: @Sendable ([Tensor]) -> any Optimizer)] = [
    ("adam", { Adam($0, learningRate: 0.05) }),
    (
      "adam-decay",
      {
        Adam($0, learningRate: 0.05, betas: (0.8, 0.95), epsilon: 1e-6, weightDecay: 0.1)
      }
    ),
    ("adamw", { Adam($0, learningRate: 0.05, weightDecay: 0.1, decoupled: true) }),
    ("sgd", { SGD($0, learningRate: 0.01) }),
    ("sgd-momentum", { SGD($0, learningRate: 0.01, momentum: 0.9, weightDecay: 0.1) }),
    ("sgd-nesterov", { SGD($0, learningRate: 0.01, momentum: 0.9, nesterov: true) }),
    ("lbfgs", { LBFGS($0, iterations: 4, history: 3) }),
  ]

  /// Ten steps as PyTorch makes them. The fused kernels round otherwise than its loops do: a difference of ε
  /// a step, which the curvature of the problem amplifies by 10³ at most.
  @Test(arguments: rules.indices)
  func trajectoryAsPyTorch(rule: Int) throws {
    let (name, make) = Self.rules[rule]
    let (fixture, problem) = (try Fixture(), Problem())
    let optimizer = make(problem.parameters)
    for step in 0..<10 {
      optimizer.step(problem.evaluate)
      let place = "optimizer.\(name).\(step)"
      let error = discrepancy(problem.x, try fixture["\(place).x"])
      #expect(error <= 1e-11, "\(place)")
      #expect(discrepancy(problem.y, try fixture["\(place).y"]) <= 1e-11, "\(place)")
    }
    #expect(problem.idle.values == [4])
  }

  /// A run that is saved after three steps and continued by another optimiser, whose own memory the saved
  /// one replaces, ends with the same bits.
  @Test(arguments: rules.indices)
  func restoredMemoryContinuesBitForBit(rule: Int) throws {
    let make = Self.rules[rule].make
    let (whole, resumed) = (Problem(), Problem())
    let optimizer = make(whole.parameters)
    for _ in 0..<3 { optimizer.step(whole.evaluate) }
    let memory = Safetensors(optimizer.state).encoded()
    let values = Safetensors([("x", whole.x), ("y", whole.y)]).encoded()
    for _ in 0..<4 { optimizer.step(whole.evaluate) }

    let other = make(resumed.parameters)
    other.step(resumed.evaluate)
    let saved = try Safetensors.decode(values).tensors()
    withoutGradients {
      for (name, tensor) in saved { (name == "x" ? resumed.x : resumed.y).copy(from: tensor) }
    }
    try other.restore(Safetensors.decode(memory).tensors(), from: "checkpoint")
    for _ in 0..<4 { other.step(resumed.evaluate) }
    #expect(resumed.values == whole.values)
  }

  /// A memory of other parameters, or of another rule, is rejected and changes nothing.
  @Test(arguments: rules.indices)
  func foreignMemory(rule: Int) throws {
    let make = Self.rules[rule].make
    let (problem, other) = (Problem(), Tensor([1.0, 2]))
    let optimizer = make(problem.parameters)
    optimizer.step(problem.evaluate)
    let before = optimizer.state.map(\.tensor.values)

    other.requiresGradient = true
    let foreign = make([other])
    foreign.step {
      let loss = (other - 5).square().sum()
      loss.backward()
      return loss
    }
    let memory = Dictionary(uniqueKeysWithValues: foreign.state.map { ($0.name, $0.tensor) })
    let wrong: [[String: Tensor]] = (memory.isEmpty ? [] : [memory]) + [["nonsense": Tensor(1)]]
    for state in wrong {
      let failure = #expect(throws: Failure.self) {
        try optimizer.restore(state, from: "checkpoint")
      }
      #expect(failure?.place == "checkpoint")
    }
    #expect(optimizer.state.map(\.tensor.values) == before)
  }

  /// An L-BFGS that starts at the optimum makes no iteration and so has no memory.
  @Test func lbfgsAtTheOptimum() throws {
    let x = Tensor([2.0])
    x.requiresGradient = true
    let optimizer = LBFGS([x])
    #expect(optimizer.state.isEmpty)
    let loss = optimizer.step {
      let loss = (x - 2).square().sum()
      loss.backward()
      return loss
    }
    #expect(loss.item() == 0 && x.values == [2])
    #expect(optimizer.state.isEmpty)
    try optimizer.restore([:], from: "checkpoint")
  }

  /// The minimum of a quadratic function.
  @Test func lbfgsOnAQuadratic() throws {
    let a = Tensor([4.0, 1, 0, 1, 3, 1, 0, 1, 2], shape: [3, 3])
    let b = Tensor([1.0, -2, 3])
    let x = Tensor.zeros([3], dtype: .float64)
    x.requiresGradient = true
    let optimizer = LBFGS([x], iterations: 20, changeTolerance: 0)
    optimizer.step {
      let loss = (x * a.matmul(x)).sum() * 0.5 - (b * x).sum()
      loss.backward()
      return loss
    }
    // It stops when the largest gradient is below 10⁻⁷; the smallest eigenvalue of a is above 1.
    #expect(discrepancy(x.detached(), try a.solve(b)) <= 1e-7)
  }

  /// Adam's first step moves each parameter by the learning rate against its gradient's sign:
  /// m̂/√v̂ = g/|g|.
  @Test func firstStepOfAdam() {
    let x = Tensor([1.0, -2, 3])
    x.requiresGradient = true
    let optimizer = Adam([x], learningRate: 0.1)
    let loss = optimizer.step {
      let loss = (x * Tensor([3.0, -0.5, 20])).sum()
      loss.backward()
      return loss
    }
    #expect(loss.item() == 64)
    // ε = 10⁻⁸ against gradients of at least 0.5.
    #expect(discrepancy(x, Tensor([0.9, -1.9, 2.9])) <= 1e-8)
  }

  @Test func learningRateCanChange() {
    for (name, make) in Self.rules {
      let (still, moving) = (Problem(), Problem())
      let optimizers = [make(still.parameters), make(moving.parameters)]
      let start = still.values
      optimizers[0].learningRate = 0
      #expect(optimizers[0].learningRate == 0)
      optimizers[1].step(moving.evaluate)
      if name != "lbfgs" {
        optimizers[0].step(still.evaluate)
        #expect(still.values == start, "\(name)")
      }
      #expect(moving.values != start, "\(name)")
    }
  }

  /// A parameter that lies transposed in memory is stepped as one that does not.
  @Test func memoryLayout() {
    let start = Tensor.arange(6, dtype: .float64).reshaped([2, 3])
    let slope = Tensor([1.0, -2, 3, -4, 5, -6], shape: [2, 3])
    for (name, make) in Self.rules where name != "lbfgs" {
      let plain = start.clone()
      let transposed = start.T.contiguous().T
      for x in [plain, transposed] {
        x.requiresGradient = true
        let optimizer = make([x])
        for _ in 0..<3 {
          optimizer.step {
            let loss = (slope * x.square()).sum()
            loss.backward()
            return loss
          }
        }
      }
      #expect(!transposed.isContiguous)
      #expect(discrepancy(transposed, plain) <= 1e-15, "\(name)")
    }
  }

  // MARK: Schedules

  @Test func schedules() {
    let cosine = Schedule.cosine(warmup: 0.1, final: 0.2)
    let linear = Schedule.linear(warmup: 0.1, final: 0.2)
    for schedule in [cosine, linear] {
      // Ten steps of warm-up: 1/11, 2/11, …; then 1.
      #expect(schedule.factor(step: 0, of: 100) == 1.0 / 11)
      #expect(schedule.factor(step: 9, of: 100) == 10.0 / 11)
      #expect(schedule.factor(step: 10, of: 100) == 1)
      // Half-way through the rest both are half-way.
      #expect(abs(schedule.factor(step: 55, of: 100) - 0.6) <= 1e-15)
      #expect(abs(schedule.factor(step: 100, of: 100) - 0.2) <= 1e-15)
      #expect(abs(schedule.factor(step: 200, of: 100) - 0.2) <= 1e-15)
      let factors = (10..<100).map { schedule.factor(step: $0, of: 100) }
      #expect(zip(factors, factors.dropFirst()).allSatisfy { $0 > $1 })
    }
    #expect(abs(Schedule.cosine().factor(step: 25, of: 100) - (0.5 + 0.125.squareRoot())) <= 1e-15)
    #expect(Schedule.linear().factor(step: 25, of: 100) == 0.75)
    #expect(Schedule.constant.factor(step: 3, of: 10) == 1)
    #expect(Schedule.linear().factor(step: 0, of: 1) == 1)
    #expect(abs(Schedule.cosine(warmup: 0.05).factor(step: 500, of: 1000) - 0.54) < 0.005)
  }

  @Test func schedulesAreCodable() throws {
    for schedule in [Schedule.constant, .cosine(warmup: 0.1), .linear(final: 0.5)] {
      let data = try JSONEncoder().encode(schedule)
      #expect(try JSONDecoder().decode(Schedule.self, from: data) == schedule)
    }
  }
}
