import Encoders
import Files
import TestModels
import Testing

@testable import CoupletCore

/// Draws of chains, checked on Gaussian pairs whose conditionals are known.
@Suite struct ChainCalibrationTests {
  private static let sigma = 0.8

  /// The squared distance with the optimum of Theorem 5.3, g² = σ²/(1 − σ²) and g h = σ (1 + g²), has the exact conditional of
  /// u; other temperatures have others. The inner product with σ has the exact mean, and the deviation of the marginal law
  /// (Theorem 5.1).
  private func check(
    temperature: Double = 1, shift: Double = 0, isInner: Bool = false, _ method: ChainMethod,
    pairs count: Int = 256,
    key: Key
  ) throws -> ChainCalibration {
    let odds = Self.sigma * Self.sigma / (1 - Self.sigma * Self.sigma)
    let g = odds.squareRoot()
    let eye = Tensor.eye(2, dtype: .float64)
    let temperature = try Temperature(.fixed(temperature))
    let coupling =
      isInner
      ? Coupling(
        u: LinearEncoder(eye * Self.sigma), v: LinearEncoder(eye), tilting: InnerProduct(),
        temperature: temperature)
      : Coupling(
        u: LinearEncoder(eye * g), v: LinearEncoder(eye * (Self.sigma * (1 + odds) / g)),
        tilting: SquaredDistance(), temperature: temperature)
    let pairs = GaussianPairs(count, dimension: 2, sigma: Self.sigma, key: key)
    return try coupling.chainCalibration(
      of: .u, on: PairedData(u: pairs.u + shift, v: pairs.v),
      reference: try ReferenceDensity("gaussian:0,1", dimension: 2), method: method,
      warmUp: method == .hamiltonian ? 80 : 300, key: key)
  }

  @Test(arguments: ChainMethod.allCases) func theExactModelIsCalibrated(_ method: ChainMethod)
    throws
  {
    let check = try check(method, key: Key(1))
    #expect(check.pairs == 256 && check.ranks.count == 2 && check.draws >= 8)
    #expect(check.isCalibrated && check.pValue > 0.01, "\(check.pValue)")
    // Coverage of 256 pairs: four standard deviations √(0.9 · 0.1/256).
    for sample in [check.levels, check.distances] {
      #expect(abs(sample.fraction(atMost: 0.9) - 0.9) < 4 * (0.09 / 256.0).squareRoot())
    }
    #expect(check.splitR < 1.1)
  }

  /// p-values of right draws are uniform: of 20 checks of 50 pairs at most three lie below 0.05 (probability 0.98 at least, as
  /// the smallest of four with Bonferroni's factor lies there in less than 5 % of cases).
  @Test func rightDrawsAreSeldomBlamed() throws {
    let values = try (0..<20).map {
      try check(.hamiltonian, pairs: 50, key: Key(100 + UInt64($0))).pValue
    }
    #expect(values.count { $0 < 0.05 } <= 3, "\(values.sorted().prefix(6))")
  }

  /// Half of the temperature: precision 1 + 2 g² in place of 1 + g².
  @Test(arguments: ChainMethod.allCases) func halfTheTemperatureIsTooNarrow(_ method: ChainMethod)
    throws
  {
    let check = try check(temperature: 0.5, method, key: Key(2))
    #expect(!check.isCalibrated && check.fault == .narrow, "\(check.pValue) \(check.fault)")
    #expect(check.levels.fraction(atMost: 0.9) < 0.85)
  }

  @Test func wideAndShiftedDrawsAreNamed() throws {
    let wide = try check(isInner: true, .hamiltonian, key: Key(3))
    #expect(!wide.isCalibrated && wide.fault == .wide, "\(wide.pValue) \(wide.fault)")
    let shifted = try check(shift: 0.5, .hamiltonian, key: Key(4))
    #expect(
      !shifted.isCalibrated && shifted.fault == .shifted, "\(shifted.pValue) \(shifted.fault)")
  }
}
