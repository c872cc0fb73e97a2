import CoupletCore
import Encoders
import Foundation
import TestModels
import Testing

/// The losses whose minimum is the log density ratio itself (MATH §11).
@Suite struct NormalizedLossTests {
  static let losses = LossTests.normalized(.automatic)

  /// The exact score beats it shifted, scaled, or with a function of either side added: none of them is free.
  @Test(arguments: Array(losses.keys))
  func theLogRatioIsBest(_ name: String) throws {
    let (loss, _) = try #require(Self.losses[name])
    let pairs = GaussianPairs(1500, sigma: 0.7, key: Key(1))
    let exact = pairs.exactScores
    func value(_ scores: ScoreFactors) -> Double { loss(ScoredBatch(pairs: scores)).item() }
    let best = value(exact)
    let ones = Tensor.ones([1500], dtype: .float64)
    let others = [
      exact.adding(rowBias: ones * 0.3), exact.adding(rowBias: ones * -0.3),
      exact.adding(rowBias: pairs.u.flattened() * 0.3),
      exact.adding(columnBias: pairs.v.flattened() * 0.3),
      pairs.innerProductScores(pairs.u, pairs.v),
    ]
    for other in others { #expect(value(other) > best + 1e-3) }
  }

  @Test(arguments: Array(losses.keys))
  func tiledIsPlainOverManyTiles(_ name: String) throws {
    let (plain, _) = try #require(LossTests.normalized(.plain)[name])
    let (tiled, _) = try #require(LossTests.normalized(.tiled)[name])
    // More pairs than a band of rows holds.
    let point = [normal([1100, 3], Key(2)), normal([1100, 3], Key(3))]
    func value(_ loss: any Loss, _ point: [Tensor]) -> Tensor {
      loss(
        ScoredBatch(pairs: ScoreFactors(x: point[0], y: point[1], rowBias: point[0].sum(dim: 1))))
    }
    // Double precision of sums of a million terms of order 1.
    #expect(abs(value(plain, point).item() - value(tiled, point).item()) < 1e-9)
    let slopes = try [plain, tiled].map { loss in
      try gradients(at: point) { value(loss, $0) }
    }
    for (first, second) in zip(slopes[0], slopes[1]) { #expect(distance(first, second) < 1e-12) }
  }

  /// Linear encoders with quadratic potentials and a learned shift hold the log ratio of Gaussian pairs. Fitted to 4,000 of
  /// them, E exp s over independent pairs, by the Gaussian integral of the learned weights, is 1 within 2 %.
  @Test(arguments: [
    (SigmoidLoss() as any Loss, [0.3, 0.1]), (SigmoidLoss(), [0.8, 0.5]),
    (AnchoredLoss(), [0.8, 0.5]),
  ])
  func expOfTheScoreIsADensity(_ loss: any Loss, _ sigmas: [Double]) throws {
    let count = 1500
    let u = Tensor.normal([count, 2], key: Key(4), dtype: .float64)
    let sigma = Tensor(sigmas)
    let noise = Tensor.normal([count, 2], key: Key(5), dtype: .float64)
    let v = u * sigma + noise * (1 - sigma.square()).sqrt()
    let coupling = Coupling(
      [
        Side(.u, encoder: Linear(2, 2, key: Key(6)), potential: Quadratic(2)),
        Side(.v, encoder: Linear(2, 2, key: Key(7)), potential: Quadratic(2)),
      ], tilting: InnerProduct(), temperature: try Temperature(.fixed(1)), learnsShift: true)
    coupling.parameters.convert(to: .float64)
    let optimizer = LBFGS(coupling.parameters.tensors, iterations: 60)
    optimizer.step {
      let value = loss(
        coupling.score([
          coupling.embed(.u, u, mode: .training(Key(0))),
          coupling.embed(.v, v, mode: .training(Key(0))),
        ]))
      value.backward()
      return value.detached()
    }
    #expect(abs(try Self.expectation(coupling) - 1) < 0.02)
  }

  /// E exp s of independent standard normals u and v, s = quadratic with the Hessian −H, the slope b at 0 and the value c there:
  /// exp(c + ½ bᵀ(I + H)⁻¹ b) / √det(I + H).
  private static func expectation(_ coupling: Coupling) throws -> Double {
    func score(_ z: Tensor) -> Tensor {
      coupling.factors(
        coupling.embed(.u, z.narrow(dim: 1, 0..<2), mode: .inference),
        coupling.embed(.v, z.narrow(dim: 1, 2..<4), mode: .inference)
      ).diagonal.to(.float64)
    }
    return try withoutGradients {
      let zero = Tensor.zeros([1, 4], dtype: .float64)
      let unit = Tensor.eye(4, dtype: .float64)
      let c = score(zero).item()
      let (plus, minus) = (score(unit), score(-unit))
      let b = (plus - minus) * 0.5
      // s(e_i + e_j) − s(e_i) − s(e_j) + s(0) is the second derivative for i ≠ j.
      var hessian = (0..<4).map { i in
        (0..<4).map { j in
          i == j
            ? (plus[i] + minus[i]).item() - 2 * c
            : score((unit[i] + unit[j]).unsqueezed(0)).item() - plus[i].item() - plus[j].item() + c
        }
      }
      for i in 0..<4 { hessian[i][i] -= 1 }
      let precision = -Tensor(hessian.flatMap { $0 }, shape: [4, 4])
      let solved = try precision.solve(b.unsqueezed(1)).flattened()
      return exp(
        c + 0.5 * (b * solved).sum().item() - 0.5 * precision.logDeterminant().logAbsolute.item())
    }
  }

  @Test func theShiftIsLearnedAndSaved() throws {
    func coupling() throws -> Coupling {
      Coupling(
        [Side(.u, encoder: Identity(dimension: 2)), Side(.v, encoder: Identity(dimension: 2))],
        tilting: InnerProduct(), temperature: try Temperature(.fixed(1)), learnsShift: true)
    }
    let first = try coupling()
    #expect(first.parameters.entries.map(\.name) == ["shift.value"])
    let other = try coupling()
    try other.load(["shift.value": Tensor([2.5], dtype: .float32)], from: "test")
    let (u, v) = (normal([3, 2], Key(8)), normal([4, 2], Key(9)))
    #expect(distance(other.scores(u: u, v: v), first.scores(u: u, v: v) + 2.5) < 1e-12)
  }
}
