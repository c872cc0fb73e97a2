import Files
import Foundation

/// Fits by expectation and maximisation (Dempster, Laird and Rubin 1977) of the likelihood with a prior on the covariances
/// that keeps a component from collapsing onto few samples.
///
/// Each step is
///
///     r_ik = w_k N(uⁱ; m_k, C_k) / p(uⁱ),   w_k = Σ_i r_ik / N,   m_k = Σ_i r_ik uⁱ / (N w_k),
///     C_k = (Σ_i r_ik (uⁱ − m_k)(uⁱ − m_k)ᵀ + (n + 2) D) / (N w_k + n + 2),   D = diag Var u / K^{2/n},
///
/// as of n + 2 further samples with the variances of all, shrunk to the share of a component (after Fraley and Raftery 2007).
extension GaussianMixture {
  /// More samples than this say nothing more about few components.
  private static let mostSamples = 20_000
  private static let mostSteps = 300
  /// Of a mean log-likelihood, nats.
  private static let settled = 1e-7
  private static let starts = 3
  private static let mostComponents = 20

  /// A mixture of so many components, the best of three starts.
  ///
  /// - Parameter key: of the starts (k-means++; Arthur and Vassilvitskii 2007), and of the choice among more than 20,000 samples.
  /// - Throws: `Failure` when there are fewer than ten samples a component, or they do not vary in every direction.
  public init(fittedTo samples: Tensor, components count: Int, key: Key) throws {
    self = try GaussianMixture.best(GaussianMixture.rows(samples, key), count, key).mixture
  }

  /// A mixture of as many components as have the least Bayesian information criterion (Schwarz 1978),
  /// −2 log L + p log N with p free numbers; at most twenty. The search ends once two more components in succession have not paid.
  /// - Throws: `Failure` as above.
  public init(fittedTo samples: Tensor, key: Key) throws {
    let u = GaussianMixture.rows(samples, key)
    let (rows, n) = (Double(u.shape[0]), Double(u.shape[1]))
    var best: (mixture: GaussianMixture, criterion: Double, count: Int)?
    for count in 1...GaussianMixture.mostComponents
    where count == 1 || 10 * count <= u.shape[0] {
      if let best, count > best.count + 2 { break }
      let fit = try GaussianMixture.best(u, count, key)
      let free = Double(count) * (1 + n + n * (n + 1) / 2) - 1
      let criterion = -2 * rows * fit.mean + free * log(rows)
      if criterion < best?.criterion ?? .infinity { best = (fit.mixture, criterion, count) }
    }
    guard let best else {
      throw Failure("the samples have no density", remedy: "give the prior, or other samples")
    }
    self = best.mixture
  }

  private static func rows(_ samples: Tensor, _ key: Key) -> Tensor {
    let u = samples.to(.float64)
    guard u.shape[0] > mostSamples else { return u }
    return u.indexSelect(Tensor.permutation(u.shape[0], key: key.folded(with: 9))[0..<mostSamples])
  }

  private static func best(_ u: Tensor, _ count: Int, _ key: Key) throws -> (
    mixture: GaussianMixture, mean: Double
  ) {
    let (rows, n) = (u.shape[0], u.shape[1])
    guard rows >= 10 * count, rows > 1 else {
      throw Failure(
        "\(rows) samples are too few for \(count) components",
        remedy: "give ten a component, or more")
    }
    let variances = u.variance(dim: 0)
    guard variances.min().item() > 0 else {
      throw Failure(
        "\(rows) samples of \(n) coordinates do not vary in every direction",
        remedy: "give the prior, or more samples")
    }
    let prior = (variances / pow(Double(count), 2 / Double(n))).diagonalMatrix()
    var best: (mixture: GaussianMixture, mean: Double)?
    for start in 0..<(count == 1 ? 1 : starts) {
      let centres = seeds(u / variances.sqrt(), count, key.folded(with: start))
      let fit = try climb(u, from: centres, prior)
      if fit.mean > best?.mean ?? -.infinity { best = fit }
    }
    guard let best else {
      throw Failure("the samples have no density", remedy: "give the prior, or other samples")
    }
    return best
  }

  /// Which seed each sample is nearest to, N × K of zeros and ones; seeds are drawn one after the other, with probabilities as
  /// the squared distance to the nearest so far.
  private static func seeds(_ u: Tensor, _ count: Int, _ key: Key) -> Tensor {
    func distances(_ row: Int) -> Tensor { (u - u[row]).square().sum(dim: 1) }
    func draw(_ weights: Tensor, _ key: Key) -> Int {
      ConditionalDistribution(scores: weights.log(), candidates: u).sample(1, key: key)[0]
    }
    var all = [distances(draw(.ones([u.shape[0]], dtype: .float64), key))]
    for index in 1..<max(count, 1) where count > 1 {
      all.append(distances(draw(stack(all).min(dim: 0), key.folded(with: index))))
    }
    let near = (stack(all, dim: 1) * -1).argmax(dim: 1)
    return Tensor.arange(count).unsqueezed(0).equal(to: near.unsqueezed(1)).to(.float64)
  }

  /// Steps from shares r, N × K, until the likelihood stands.
  private static func climb(_ u: Tensor, from shares: Tensor, _ prior: Tensor) throws -> (
    mixture: GaussianMixture, mean: Double
  ) {
    var mixture = try maximised(u, shares, prior)
    var last = -Double.infinity
    for _ in 0..<mostSteps {
      let parts = mixture.logParts(u)
      let totals = parts.logSumExp(dim: 1, keepDim: true)
      let mean = totals.mean().item()
      if mean - last < settled { return (mixture, mean) }
      last = mean
      mixture = try maximised(u, (parts - totals).exp(), prior)
    }
    return (mixture, mixture.logDensity(u).mean().item())
  }

  private static func maximised(_ u: Tensor, _ shares: Tensor, _ prior: Tensor) throws
    -> GaussianMixture
  {
    let (rows, n) = (Double(u.shape[0]), Double(u.shape[1]))
    // A component that has lost all samples keeps the share of a hundredth of one.
    let sums = shares.sum(dim: 0).clamped(min: 0.01)
    let means = matmul(shares.T, u) / sums.unsqueezed(1)
    let covariances = (0..<sums.count).map { k in
      let apart = u - means[k]
      let scatter = matmul((apart * shares.narrow(dim: 1, k..<k + 1)).T, apart)
      return (scatter + prior * (n + 2)) / (sums[k] + (n + 2))
    }
    return try GaussianMixture(
      weights: sums / rows, means: means, covariances: stack(covariances))
  }
}
