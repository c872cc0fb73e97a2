import Foundation

/// Draws of Markov chains, and how far they have come.
public struct MarkovChains {
  /// T × C × n: T draws of C chains, after the warm-up.
  public let draws: Tensor
  /// The mean probability with which proposals were accepted.
  public let acceptance: Double

  /// - Parameters: T × C × n draws, and how often proposals were accepted.
  public init(draws: Tensor, acceptance: Double) {
    (self.draws, self.acceptance) = (draws, acceptance)
  }

  /// T · C.
  public var count: Int { draws.shape[0] * draws.shape[1] }
  /// All draws, T·C × n, chain after chain: those that are evenly spaced (`spread`) come of all chains and lie apart.
  public var flattened: Tensor { draws.transposed(0, 1).reshaped([count, draws.shape[2]]) }

  /// How many draws of each of so many chains serve for `count` in all: at least 100, of which those that are kept lie apart. A
  /// transition that is refused leaves a draw twice, and samples with pairs of equal points are told from others by these.
  public static func draws(for count: Int, chains: Int) -> Int {
    max(100, (count + chains - 1) / chains)
  }

  /// Split R̂ of every coordinate (Gelman, Carlin, Stern, Dunson, Vehtari and Rubin 2013, §11.4): √(V/W), V the variance that
  /// chains cut in halves have together and W that within them. Above 1.01 they have not mixed.
  public var splitR: [Double] {
    let (within, together) = variances
    return (together / within).sqrt().array(Double.self)
  }

  /// The largest of them; 1 for a coordinate that nothing moves.
  public var largestR: Double { splitR.filter { !$0.isNaN }.max() ?? 1 }

  /// The effective sample size of every coordinate's mean: T·C / (1 + 2 Σ ρ_t), autocorrelations summed while sums of two
  /// neighbours are positive (Geyer 1992); at most T·C·log₁₀(T·C).
  public var effectiveSampleSizes: [Double] {
    let halves = halves
    let length = halves.shape[0]
    let centred = halves - halves.mean(dim: 0, keepDim: true)
    let (within, together) = variances
    func correlation(_ lag: Int) -> Tensor {
      let product = centred[0..<length - lag] * centred[lag..<length]
      let covariance = product.sum(dim: 0).mean(dim: 0) / Double(length - 1)
      return 1 - (within - covariance) / together
    }
    let total = Double(count)
    var time = Tensor.full(within.shape, -1, like: within)
    var isOpen = time.equal(to: -1)
    for lag in stride(from: 0, to: length - 1, by: 2) {
      let pair = correlation(lag) + correlation(lag + 1)
      let counts = pair.greater(than: 0).to(.float64) * isOpen.to(.float64)
      isOpen = counts.greater(than: 0)
      guard counts.sum().item() > 0 else { break }
      time = time + pair * counts * 2
    }
    return time.array(Double.self).map { time in
      time.isNaN ? total : total / max(time, 1 / log10(max(total, 10)))
    }
  }

  /// The smallest of them.
  public var effectiveSampleSize: Double { effectiveSampleSizes.min() ?? 0 }

  /// Chains cut in two: T/2 × 2C × n.
  private var halves: Tensor {
    let half = draws.shape[0] / 2
    return cat([draws[0..<half], draws[half..<2 * half]], dim: 1)
  }

  /// W and V of each coordinate.
  private var variances: (within: Tensor, together: Tensor) {
    let halves = halves
    let length = Double(halves.shape[0])
    let within = halves.variance(dim: 0).mean(dim: 0)
    let between = halves.mean(dim: 0).variance(dim: 0)
    return (within, within * ((length - 1) / length) + between)
  }
}

/// How chains move.
public enum ChainMethod: String, CaseIterable, Codable, Sendable {
  /// Hamiltonian Monte Carlo (Duane, Kennedy, Pendleton and Roweth 1987; Neal 2011): uses the encoder's derivatives.
  case hamiltonian = "hmc"
  /// The preconditioned Crank–Nicolson proposal (Cotter, Roberts, Stuart and White 2013): leaves the reference invariant,
  /// whatever its dimension, and needs no derivatives.
  case crankNicolson = "pcn"
}

extension ConditionalTarget {
  /// Runs chains side by side, one row of `starts` each.
  ///
  /// - Parameters:
  ///   - starts: C × n, C ≥ 2.
  ///   - warmUp: how many transitions adapt the sampler, and are dropped; 300 for HMC and 2,000 for Crank–Nicolson when nil.
  ///   - draws: T ≥ 4, how many of each chain are kept; of Crank–Nicolson every tenth.
  public func sample(
    _ method: ChainMethod, from starts: Tensor, warmUp: Int? = nil, draws: Int, key: Key
  ) -> MarkovChains {
    require(
      starts.rank == 2 && starts.shape[0] >= 2 && draws >= 4,
      "ConditionalTarget.sample: starts \(starts.shape), \(draws) draws")
    return withFixedParameters {
      switch method {
      case .hamiltonian:
        var chains = HamiltonianChains(self, at: starts, key: key)
        return chains.run(warmUp: warmUp ?? 300, draws: draws)
      case .crankNicolson:
        var chains = CrankNicolsonChains(self, at: starts, key: key)
        return chains.run(warmUp: warmUp ?? 2000, draws: draws)
      }
    }
  }
}
