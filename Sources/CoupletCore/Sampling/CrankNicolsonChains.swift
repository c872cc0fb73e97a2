import Foundation

/// Chains of the proposal z' = √(1 − β²) z + β ξ, which leaves N(0, I) invariant and is accepted with probability
/// min(1, exp(s' − s)), s with the reference's correction: nothing in it depends on the dimension. β is brought to an acceptance of 0.3 in the warm-up.
struct CrankNicolsonChains {
  private let target: ConditionalTarget
  private var z: Tensor
  private var scores: Tensor
  private var key: Key
  private var logOdds = 0.0

  private static let wanted = 0.3
  private static let thinning = 10

  init(_ target: ConditionalTarget, at starts: Tensor, key: Key) {
    (self.target, self.key) = (target, key)
    z = starts.to(.float64)
    scores = target.tilts(z)
  }

  mutating func run(warmUp: Int, draws: Int) -> MarkovChains {
    for index in 0..<warmUp {
      let acceptance = transition()
      logOdds += (acceptance - Self.wanted) * 2 / Double(index + 1).squareRoot()
    }
    var (kept, accepted) = ([Tensor](), 0.0)
    for _ in 0..<draws {
      for _ in 0..<Self.thinning { accepted += transition() }
      kept.append(z)
    }
    return MarkovChains(
      draws: stack(kept), acceptance: accepted / Double(draws * Self.thinning))
  }

  private mutating func transition() -> Double {
    let (now, next) = key.split()
    key = next
    let (moving, deciding) = now.split()
    let beta = 1 / (1 + exp(-logOdds))
    let noise = Tensor.normal(z.shape, key: moving, dtype: .float64)
    let proposed = z * (1 - beta * beta).squareRoot() + noise * beta
    let found = target.tilts(proposed)
    let chance = HamiltonianChains.probability(found - scores)
    let moves = Tensor.uniform([z.shape[0]], key: deciding, dtype: .float64).less(than: chance)
    z = select(moves.unsqueezed(1), proposed, z)
    scores = select(moves, found, scores)
    return chance.mean().item()
  }
}
