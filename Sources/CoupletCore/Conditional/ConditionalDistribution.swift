import Files
import Foundation

/// A learned conditional over a finite set of candidates (eq. 28),
///
///     ν(· | v) = Σ_i w_i δ_{uⁱ},   w_i = m_i exp s(uⁱ, v) / Σ_l m_l exp s(uˡ, v),
///
/// with reference weights m: what the model says u could be, and how far to trust that.
///
/// ```swift
/// let posterior = coupling.conditional(.u, given: query, among: gallery)
/// posterior.top(5)                  // Algorithm 1
/// posterior.mean                    // conditional mean of u
/// posterior.effectiveSampleSize     // how many candidates carry the answer
/// ```
public struct ConditionalDistribution {
  /// The candidates' data, n × ….
  public let candidates: Tensor
  /// log w, n, in double precision.
  public let logWeights: Tensor
  /// log m, normalised, n.
  public let logReference: Tensor
  /// log Σ_i m_i exp s(uⁱ, v) with Σ m = 1, by which scores and log-densities differ.
  public let logNormalizer: Double

  /// - Parameters:
  ///   - scores: s(uⁱ, v), n.
  ///   - weights: m, n, non-negative, in any unit; uniform when nil. For points that are not a sample of the
  ///     reference, a prior density at them: the mode is then the MAP point, which maximises
  ///     s(u, v) + log prior(u) (eq. 61).
  public init(scores: Tensor, candidates: Tensor, weights: Tensor? = nil) {
    self.init(scores: scores, candidates: candidates, logWeights: weights?.to(.float64).log())
  }

  /// The same for reference weights (or a prior density, known up to a constant) given as logarithms, which
  /// cannot underflow. Everything comes to where the candidates are.
  public init(scores: Tensor, candidates: Tensor, logWeights: Tensor?) {
    require(
      scores.rank == 1 && scores.count == candidates.shape[0] && scores.count > 0,
      "ConditionalDistribution: scores \(scores.shape) for candidates \(candidates.shape)")
    let scores = scores.to(deviceOf: candidates).to(.float64)
    let reference =
      logWeights?.to(deviceOf: candidates).to(.float64) ?? scores.zerosLike()
    self.candidates = candidates
    self.logReference = reference.logSoftmax(dim: 0)
    let logits = scores + logReference
    self.logWeights = logits.logSoftmax(dim: 0)
    self.logNormalizer = logits.logSumExp().item()
  }

  /// The average of several laws over the same candidates with the same reference weights, w = Σ_m w^m / M: each has its own
  /// normaliser, so laws are averaged, not scores. Scores are log-densities then: `logNormalizer` is 0.
  ///
  /// ```swift
  /// ConditionalDistribution(averaging: couplings.map { $0.conditional(.u, given: v, among: gallery) })
  /// ```
  /// - Parameter laws: at least one.
  public init(averaging laws: [ConditionalDistribution]) {
    require(
      !laws.isEmpty && laws.allSatisfy { $0.count == laws[0].count },
      "ConditionalDistribution: the average of laws over \(laws.map(\.count)) candidates")
    (candidates, logReference) = (laws[0].candidates, laws[0].logReference)
    logWeights =
      laws.count == 1
      ? laws[0].logWeights
      : stack(laws.map { $0.logWeights.to(deviceOf: laws[0].logWeights) }).logSumExp(dim: 0)
        - log(Double(laws.count))
    logNormalizer = laws.count == 1 ? laws[0].logNormalizer : 0
  }

  /// n.
  public var count: Int { logWeights.count }
  /// w, n, adding up to 1.
  public var weights: Tensor { logWeights.exp() }

  // MARK: Mode

  /// A candidate and its probability.
  public struct Match: Equatable, Sendable {
    /// Its row among the candidates.
    public let index: Int
    /// w of it, in [0, 1].
    public let weight: Double
  }

  /// The k most probable candidates, best first (Algorithm 1); k = 1 is the mode (Theorem 4.2). All of them
  /// when there are fewer than k.
  public func top(_ k: Int) -> [Match] {
    let best = logWeights.topK(min(k, count))
    return zip(best.indices.array(Int.self), best.values.exp().array(Double.self))
      .map { Match(index: $0, weight: $1) }
  }

  // MARK: Sampling

  /// Rows of candidates drawn independently with probabilities w.
  ///
  /// By inverting the cumulative weights, which has no limit on the number of candidates.
  public func sample(_ draws: Int, key: Key) -> [Int] {
    let cumulative = weights.cumulativeSum(dim: 0).array(Double.self)
    let total = cumulative[count - 1]
    return Tensor.uniform([draws], key: key, dtype: .float64).array(Double.self).map { uniform in
      // The first candidate whose cumulative weight exceeds the draw: one with w > 0.
      var (low, high) = (0, count - 1)
      while low < high {
        let middle = (low + high) / 2
        if cumulative[middle] > uniform * total { high = middle } else { low = middle + 1 }
      }
      return low
    }
  }

  /// Different rows drawn one after another with probabilities w of those left (Gumbel top-k); at most the
  /// number of candidates that are possible at all.
  public func sampleWithoutReplacement(_ draws: Int, key: Key) -> [Int] {
    let possible = Int(logWeights.greater(than: -.infinity).sum().item())
    return (logWeights + .gumbel([count], key: key, device: logWeights.device)).topK(
      min(draws, possible)
    ).indices
      .array(Int.self)
  }

  // MARK: Moments

  /// Σ w_i f(uⁱ) for values f of the candidates, n × …, in double precision.
  public func expectation(of values: Tensor) -> Tensor {
    require(
      values.shape.first == count, "expectation: values \(values.shape) of \(count) candidates")
    let flat = values.to(deviceOf: logWeights).to(.float64).reshaped([count, -1])
    return matmul(weights.unsqueezed(0), flat).reshaped(Array(values.shape.dropFirst()))
  }

  /// The conditional mean Σ w_i uⁱ, in the shape of one candidate.
  public var mean: Tensor { expectation(of: candidates) }

  /// Σ w_i (f_i − f̄)(f_i − f̄)ᵀ for vector values f, n × k; k × k.
  public func covariance(of values: Tensor) -> Tensor {
    let flat = values.to(deviceOf: logWeights).to(.float64).reshaped([count, -1])
    let centered = flat - expectation(of: flat)
    return matmul((centered * weights.unsqueezed(1)).T, centered)
  }

  /// The conditional covariance of the candidates, each flattened to a vector.
  public var covariance: Tensor { covariance(of: candidates) }

  // MARK: How far to trust it

  /// 1 / Σ w_i²: how many equally weighted candidates would say as much. Near 1, one candidate carries
  /// everything, and means and covariances are not to be trusted.
  public var effectiveSampleSize: Double { 1 / weights.square().sum().item() }

  /// −Σ w_i log w_i, nats.
  public var entropy: Double { -sum { $0 } }

  /// Σ w_i log(w_i / m_i): how far the condition moved the law from the reference, nats.
  public var divergenceFromReference: Double { sum { $0 - logReference } }

  /// Σ w_i f_i, where w_i = 0 contributes 0 even when f_i is infinite.
  private func sum(_ f: (Tensor) -> Tensor) -> Double {
    let w = weights
    return (w * f(logWeights)).masked(w.equal(to: 0), with: 0).sum().item()
  }
}
