import Files
import Foundation

/// Chains of Hamiltonian Monte Carlo, all in one batch, in coordinates w with z = F w in which the draws of the warm-up
/// have covariance I: a dense metric that the chains share; above 1,000 coordinates, where it would be large and ill known, F = I.
/// At first F is that of the log-density's curvature where the chains start: a posterior that is a thousand times narrower in
/// some directions than in others would not be reached by steps that fit its narrowest.
///
/// A transition follows the flow for about a quarter of a period of N(0, I), jittered, in leapfrog steps ε; ε is found by dual
/// averaging (Hoffman and Gelman 2014, §3.2) of the acceptance over all chains.
struct HamiltonianChains {
  private let target: ConditionalTarget
  private var z: Tensor
  private var key: Key
  private var state: (values: Tensor, slopes: Tensor)
  /// F; nil for I.
  private var factor: Tensor?
  private var step = DualAveraging(start: 0.1)

  private static let mostSteps = 32
  private static let largestMetric = 1000
  /// Up to so many coordinates the curvature is taken, at the price of as many gradients.
  private static let largestCurvature = 256

  init(_ target: ConditionalTarget, at starts: Tensor, key: Key) {
    (self.target, self.key) = (target, key)
    z = starts.to(.float64)
    state = target.logDensity(z)
  }

  mutating func run(warmUp: Int, draws: Int) -> MarkovChains {
    takeCurvature()
    // Twice the metric is taken from the draws so far, each time from the later half of them.
    for (length, isMeasured) in [(warmUp / 4, true), (warmUp / 4, true), (warmUp / 2, false)] {
      var seen: [Tensor] = []
      for index in 0..<length {
        step.add(acceptance: transition(size: step.exploring))
        if index >= length / 2 { seen.append(z) }
      }
      if isMeasured, !seen.isEmpty { takeMetric(from: stack(seen)) }
    }
    var (kept, accepted) = ([Tensor](), 0.0)
    for _ in 0..<draws {
      accepted += transition(size: step.settled)
      kept.append(z)
    }
    return MarkovChains(draws: stack(kept), acceptance: accepted / Double(draws))
  }

  /// The metric of −∇² log π, the mean over where the chains are, by differences of gradients; nowhere wider than the
  /// reference.
  private mutating func takeCurvature() {
    let n = z.shape[1], difference = 1e-2
    guard n <= Self.largestCurvature else { return }
    let rows = (0..<n).map { axis in
      var step = [Double](repeating: 0, count: n)
      step[axis] = difference
      let slopes = target.logDensity(z + Tensor(step).to(deviceOf: z)).slopes
      return ((state.slopes - slopes) / difference).mean(dim: 0)
    }
    let curvature = stack(rows)
    guard curvature.allFinite(), let (values, vectors) = try? ((curvature + curvature.T) / 2).eigh()
    else { return }
    factor = vectors / values.clamped(min: 1).sqrt()
  }

  /// The metric of draws, T × C × n, around the means of their conditions. In the coordinates w of the metric so far, it is
  /// shrunk towards their variances by n/(n + N) so that few draws make no singular one.
  private mutating func takeMetric(from draws: Tensor) {
    let n = z.shape[1]
    guard n <= Self.largestMetric else { return }
    var centred = target.centred(draws).reshaped([draws.shape[0] * draws.shape[1], n])
    let old = factor ?? .eye(n, dtype: .float64, device: z.device)
    guard let own = try? old.solve(centred.T) else { return }
    centred = own.T
    let covariance = matmul(centred.T, centred) / Double(centred.shape[0])
    let share = Double(n) / Double(n + centred.shape[0])
    let diagonal = (covariance.diagonal() + 1e-10).diagonalMatrix()
    guard let root = try? (covariance * (1 - share) + diagonal * share).cholesky() else { return }
    factor = matmul(old, root)
    step = DualAveraging(start: step.settled)
  }

  private mutating func nextKey() -> Key {
    let (now, next) = key.split()
    key = next
    return now
  }

  /// One transition of every chain; returns the mean probability of acceptance.
  private mutating func transition(size: Double) -> Double {
    let keys = nextKey().split(3)
    let jitter = Tensor.uniform([2], key: keys[0], dtype: .float64).array(Double.self)
    let step = size * (0.9 + 0.2 * jitter[0])
    let length = Double.pi / 2 * (0.7 + 0.6 * jitter[1])
    let steps = min(Self.mostSteps, max(1, Int(saturating: (length / step).rounded())))
    let momentum = Tensor.normal(z.shape, key: keys[1], dtype: .float64)
    var (p, place, now) = (momentum, z, state)
    func slope(_ ofZ: Tensor) -> Tensor { factor.map { matmul(ofZ, $0) } ?? ofZ }
    for _ in 0..<steps {
      p = p + slope(now.slopes) * (step / 2)
      place = place + (factor.map { matmul(p, $0.T) } ?? p) * step
      now = target.logDensity(place)
      p = p + slope(now.slopes) * (step / 2)
    }
    let change =
      now.values - state.values - (p.square().sum(dim: 1) - momentum.square().sum(dim: 1)) * 0.5
    let chance = Self.probability(change)
    let moves = Tensor.uniform([z.shape[0]], key: keys[2], dtype: .float64).less(than: chance)
    z = select(moves.unsqueezed(1), place, z)
    state = (
      select(moves, now.values, state.values),
      select(moves.unsqueezed(1), now.slopes, state.slopes)
    )
    return chance.mean().item()
  }

  /// min(1, exp x), 0 for what is not a number.
  static func probability(_ x: Tensor) -> Tensor {
    let chance = x.clamped(max: 0).exp()
    return chance.masked(chance.isFinite().not(), with: 0)
  }
}

/// A step size whose transitions are accepted with a wanted probability.
struct DualAveraging {
  private let centre: Double
  private var count = 0.0, error = 0.0, logAverage: Double
  private var logStep: Double

  private static let wanted = 0.8

  init(start: Double) {
    centre = log(10 * start)
    (logStep, logAverage) = (log(start), log(start))
  }

  /// To be tried next.
  var exploring: Double { exp(logStep) }
  /// To be kept.
  var settled: Double { exp(logAverage) }

  mutating func add(acceptance: Double) {
    count += 1
    let share = 1 / (count + 10)
    error = (1 - share) * error + share * (Self.wanted - acceptance)
    logStep = centre - count.squareRoot() / 0.05 * error
    let weight = pow(count, -0.75)
    logAverage = weight * logStep + (1 - weight) * logAverage
  }
}
