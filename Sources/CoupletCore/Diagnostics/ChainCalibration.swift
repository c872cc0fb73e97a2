/// Whether the draws of chains are right: where the true partners of test pairs fall among the draws of their learned
/// conditionals.
///
/// Of every pair (u*, v*) chains draw u₁ … u_L from ν(· | v*). The rank of a statistic T,
///
///     (#{T(u_l) < T(u*)} + U (1 + #{T(u_l) = T(u*)})) / (L + 1),   U uniform on [0, 1],
///
/// is uniform when ν(· | v*) is the law of u* and draws are independent; chains are thinned until their effective sample size
/// says so (Talts, Betancourt, Simpson, Vehtari and Gelman 2018). Statistics are the coordinates (three principal components
/// where there are more than six), minus the log-density, whose ranks are the masses of the smallest highest-density sets that
/// hold the partner, and the distance to a point of the reference drawn afresh for each pair, in the reference's coordinates:
/// its ranks are the coverage tested with random points (TARP; Lemos, Coogan, Hezaveh and Perreault-Levasseur 2023), which only
/// the true conditional passes for every law of points.
///
/// ```swift
/// let check = try coupling.chainCalibration(
///   of: .u, on: heldOut, reference: prior, method: .hamiltonian, key: Key(0))
/// check.pValue                           // 0.4: nothing speaks against the draws
/// check.levels.fraction(atMost: 0.9)     // of highest-density sets of mass 0.9 the fraction that holds the partner
/// ```
public struct ChainCalibration: Codable, Equatable, Sendable {
  /// What is drawn, given its partner.
  public let modality: Modality
  /// Its partner.
  public let given: Modality
  /// How it was drawn.
  public let method: ChainMethod
  /// L, the draws of each pair's partner after thinning.
  public let draws: Int
  /// What `ranks` are of.
  public let statistics: [String]
  /// The ranks of the coordinates, one sample a statistic.
  public let ranks: [UniformSample]
  /// The masses of the smallest highest-density sets that hold the partner.
  public let levels: UniformSample
  /// The ranks of distances to random points.
  public let distances: UniformSample
  /// The largest split R̂ of the chains, around the means of their pairs.
  public let splitR: Double

  /// In what way draws are wrong.
  public enum Fault: String, Codable, Sendable {
    /// True partners lie outside of the draws too often.
    case narrow = "too narrow"
    /// They lie in their middle too often.
    case wide = "too wide"
    /// They lie on one side of them too often.
    case shifted
  }

  /// The number of pairs.
  public var pairs: Int { levels.count }

  private var tests: [UniformSample] { ranks + [levels, distances] }

  /// The probability under right draws of p-values as small as the smallest of all (Kolmogorov and Smirnov's, times their
  /// number after Bonferroni).
  public var pValue: Double {
    min(1, Double(tests.count) * (tests.map(\.kolmogorovSmirnovPValue).min() ?? 1))
  }

  /// Whether nothing speaks against the draws: p ≥ 0.01.
  public var isCalibrated: Bool { pValue >= 0.01 }

  /// In what way the draws are wrong, if they are: what is furthest from its law, in standard deviations, of the means of
  /// ranks (1/√12 each), their spreads (1/√180) and the mean level.
  public var fault: Fault {
    let root = Double(pairs).squareRoot()
    var (fault, largest) = (Fault.shifted, 0.0)
    func consider(_ deviation: Double, _ above: Fault, _ below: Fault) {
      if abs(deviation) > largest {
        (fault, largest) = (deviation > 0 ? above : below, abs(deviation))
      }
    }
    for sample in ranks {
      consider((sample.mean - 0.5) * 12.0.squareRoot() * root, .shifted, .shifted)
      consider((sample.spread - 1.0 / 12) * 180.0.squareRoot() * root, .narrow, .wide)
    }
    consider((levels.mean - 0.5) * 12.0.squareRoot() * root, .narrow, .wide)
    return fault
  }
}

extension Coupling {
  /// Checks the draws of chains from ν(modality | partner) on pairs that the coupling was not trained on. All pairs' chains move
  /// side by side, in batches of tensors; they start at partners of other pairs.
  ///
  /// - Parameters:
  ///   - pairs: at least three; of pairs that form groups one of each is taken.
  ///   - reference: the law of `modality` without a condition, in as many coordinates as its samples have numbers.
  ///   - chains: of each pair, at least two.
  ///   - warmUp: as of `ConditionalTarget.sample`.
  /// - Throws: `Failure` when samples cannot be read.
  public func chainCalibration(
    of modality: Modality, on pairs: PairedData, reference: ReferenceDensity, method: ChainMethod,
    chains: Int = 8, warmUp: Int? = nil, key: Key
  ) throws -> ChainCalibration {
    let keys = key.split(4)
    let pairs = pairs.independent(key: keys[0])
    let partner = partner(of: modality)
    let (truths, conditions) = (try pairs[modality].all(), try pairs[partner].all())
    require(pairs.count >= 3, "Coupling.chainCalibration: \(pairs.count) pairs")
    // A block's coordinates and their derivatives stay within some 100 MB.
    let block = max(1, (1 << 21) / (chains * reference.dimension))
    let statistics = RankedStatistics(of: truths, name: modality.name)
    let laws = try withoutGradients {
      factors(
        of: modality, given: try embed(partner, pairs[partner]).to(.float64),
        among: try embed(modality, pairs[modality]).to(.float64)
      ).matrix
    }
    var parts: [PairDraws] = []
    for first in stride(from: 0, to: pairs.count, by: block) {
      let range = first..<min(first + block, pairs.count)
      let problem = ChainProblem(
        truths: truths[range],
        target: ConditionalTarget(
          self, modality, eachGiven: conditions[range], chains: chains, reference: reference,
          shape: Array(truths.shape.dropFirst())),
        own: ConditionalTarget(
          self, modality, eachGiven: conditions[range], chains: 1, reference: reference,
          shape: Array(truths.shape.dropFirst())))
      let starts = cat(
        range.map { row in
          let others = Tensor((0..<pairs.count).filter { $0 != row }).to(deviceOf: truths)
          let law = ConditionalDistribution(
            scores: laws[row].indexSelect(others.to(deviceOf: laws)),
            candidates: truths.indexSelect(others))
          return problem.target.starts(chains, from: law, key: keys[1].folded(with: row))
        })
      parts.append(
        problem.draws(
          method, from: starts, warmUp: warmUp, statistics: statistics,
          key: keys[2].folded(with: first)))
    }
    return ChainCalibration(
      modality, given: partner, method, parts, names: statistics.names, key: keys[3])
  }
}

/// The draws of some pairs, as numbers whose ranks are taken.
private struct PairDraws {
  /// k statistics, minus the log-density and the distance, of the true partners: Q × (k + 2).
  let own: Tensor
  /// The same of draws, Q × L × (k + 2).
  let drawn: Tensor
  let splitR: Double
}

/// The conditionals of some pairs, and their true partners.
private struct ChainProblem {
  let truths: Tensor
  /// With several chains, and with one row, for each pair.
  let target, own: ConditionalTarget

  private static let kept = 32

  func draws(
    _ method: ChainMethod, from starts: Tensor, warmUp: Int?, statistics: RankedStatistics, key: Key
  ) -> PairDraws {
    let (first, second) = key.split()
    let found = target.sample(method, from: starts, warmUp: warmUp, draws: Self.kept, key: first)
    let around = MarkovChains(draws: target.centred(found.draws), acceptance: found.acceptance)
    let interval = Int(
      saturating: (Double(around.count) / max(1, around.effectiveSampleSize)).rounded(.up))
    let step = min(Self.kept, max(1, interval))
    let pairs = truths.shape[0], n = target.reference.dimension
    let points = Tensor.normal([pairs, n], key: second, dtype: .float64)
    let chains = starts.shape[0] / pairs
    let spread = points.unsqueezed(1).expanded([pairs, chains, n]).reshaped([pairs * chains, n])
    return withoutGradients {
      let drawn = stride(from: step - 1, to: Self.kept, by: step).map { time in
        numbers(
          found.draws[time], in: target, target.samples(found.draws[time]), spread, statistics
        )
        .reshaped([pairs, chains, -1])
      }
      return PairDraws(
        own: numbers(
          target.reference.coordinates(flat(truths)), in: own, truths, points, statistics),
        drawn: cat(drawn, dim: 1), splitR: around.largestR)
    }
  }

  private func flat(_ samples: Tensor) -> Tensor { samples.reshaped([samples.shape[0], -1]) }

  private func numbers(
    _ z: Tensor, in target: ConditionalTarget, _ samples: Tensor, _ points: Tensor,
    _ statistics: RankedStatistics
  ) -> Tensor {
    let density = target.scores(z) + target.reference.logDensity(z)
    return cat(
      [
        statistics.values(samples), -density.unsqueezed(1),
        (z - points).norm(dim: 1, keepDim: true),
      ], dim: 1)
  }
}

extension ChainCalibration {
  fileprivate init(
    _ modality: Modality, given: Modality, _ method: ChainMethod, _ parts: [PairDraws],
    names: [String], key: Key
  ) {
    // Of blocks whose chains were thinned differently the fewest draws of each.
    let count = parts.map { $0.drawn.shape[1] }.min() ?? 0
    let own = cat(parts.map(\.own)).unsqueezed(1)
    let drawn = cat(parts.map { $0.drawn.narrow(dim: 1, 0..<count) })
    let below = drawn.less(than: own).to(.float64).sum(dim: 1)
    let tied = drawn.equal(to: own).to(.float64).sum(dim: 1) + 1
    let values =
      (below + tied * Tensor.uniform(below.shape, key: key, dtype: .float64)) / Double(count + 1)
    let samples = (0..<values.shape[1]).map {
      UniformSample(values.select(dim: 1, $0).array(Double.self))
    }
    (self.modality, self.given, self.method, draws) = (modality, given, method, count)
    (statistics, ranks) = (names, Array(samples.dropLast(2)))
    (levels, distances) = (samples[samples.count - 2], samples[samples.count - 1])
    splitR = parts.map(\.splitR).max() ?? 1
  }
}
