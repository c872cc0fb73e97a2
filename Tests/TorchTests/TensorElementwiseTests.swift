import Foundation
import Testing
import Torch

@Suite struct TensorElementwiseTests {
  typealias Function = (
    name: String, tensor: @Sendable (Tensor) -> Tensor, scalar: @Sendable (Double) -> Double
  )

  /// Beside each function, what the C library or the definition says. The arguments stay off the kinks of
  /// `abs`, `relu`, … so that all can be differentiated there.
  static let onTheLine: [Function] = [
    ("negative", { -$0 }, { -$0 }), ("abs", { $0.abs() }, { Swift.abs($0) }),
    ("sign", { $0.sign() }, { $0 > 0 ? 1 : -1 }), ("square", { $0.square() }, { $0 * $0 }),
    ("exp", { $0.exp() }, { Foundation.exp($0) }),
    ("expm1", { $0.expm1() }, { Foundation.expm1($0) }),
    ("sin", { $0.sin() }, { Foundation.sin($0) }), ("cos", { $0.cos() }, { Foundation.cos($0) }),
    ("tanh", { $0.tanh() }, { Foundation.tanh($0) }),
    ("sigmoid", { $0.sigmoid() }, { 1 / (1 + Foundation.exp(-$0)) }),
    ("softplus", { $0.softplus() }, { Foundation.log1p(Foundation.exp($0)) }),
    ("relu", { $0.relu() }, { Swift.max(0, $0) }),
    ("gelu", { $0.gelu() }, { $0 * 0.5 * Foundation.erfc(-$0 / 2.0.squareRoot()) }),
    ("silu", { $0.silu() }, { $0 / (1 + Foundation.exp(-$0)) }),
    ("erf", { $0.erf() }, { Foundation.erf($0) }), ("floor", { $0.floor() }, { $0.rounded(.down) }),
    ("rounded", { $0.rounded() }, { $0.rounded(.toNearestOrEven) }),
    ("clamped", { $0.clamped(min: -1, max: 2) }, { Swift.min(2, Swift.max(-1, $0)) }),
    ("plus", { $0 + 2.5 }, { $0 + 2.5 }), ("plus, left", { 2.5 + $0 }, { $0 + 2.5 }),
    ("minus", { $0 - 2.5 }, { $0 - 2.5 }), ("minus, left", { 2.5 - $0 }, { 2.5 - $0 }),
    ("times", { $0 * 0.3 }, { $0 * 0.3 }), ("times, left", { 0.3 * $0 }, { $0 * 0.3 }),
    ("over", { $0 / 0.3 }, { $0 / 0.3 }), ("over, left", { 0.3 / $0 }, { 0.3 / $0 }),
    ("pow 3", { $0.pow(3) }, { $0 * $0 * $0 }),
  ]
  static let onThePositive: [Function] = [
    ("sqrt", { $0.sqrt() }, { $0.squareRoot() }),
    ("rsqrt", { $0.rsqrt() }, { 1 / $0.squareRoot() }),
    ("log", { $0.log() }, { Foundation.log($0) }),
    ("log1p", { $0.log1p() }, { Foundation.log1p($0) }),
    ("pow 1.5", { $0.pow(1.5) }, { Foundation.pow($0, 1.5) }),
  ]

  /// Vectorised kernels are within a few units in the last place: 8 ε. The gradient is compared with
  /// differences.
  @Test func values() {
    let line = [-3.2, -1.7, -0.6, -1e-3, 1e-3, 0.4, 0.9, 1.3, 2.2, 4.7]
    let positive = [1e-2, 0.3, 0.9, 1.6, 4.2]
    for (functions, arguments) in [(Self.onTheLine, line), (Self.onThePositive, positive)] {
      for (name, function, scalar) in functions {
        let result = function(Tensor(arguments))
        #expect(discrepancy(result, Tensor(arguments.map(scalar))) <= 8 * .ulpOfOne, "\(name)")
      }
    }
  }

  @Test func gradients() {
    let line = Tensor([-3.2, -1.7, -0.6, 0.4, 0.9, 1.3, 2.2, 4.7])
    for function in Self.onTheLine where !["over, left"].contains(function.name) {
      // exp reaches 110: the tolerance is relative to the gradient's size.
      expectGradients(of: [line]) { function.tensor($0[0]) }
    }
    for function in Self.onThePositive {
      expectGradients(of: [Tensor([0.3, 0.9, 1.6, 4.2])]) { function.tensor($0[0]) }
    }
    expectGradients(of: [Tensor([-0.7, 0.1, 0.8])]) { $0[0].erfinv() }
    expectGradients(of: [Tensor([-1.5, 0.5, 2.5])]) { 0.3 / $0[0] }
  }

  @Test func erfinvInvertsErf() {
    // The inverse of a slope of at least 2/√π · exp(−1) amplifies rounding by 3 at most.
    let x = Tensor([-1.0, -0.2, 0, 0.5, 1])
    #expect(discrepancy(x.erf().erfinv(), x) <= 1e-14)
  }

  /// expm1 and log1p keep their relative precision where exp(x) − 1 and log(1 + x) have none.
  @Test func nearZero() {
    let x = Tensor([1e-18, -1e-18])
    #expect(x.expm1().values == [1e-18, -1e-18])
    #expect(x.log1p().values == [1e-18, -1e-18])
    #expect(Tensor([1000.0, -1000]).softplus().values == [1000, 0])
  }

  @Test func twoOperands() {
    let (x, y) = (Tensor([1.0, -2, 3.5]), Tensor([2.0, 4, -0.5]))
    #expect((x + y).values == [3, 2, 3])
    #expect((x - y).values == [-1, -6, 4])
    #expect((x * y).values == [2, -8, -1.75])
    #expect((x / y).values == [0.5, -0.5, -7])
    #expect(x.maximum(y).values == [2, 4, 3.5])
    #expect(x.minimum(y).values == [1, -2, -0.5])
    let angles = zip(x.values, y.values).map { Foundation.atan2($0, $1) }
    #expect(discrepancy(x.atan2(y), Tensor(angles)) <= 4 * .ulpOfOne)
    expectGradients(of: [x, y]) { $0[0] + $0[1] * $0[0] - $0[0] / $0[1] }
    expectGradients(of: [x, y]) { $0[0].maximum($0[1]) * $0[0].minimum($0[1]) + $0[0].atan2($0[1]) }
  }

  /// A number divided by integers is not cut off, and is divided in one rounding.
  @Test func numberOverTensor() {
    #expect((1 / Tensor([2, 4])).values == [0.5, 0.25])
    let divisors = [3.0, 7, 49]
    #expect((2.0 / Tensor(divisors)).values == divisors.map { 2 / $0 })
  }

  @Test func broadcasting() {
    let column = Tensor([1.0, 2], shape: [2, 1])
    let row = Tensor([10.0, 20, 30])
    #expect((column + row).shape == [2, 3])
    #expect((column + row).values == [11, 21, 31, 12, 22, 32])
    expectGradients(of: [column, row]) { $0[0] * $0[1] }
  }

  @Test func inPlace() {
    let x = Tensor([1.0, 2, 3])
    let same = x
    x += Tensor([1.0, 1, 1])
    x *= Tensor([2.0, 2, 2])
    x -= Tensor([1.0, 0, 0])
    x *= 0.5
    #expect(same.values == [1.5, 3, 4])
    let matrix = Tensor.zeros([2, 2])
    matrix[1] += Tensor([1, 2] as [Float])
    #expect(matrix.values == [0, 0, 1, 2])
  }

  @Test func comparison() {
    let (x, y) = (Tensor([1.0, 2, 3]), Tensor([2.0, 2, 2]))
    #expect(x.equal(to: y).array(Bool.self) == [false, true, false])
    #expect(x.less(than: y).array(Bool.self) == [true, false, false])
    #expect(x.lessOrEqual(y).array(Bool.self) == [true, true, false])
    #expect(x.greater(than: y).array(Bool.self) == [false, false, true])
    #expect(x.greaterOrEqual(y).array(Bool.self) == [false, true, true])
    #expect(x.equal(to: 3).array(Bool.self) == [false, false, true])
    #expect(x.less(than: 2).array(Bool.self) == [true, false, false])
    #expect(x.greater(than: 2).array(Bool.self) == [false, false, true])
  }

  /// Whole numbers are compared exactly with integers, beyond the 24 bits of float32.
  @Test func comparisonOfLargeIntegers() {
    let x = Tensor([16_777_216, 16_777_217])
    #expect(x.equal(to: 16_777_216).array(Bool.self) == [true, false])
    #expect(x.greater(than: 16_777_216).array(Bool.self) == [false, true])
  }

  @Test func logic() {
    let (x, y) = (Tensor([true, true, false]), Tensor([true, false, false]))
    #expect(x.and(y).array(Bool.self) == [true, false, false])
    #expect(x.or(y).array(Bool.self) == [true, true, false])
    #expect(x.not().array(Bool.self) == [false, false, true])
    let odd = Tensor([1, Double.nan, .infinity, -.infinity])
    #expect(odd.isNaN().array(Bool.self) == [false, true, false, false])
    #expect(odd.isFinite().array(Bool.self) == [true, false, false, false])
  }

  @Test func choice() {
    let mask = Tensor([true, false, true])
    let (x, y) = (Tensor([1.0, 2, 3]), Tensor([10.0, 20, 30]))
    #expect(select(mask, x, y).values == [1, 20, 3])
    let infinity = Double.infinity
    #expect(x.masked(mask, with: -infinity).values == [-infinity, 2, -infinity])
    #expect(x.values == [1, 2, 3])
    expectGradients(of: [x, y]) { select(mask, $0[0].square(), $0[1].square()) }
    expectGradients(of: [x]) { $0[0].square().masked(mask, with: 5) }
  }

  @Test func binades() {
    for dtype in [DType.float32, .float64, .bfloat16] {
      let x = Tensor([-6.5, 0.3, 1, 0x1p-126, 0, .infinity], dtype: dtype)
      #expect(x.binade().values[..<4] == [4, 0.25, 1, 0x1p-126])
      #expect(x.binade().values[4] == (dtype == .float64 ? 0x1p-1022 : 0x1p-126))
      #expect(x.binade().values[5] == .infinity)
    }
  }
}
