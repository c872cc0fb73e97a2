import CTorch
import Files
import Foundation
import Samples
import Testing
import Torch

@testable import Simulators

struct OceanTests {
  /// Flows of few steps; the default frequencies turn by up to 0.3 a step.
  static func small(steps: Int = 200, every: Int = 20) -> Ocean {
    var ocean = Ocean()
    ocean.steps = steps
    ocean.timeStep = 0.1 / Double(steps)
    ocean.recordEvery = every
    return ocean
  }

  /// The coefficients of one flow: ψ_κ for the wavenumbers that are given.
  static func flow(_ modes: [(wavenumber: (Int, Int), re: Double, im: Double)]) -> Tensor {
    var values = [Double](repeating: 0, count: Ocean.coefficients)
    for mode in modes {
      let k = 7 * (mode.wavenumber.0 + 3) + mode.wavenumber.1 + 3
      values[k] = mode.re
      values[Ocean.modes + k] = mode.im
    }
    return Tensor(values, shape: [1, Ocean.coefficients])
  }

  private static func steady(steps: Int, every: Int = 1) -> Ocean {
    var ocean = small(steps: steps, every: every)
    ocean.frequencies = [Double](repeating: 0, count: Ocean.modes)
    return ocean
  }

  private static func largest(_ x: Tensor) -> Double { x.abs().max().item() }

  // MARK: Accuracy

  @Test func `the kernel takes the steps of the plain formula`() throws {
    var ocean = Self.small(steps: 60, every: 4)
    ocean.drifters = 2
    let coefficients = ocean.coefficients(0..<11, key: Key(1))
    let paths = try ocean.paths(of: coefficients)
    #expect(paths.shape == [11, 15, 4])
    for flow in [0, 10] {
      let c = coefficients[flow..<flow + 1]
      var x = Tensor(ocean.starts.flatMap { [$0.0, $0.1] }, shape: [2, 2])
      let h = ocean.timeStep
      func velocity(_ x: Tensor, _ t: Double) -> Tensor { ocean.velocity(of: c, at: x, time: t)[0] }
      for step in 0..<60 {
        let t = Double(step) * h
        let k1 = velocity(x, t)
        let k2 = velocity(x + k1 * (h / 2), t + h / 2)
        let k3 = velocity(x + k2 * (h / 2), t + h / 2)
        let k4 = velocity(x + k3 * h, t + h)
        x = x + (k1 + (k2 + k3) * 2 + k4) * (h / 6)
        guard (step + 1) % 4 == 0 else { continue }
        // Rounding of 49 terms of size 5, times T, grown by the flow's strain.
        let difference = paths[flow][step / 4].reshaped([2, 2]) - x
        #expect(Self.largest(difference) < 1e-13)
      }
    }
  }

  @Test func `the error falls with the fourth power of the step`() throws {
    let coefficients = Ocean().coefficients(0..<64, key: Key(2))
    func end(_ steps: Int) throws -> Tensor {
      try Self.small(steps: steps, every: steps).paths(of: coefficients)
    }
    let exact = try end(6400)
    let errors = try [200, 400, 800].map { try (end($0) - exact).norm().item() }
    // The next term of the error is a step times smaller: 200 steps turn phases by 0.1, 800 by 0.03.
    for (coarse, fine) in zip(errors, errors.dropFirst()) {
      #expect(abs(log2(coarse / fine) - 4) < 0.15, "\(errors)")
    }
  }

  @Test func `a shear moves drifters in closed form`() throws {
    // ψ = Re (p e^{iωt} e^{2πi x₁}): x₁ stays, dx₂/dt = 2π |p| sin(2πx₁ + ωt + arg p).
    var ocean = Self.small(steps: 2000, every: 100)
    let (re, im) = (0.3, -0.4)
    let omega = ocean.frequencies[7 * 4 + 3]
    let path = try ocean.paths(of: Self.flow([((1, 0), re, im)]))[0]
    let phase = 2 * .pi * 0.75 + atan2(im, re)
    let x2 = ocean.times.map {
      0.75 + 2 * .pi * 0.5 * (cos(phase) - cos(phase + omega * $0)) / omega
    }
    #expect(Self.largest(path.select(dim: 1, 0) - 0.75) < 1e-14)
    // Runge–Kutta of a pure quadrature is Simpson's rule: T 2π|p| (ωΔt)⁴ / 2880.
    let bound = 0.1 * .pi * pow(omega * ocean.timeStep, 4) / 2880 + 1e-14
    #expect(Self.largest(path.select(dim: 1, 1) - Tensor(x2)) < bound)

    // A steady one is a straight line, which every step takes exactly.
    ocean = Self.steady(steps: 100, every: 10)
    let line = try ocean.paths(of: Self.flow([((1, 0), re, im)]))[0].select(dim: 1, 1)
    let speed = 2 * .pi * 0.5 * sin(phase)
    #expect(Self.largest(line - Tensor(ocean.times.map { 0.75 + speed * $0 })) < 1e-14)
  }

  @Test func `a steady cell keeps its streamfunction along the path`() throws {
    // ψ = cos 2πx₁ cos 2πx₂ rotated: two modes, of which drifters follow closed streamlines.
    let ocean = Self.steady(steps: 2000, every: 10)
    let cell = Self.flow([((1, 1), 0.3, 0.1), ((1, -1), 0.3, 0.2)])
    let path = try ocean.paths(of: cell)[0]
    let along = ocean.potential(of: cell, at: path, time: 0)
    let start = ocean.potential(of: cell, at: Tensor([0.75, 0.75], shape: [1, 2]), time: 0)
    #expect(Self.largest(path - 0.75) > 0.1)
    // (Δt · rate)⁴ · T · rate with the rate (2π)² 0.6 = 24: 2e-11 · … at 2000 steps.
    #expect(Self.largest(along - start) < 1e-11)
  }

  @Test func `near the middle of a cell drifters turn like a solid body`() throws {
    // ψ = a (cos θ₁ + cos θ₂), θ = 2π(x − c): near c a solid rotation with the rate Ω = (2π)² a, whose
    // radius r and angle are off by O(r²) for distances r of the start from c.
    let (a, r) = (0.4, 1e-4)
    let ocean = Self.steady(steps: 2000, every: 50)
    let (c1, c2) = (0.75 - r, 0.75)
    func mode(_ wavenumber: (Int, Int), _ c: Double) -> ((Int, Int), Double, Double) {
      (wavenumber, a * cos(2 * .pi * c), -a * sin(2 * .pi * c))
    }
    let path = try ocean.paths(of: Self.flow([mode((1, 0), c1), mode((0, 1), c2)]))[0]
    // dx₁/dt = −2πa sin θ₂, dx₂/dt = 2πa sin θ₁.
    let rate = 4 * .pi * .pi * a
    let expected = ocean.times.flatMap { [c1 + r * cos(rate * $0), c2 + r * sin(rate * $0)] }
    let error = Self.largest(path - Tensor(expected, shape: [ocean.points, 2]))
    #expect(error < r * (2 * .pi * r) * (2 * .pi * r) * rate * 0.1)
  }

  @Test func `the velocity is the rotated gradient of the potential`() {
    let ocean = Ocean()
    let c = ocean.coefficients(0..<3, key: Key(3))
    let points = Tensor([0.1, 0.2, 0.7, 0.4], shape: [2, 2])
    let step = 1e-5
    func slope(_ axis: Int) -> Tensor {
      let shift = Tensor(axis == 0 ? [step, 0] : [0, step])
      let difference =
        ocean.potential(of: c, at: points + shift, time: 0.03)
        - ocean.potential(of: c, at: points - shift, time: 0.03)
      return difference / (2 * step)
    }
    let velocity = ocean.velocity(of: c, at: points, time: 0.03)
    // Central differences: step² (2π|κ|)³ |ψ| / 6 of values around 5, and rounding 1e-16 / step.
    #expect(Self.largest(velocity.select(dim: 2, 0) - slope(1)) < 1e-6)
    #expect(Self.largest(velocity.select(dim: 2, 1) + slope(0)) < 1e-6)
  }

  // MARK: Sameness

  @Test func `instruction sets differ by rounding, threads not at all`() throws {
    var ocean = Self.small()
    ocean.drifters = 3
    let coefficients = ocean.coefficients(0..<13, key: Key(4))
    let before = Runtime.threads
    defer { Runtime.threads = before }
    Runtime.threads = 1
    let newest = try ocean.paths(of: coefficients)
    for threads in [2, 3, 64] {
      Runtime.threads = threads
      #expect(try ocean.paths(of: coefficients).equal(to: newest).allTrue())
    }
    defer { ct_limit_instructions(Int32(CT_AVX512)) }
    for set in [CT_AVX2, CT_PORTABLE] {
      ct_limit_instructions(Int32(set))
      #expect(Self.largest(try ocean.paths(of: coefficients) - newest) < 1e-13)
    }
  }

  @Test func `a pair depends on the key and its number alone`() throws {
    var ocean = Self.small()
    ocean.noise = 0.01
    ocean.drifters = 2
    let all = try ocean.simulate(0..<19, key: Key(5))
    #expect(try all.u.shape == [19, 98])
    #expect(try all.v.shape == [19, 10, 4])
    #expect(try all.v.dtype == .float32)
    for range in [0..<1, 1..<12, 12..<19] {
      let part = try ocean.simulate(range, key: Key(5))
      #expect(try part.u.equal(to: all.u[range]).allTrue())
      #expect(try part.v.equal(to: all.v[range]).allTrue())
    }
    #expect(try !(try ocean.simulate(0..<19, key: Key(6))).u.equal(to: all.u).allTrue())

    let online = ocean.online(5, key: Key(5))
    #expect(try online.pairs(epoch: 2, key: Key(0)).v.equal(to: all.v[10..<15]).allTrue())
  }

  @Test func `noise is added to exact paths`() throws {
    var ocean = Self.small(steps: 200, every: 1)
    let exact = try ocean.samples(0..<50, key: Key(7))
    ocean.noise = 0.02
    let noisy = try ocean.samples(0..<50, key: Key(7))
    #expect(noisy.coefficients.equal(to: exact.coefficients).allTrue())
    let noise = (noisy.positions - exact.positions) / 0.02
    // 20,000 draws: the mean within 5/√n, the variance within 5√(2/n).
    #expect(abs(noise.mean().item()) < 0.036 && abs(noise.square().mean().item() - 1) < 0.05)
  }

  @Test func `flows have the spectrum and the speed that are asked for`() throws {
    var ocean = Ocean()
    ocean.speed = 3
    ocean.decay = 2
    let c = ocean.coefficients(0..<4000, key: Key(8))
    let deviations = Tensor(ocean.deviations + ocean.deviations)
    let ratio = c.square().mean(dim: 0) - deviations.square()
    // Each is off by √(2/N) relatively; 98 of them beyond 5: 6e-5.
    let bound = deviations.square() * (5 * (2.0 / 4000).squareRoot())
    #expect(ratio.abs().lessOrEqual(bound).allTrue())
    #expect(c.select(dim: 1, 24).abs().max().item() == 0)
    let w = ocean.velocity(of: c, at: Tensor([0.3, 0.9], shape: [1, 2]), time: 0.05)
    // |w|²/9 has the variance 1 (two Gaussian components): the mean of 4000 is off by 0.016.
    #expect(abs(w.square().sum(dim: 2).mean().item() / 9 - 1) < 0.08)
  }

  @Test func `positions are wrapped into the unit square`() {
    let x = Tensor([-0.25, 1.5, 0, 1, -1e-20, 7.125])
    #expect(Ocean.wrapped(x).array(Double.self) == [0.75, 0.5, 0, 0, 0, 0.125])
  }

  @Test func `settings that make no sense are explained`() throws {
    var ocean = Ocean()
    ocean.recordEvery = 20_000
    #expect(
      throws: Failure("a record every 20000 steps", at: "ocean", remedy: "use 1 to 10000")
    ) { try ocean.simulate(0..<1, key: Key(0)) }
    ocean = Ocean()
    ocean.speed = .nan
    #expect(throws: Failure("speed nan", at: "ocean", remedy: "use a number from 0 to 1000000")) {
      try ocean.simulate(0..<1, key: Key(0))
    }
    #expect(throws: Failure("0 pairs", remedy: "simulate at least one")) {
      try Ocean().simulate(3..<3, key: Key(0))
    }
  }
}
