import Files
import Foundation

/// A learned conditional over a gallery that grew where its weights are: importance sampling in rounds (Cappé, Guillin, Marin and
/// Robert 2004), all candidates weighted by the mixture of what they were drawn from (Cornuet, Marin, Mira and Robert 2012).
///
/// In the coordinates z of the reference, whose density is p, round t fits a mixture of Gaussian laws q_t to the candidates so far,
/// weighted by the conditional (tempered while few of them carry it), and adds N_t draws of it. A candidate's reference weight is
///
///     m(z) = p(z) / Σ_t (N_t/N) q_t(z),   q_0 = p, of the N_0 candidates of the gallery,
///
/// so that weights are bounded by those of the gallery, and sums over candidates estimate those over the reference without
/// looking at which round a candidate is of.
///
/// ```swift
/// let rounds = target.importanceRounds(4, adding: 10_000, from: gallery, key: Key(0))
/// rounds.effectiveSampleSizes     // [1.2, 5, 240, 3500, 7200]
/// rounds.law.mean                 // conditional mean
/// ```
public struct ImportanceRounds {
  /// The conditional over all candidates, those of the gallery first.
  public let law: ConditionalDistribution
  /// Of the gallery, and after each round.
  public let effectiveSampleSizes: [Double]
}

extension ConditionalTarget {
  /// Adds candidates in rounds.
  ///
  /// - Parameters:
  ///   - rounds: how many.
  ///   - count: candidates that each adds.
  ///   - gallery: N₀ × …, independent draws of the reference.
  ///   - key: of fits and draws.
  /// - Returns: the conditional over N₀ + rounds · count candidates. A round that no mixture can be fitted in ends them.
  public func importanceRounds(_ rounds: Int, adding count: Int, from gallery: Tensor, key: Key)
    -> ImportanceRounds
  {
    withoutGradients {
      let n = reference.dimension
      var z = reference.coordinates(gallery.reshaped([gallery.shape[0], -1]))
      var (scores, densities) = (chunked(z, self.scores), chunked(z, logReference))
      // log Σ_t N_t q_t(z) of what all candidates were drawn from.
      var drawn = densities + log(Double(gallery.shape[0]))
      var mixtures: [GaussianMixture] = []
      func law() -> ConditionalDistribution {
        ConditionalDistribution(scores: scores, candidates: z, logWeights: densities - drawn)
      }
      var now = law()
      var sizes = [now.effectiveSampleSize]
      for round in 0..<rounds {
        let (fitting, drawing) = key.folded(with: round).split()
        guard let mixture = proposal(now, dimension: n, fitting) else { break }
        let added = mixture.sample(count, key: drawing)
        mixtures.append(mixture)
        let density = chunked(added, logReference)
        let parts = mixtures.map { chunked(added, $0.logDensity) + log(Double(count)) }
        drawn = cat([
          stack([drawn, chunked(z, mixture.logDensity) + log(Double(count))]).logSumExp(dim: 0),
          stack([density + log(Double(gallery.shape[0]))] + parts).logSumExp(dim: 0),
        ])
        z = cat([z, added])
        scores = cat([scores, chunked(added, self.scores)])
        densities = cat([densities, density])
        now = law()
        sizes.append(now.effectiveSampleSize)
      }
      return ImportanceRounds(
        law: ConditionalDistribution(
          scores: scores, candidates: samples(z), logWeights: now.logReference),
        effectiveSampleSizes: sizes)
    }
  }

  /// The reference's density of z, N.
  private func logReference(_ z: Tensor) -> Tensor {
    let normal =
      z.square().sum(dim: 1) * -0.5 - 0.5 * Double(reference.dimension) * log(2 * Double.pi)
    return reference.correction(z).map { normal + $0 } ?? normal
  }

  /// Values of many points, in blocks.
  private func chunked(_ z: Tensor, _ values: (Tensor) -> Tensor) -> Tensor {
    let block = 8192
    return cat(
      stride(from: 0, to: z.shape[0], by: block).map { values(z[$0..<min($0 + block, z.shape[0])]) }
    )
  }

  /// What a round draws from: a mixture fitted to draws of the law so far, a fifth wider. The law is tempered until five
  /// candidates a coordinate carry it, and 50 at least, half of all where these are few. As many draws are fitted as
  /// carry it: more would be the same candidates again, and look like more components.
  private func proposal(_ law: ConditionalDistribution, dimension n: Int, _ key: Key)
    -> GaussianMixture?
  {
    let wanted = Double(min(max(50, 5 * n), max(2, law.count / 2)))
    let tempered = law.tempered(to: wanted)
    let count = max(20, min(4000, Int(saturating: tempered.effectiveSampleSize)))
    let rows = tempered.sample(count, key: key)
    let points = law.candidates.indexSelect(Tensor(rows).to(deviceOf: law.candidates))
    guard let fit = try? GaussianMixture(fittedTo: points, key: key) else { return nil }
    return try? GaussianMixture(
      weights: fit.weights, means: fit.means, covariances: fit.covariances * 1.2)
  }
}

extension ConditionalDistribution {
  /// The law with the weights m exp(α s) for the largest α ≤ 1 whose effective sample size is at least `wanted`.
  func tempered(to wanted: Double) -> ConditionalDistribution {
    guard effectiveSampleSize < wanted else { return self }
    let scores = logWeights - logReference
    func law(_ power: Double) -> ConditionalDistribution {
      ConditionalDistribution(
        scores: scores * power, candidates: candidates, logWeights: logReference)
    }
    var (low, high) = (0.0, 1.0)
    for _ in 0..<30 {
      let middle = (low + high) / 2
      if law(middle).effectiveSampleSize >= wanted { low = middle } else { high = middle }
    }
    return law(low)
  }
}
