import CoupletCore
import Foundation
import TestModels
import Testing

/// The conditional and the joint maximum mean discrepancy loss.
@Suite struct MMDLossTests {
  static let kernels: [Kernel] = [
    .gaussian(.fixed(0.9)), .gaussian(.median), .laplace(.median), .polynomial(), .energy,
  ]
  static let evaluations: [Evaluation] = [.plain, .tiled]

  private static func conditional(
    _ sides: ConditionalLoss.Sides, _ u: Kernel, _ v: Kernel, _ evaluation: Evaluation
  ) -> any Loss {
    ConditionalMMDLoss(sides, kernels: [u, v], evaluation: evaluation)
  }

  private static func losses(_ u: Kernel, _ v: Kernel, _ evaluation: Evaluation) -> [any Loss] {
    [
      conditional(.weighted(u: 0.3, v: 1.2), u, v, evaluation),
      JointMMDLoss(kernels: [u, v], evaluation: evaluation),
    ]
  }

  @Test(arguments: evaluations)
  func valuesAndGradientsAreThoseOfPyTorch(_ evaluation: Evaluation) throws {
    let fixtures = try MMDFixtures.read()
    #expect(fixtures.cases.count == Tiltings.bilinear.count * 6 * 4)
    for expected in fixtures.cases {
      let ku = try #require(MMDFixtures.kernels[expected.kernelU])
      let kv = try #require(MMDFixtures.kernels[expected.kernelV])
      let loss: any Loss =
        switch expected.loss {
        case "u-given-v": Self.conditional(.uGivenV, ku, kv, evaluation)
        case "v-given-u": Self.conditional(.vGivenU, ku, kv, evaluation)
        case "weighted": Self.conditional(.weighted(u: 0.3, v: 1.2), ku, kv, evaluation)
        default: JointMMDLoss(kernels: [ku, kv], evaluation: evaluation)
        }
      let tilting = try Tiltings.named(expected.tilting)
      let data = fixtures.data(ofLabels: expected.ofLabels)
      func value(_ point: [Tensor]) -> Tensor {
        let factors = tilting.factors(point[0], point[1], temperature: point[2])
        return loss(ScoredBatch(pairs: factors, data: data))
      }
      // Double precision on both sides; kernels of up to 1e2 (polynomial), some hundred roundings. Distances
      // to the mean come from norms: roundings of their squares, 1e-15, reach the root near 0.
      let name = Comment(rawValue: "\(expected)")
      #expect(abs(value(fixtures.point).item() - expected.value) < 1e-11, name)
      let truth = [
        Tensor(expected.gradientU, shape: [6, 3]), Tensor(expected.gradientV, shape: [6, 3]),
        Tensor(expected.gradientTemperature, dtype: .float64),
      ]
      for (slope, truth) in zip(try gradients(at: fixtures.point, of: value), truth) {
        #expect(distance(slope, truth) < 1e-11, name)
      }
    }
  }

  // MARK: The definition, by loops

  private func k(_ kernel: Kernel, _ data: Tensor) -> [[Double]] {
    let (x, n) = (data.array(Double.self), data.shape[0])
    let d = x.count / n
    func row(_ i: Int) -> [Double] { Array(x[i * d..<(i + 1) * d]) }
    func length(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
    }
    let h = kernel.bandwidth(on: data)
    return (0..<n).map { i in
      (0..<n).map { j in
        let (a, b) = (row(i), row(j))
        switch kernel {
        case .gaussian: return exp(-length(a, b) * length(a, b) / (2 * h * h))
        case .laplace: return exp(-length(a, b) / h)
        case .polynomial(let degree, let offset):
          return pow(zip(a, b).map { $0 * $1 }.reduce(offset, +), Double(degree))
        case .energy: return -length(a, b)
        }
      }
    }
  }

  private let n = 7
  private var data: PairedData {
    get throws {
      // Rows 0 and 4 of u coincide.
      let u = normal([7, 2], Key(11)).indexSelect(Tensor([0, 1, 2, 3, 0, 5, 6], device: .test))
      return try PairedData(u: u, v: normal([7, 3], Key(12)))
    }
  }
  private let factors = ScoreFactors(x: normal([7, 3], Key(13)), y: normal([7, 3], Key(14)))

  @Test(arguments: kernels, evaluations)
  func theConditionalLossIsItsDoubleSum(_ kernel: Kernel, _ evaluation: Evaluation) throws {
    let (data, s) = (try data.batch(Array(0..<n)), factors.matrix.array(Double.self))
    let gram = k(kernel, data[0])
    var expected = 0.0
    for j in 0..<n {
      let sum = (0..<n).map { exp(s[$0 * n + j]) }.reduce(0, +)
      let w = (0..<n).map { exp(s[$0 * n + j]) / sum }
      for i in 0..<n {
        for other in 0..<n { expected += gram[i][other] * w[i] * w[other] / Double(n) }
        expected -= 2 * gram[j][i] * w[i] / Double(n)
      }
    }
    let loss = Self.conditional(.uGivenV, kernel, kernel, evaluation)
    let value = loss(ScoredBatch(pairs: factors, data: data)).item()
    // Roundings of some hundred numbers of up to 1e2.
    #expect(abs(value - expected) < 1e-12)
  }

  @Test(arguments: kernels, evaluations)
  func theJointLossIsItsSumOverPairsOfPairs(_ kernel: Kernel, _ evaluation: Evaluation) throws {
    let (data, s) = (try data.batch(Array(0..<n)), factors.matrix.array(Double.self))
    // The discrepancy itself, from which a constant is taken away; between laws −|x − x'| and the kernel it
    // induces agree only one factor at a time, so the energy kernel stands here beside another.
    let other = Kernel.gaussian(.fixed(1.2))
    let (ku, kv) = (induced(kernel, data[0]), k(other, data[1]))
    let sum = s.map { exp($0) }.reduce(0, +)
    let p = s.map { exp($0) / sum }
    var expected = 0.0
    for i in 0..<n {
      for j in 0..<n {
        for a in 0..<n {
          for b in 0..<n { expected += ku[i][a] * kv[j][b] * p[i * n + j] * p[a * n + b] }
          expected -= 2 * ku[i][a] * kv[j][a] * p[i * n + j] / Double(n)
        }
      }
    }
    let loss = JointMMDLoss(kernels: [kernel, other], evaluation: evaluation)
    let value = loss(ScoredBatch(pairs: factors, data: data)).item()
    #expect(abs(value - expected) < 1e-12)
  }

  /// For the energy kernel, |x − o| + |x' − o| − |x − x'| about the mean.
  private func induced(_ kernel: Kernel, _ data: Tensor) -> [[Double]] {
    let gram = k(kernel, data)
    guard kernel == .energy else { return gram }
    let r = (data - data.mean(dim: 0)).norm(dim: 1).array(Double.self)
    return (0..<n).map { i in (0..<n).map { r[i] + r[$0] + gram[i][$0] } }
  }

  // MARK: Derivatives

  @Test(arguments: kernels, evaluations)
  func gradientsAgreeWithFiniteDifferences(_ kernel: Kernel, _ evaluation: Evaluation) throws {
    let data = try data.batch(Array(0..<n))
    let point = [normal([7, 2], Key(1)), normal([7, 2], Key(2)), Tensor(0.8, dtype: .float64)]
    for (loss, tilting) in zip(Self.losses(kernel, kernel, evaluation), Tiltings.bilinear) {
      func value(_ point: [Tensor]) -> Tensor {
        let factors = tilting.factors(point[0], point[1], temperature: point[2])
        return loss(ScoredBatch(pairs: factors, data: data))
      }
      let exact = try gradients(at: point, of: value)
      for (slope, difference) in zip(exact, finiteDifferences(at: point, of: value)) {
        // See finiteDifferences; polynomial kernels reach 1e2, and so do third derivatives.
        #expect(distance(slope, difference) < 1e-7, "\(loss.name) \(tilting.name)")
      }
    }
  }

  @Test(arguments: kernels, evaluations)
  func gradientsAreFiniteWhenAllPointsCoincide(_ kernel: Kernel, _ evaluation: Evaluation) throws {
    let same = [
      Tensor.full([5, 2], 0.3, device: .test), Tensor.full([5, 3], 40.1, device: .test),
    ]
    for loss in Self.losses(kernel, kernel, evaluation) {
      let x = leaf(normal([5, 2], Key(1)).to(.float32))
      let y = normal([5, 2], Key(2)).to(.float32)
      let value = loss(ScoredBatch(pairs: ScoreFactors(x: x, y: y), data: same))
      value.backward()
      #expect(value.item().isFinite)
      #expect(try #require(x.gradient).allFinite())
    }
  }

  // MARK: Plain and tiled

  /// Over several tiles, the last of them partly filled; of vectors and of labels; with potentials.
  @Test(arguments: kernels)
  func tiledAgreesWithPlain(_ kernel: Kernel) throws {
    let n = 1030
    let u = normal([n, 3], Key(1))
    let labels = Tensor.permutation(n, key: Key(3)).array(Int.self).map { $0 % 7 }
    let data = [u, Tensor(labels, device: .test)]
    let point = [
      normal([n, 4], Key(4)), normal([n, 4], Key(5)), normal([n], Key(6)), normal([n], Key(7)),
    ]
    func value(_ loss: any Loss, _ point: [Tensor]) -> Tensor {
      let factors = Cosine().factors(
        point[0], point[1], temperature: Tensor(0.3, dtype: point[0].dtype))
      let batch = ScoredBatch(
        pairs: factors.adding(rowBias: point[2], columnBias: point[3]), data: data)
      return loss(batch)
    }
    let single = point.map { $0.to(.float32) }
    for (plain, tiled) in zip(
      Self.losses(kernel, kernel, .plain), Self.losses(kernel, kernel, .tiled))
    {
      let expected = value(plain, point).item()
      let size = 1 + abs(expected)
      #expect(abs(value(tiled, point).item() - expected) < 1e-10 * size, "\(plain.name)")
      // Sums of 10³ numbers in float32, less a constant of their size.
      #expect(abs(value(tiled, single).item() - expected) < 1e-4 * size, "\(plain.name)")
      let slopes = try gradients(at: point) { value(plain, $0) }
      let largest = slopes.map { $0.abs().max().item() }.max() ?? 0
      for (a, b) in zip(slopes, try gradients(at: point) { value(tiled, $0) }) {
        #expect(distance(a, b) < 1e-10 * largest, "\(plain.name)")
      }
      for (a, b) in zip(slopes, try gradients(at: single) { value(tiled, $0) }) {
        #expect(distance(a, b) < 1e-3 * largest, "\(plain.name)")
      }
    }
  }

  // MARK: What they mean

  /// Perfect scores put all weight on the partners: the discrepancy itself, loss plus constant, is then 0, and it
  /// is positive for any other scores.
  @Test(arguments: kernels)
  func isSmallestForThePartners(_ kernel: Kernel) throws {
    let data = [normal([9, 2], Key(1)), normal([9, 3], Key(2))]
    let one = Tensor.eye(9, dtype: .float64, device: .test)
    let perfect = ScoreFactors(x: one * 1e4, y: one)
    for loss in Self.losses(kernel, kernel, .plain) {
      let best = loss(ScoredBatch(pairs: perfect, data: data)).item()
      for seed in 0..<20 {
        let other = ScoreFactors(
          x: normal([9, 3], Key(UInt64(seed + 20))), y: normal([9, 3], Key(UInt64(seed + 50))))
        #expect(loss(ScoredBatch(pairs: other, data: data)).item() > best)
      }
    }
  }

  @Test func namesAreThoseOfTheCommand() {
    #expect(ConditionalMMDLoss(.twoSided).name == "mmd-two-sided")
    #expect(ConditionalMMDLoss(.vGivenU).name == "mmd-v-given-u")
    #expect(JointMMDLoss().name == "mmd-joint")
  }
}
