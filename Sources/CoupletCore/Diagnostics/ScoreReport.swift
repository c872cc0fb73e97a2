import Files
import Foundation

/// What the scores of N pairs say with all pairs as one batch, whoever made the embeddings: the losses, the
/// bounds on the mutual information, and retrieval in both directions. The numbers of `couplet score`.
///
/// ```swift
/// let factors = Cosine().factors(u, v, temperature: Tensor(0.07))
/// let report = ScoreReport(factors)
/// report.loss["two-sided"]               // −5.4, relative to independence, nats
/// report.clipLoss["two-sided"]           // 1.5, the usual value: + log N
/// report.retrieval[.u]?.recall(at: 1)    // u found, given v
/// ```
public struct ScoreReport {
  /// N.
  public let pairs: Int
  /// The number of groups; N where pairs form none.
  public let independentPairs: Int
  /// `two-sided` (with the weights λ), `u-given-v`, `v-given-u` and `joint` (over the pairs i ≠ j), nats.
  public let loss: [String: Double]
  /// The usual contrastive values of the conditional losses, with sums for means: larger by log N (Theorem 2.8),
  /// for weights by (λ_u + λ_v)/2 · log N.
  public let clipLoss: [String: Double]
  /// −L_cond with equal weights: at most `ceiling`.
  public let infoNCE: Double
  /// −L_joint: an estimate, no bound.
  public let donskerVaradhan: Double
  /// The bound of Nguyen, Wainwright and Jordan, a from the other half of the pairs; nil for fewer than four.
  public let nwj: Double?
  /// For each modality that is retrieved, given the other.
  public let retrieval: [Modality: RetrievalMetrics]
  /// The middle effective sample size 1/Σ w² of the conditionals of a modality, each over the independent candidates.
  public let effectiveSampleSize: [Modality: Double]

  /// log N of independent pairs, nats: no InfoNCE value exceeds it.
  public var ceiling: Double { log(Double(independentPairs)) }

  /// - Parameters:
  ///   - scores: N × N, N ≥ 2; partners on the diagonal. Taken in double precision, in tiles: memory O(N d).
  ///   - weights: λ_u and λ_v of the two-sided loss.
  ///   - groups: pairs that share a partner (MATH §2), at least two groups: losses, bounds and effective sample sizes
  ///     are means over draws of one pair of each, and all pairs of a group are right answers. nil: each pair is
  ///     its own.
  ///   - key: of the draws.
  ///
  /// Arithmetic 2 N² d operations and an exponential a score; with G groups, drawn R ≤ 8 times, 2 R G² d and 4 N² d for
  /// the ranks. Processes that share scores divide it (`PairSurvey`).
  public init(
    _ scores: ScoreFactors, weights: (u: Double, v: Double) = (1, 1), groups: Groups? = nil,
    key: Key = Key(0)
  ) {
    require(
      scores.rows == scores.columns && groups?.count ?? scores.rows >= 2,
      "ScoreReport: \(scores.rows) × \(scores.columns) scores")
    let factors = withoutGradients { scores.to(.float64) }
    let draws =
      groups?.draws(key: key).map { Batch(factors.pairs(at: $0)) } ?? [Batch(factors)]
    func mean(_ value: (Batch) -> Double) -> Double {
      draws.reduce(0) { $0 + value($1) } / Double(draws.count)
    }
    let n = Double(groups?.count ?? factors.rows)
    let (uGivenV, vGivenU) = (mean { $0.oneSided[0] }, mean { $0.oneSided[1] })
    let joint = mean(\.joint)
    let twoSided = weights.u / 2 * uGivenV + weights.v / 2 * vGivenU

    pairs = factors.rows
    independentPairs = groups?.count ?? factors.rows
    loss = ["two-sided": twoSided, "u-given-v": uGivenV, "v-given-u": vGivenU, "joint": joint]
    clipLoss = [
      "two-sided": twoSided + (weights.u + weights.v) / 2 * log(n),
      "u-given-v": uGivenV + log(n), "v-given-u": vGivenU + log(n),
    ]
    infoNCE = -(uGivenV + vGivenU) / 2
    donskerVaradhan = -joint
    nwj = n >= 4 ? mean { $0.nwj ?? .nan } : nil
    retrieval =
      groups.map { ScoreReport.metrics(factors, $0) }
      ?? draws[0].ranks.mapValues { RetrievalMetrics(ranks: $0) }
    effectiveSampleSize = [.u: mean(\.sizes.u), .v: mean(\.sizes.v)]
  }

  private static func metrics(_ factors: ScoreFactors, _ groups: Groups) -> [Modality:
    RetrievalMetrics]
  {
    // Embeddings are in memory, whose reading cannot fail.
    func marks(_ vectors: Tensor) -> [Int?]? { try? Repeats.marks(of: TensorSamples(vectors)) }
    let metrics = PartnerRanks.metrics(
      factors, groups, marks: (marks(factors.x), marks(factors.y)))
    return [.u: metrics.inColumns, .v: metrics.inRows]
  }

  /// The losses of independent pairs.
  struct Values {
    /// Of ν(u | v) and of ν(v | u), in this order.
    let oneSided: [Double]
    let joint: Double
    /// The mean score of partners.
    let partners: Double

    var infoNCE: Double { -(oneSided[0] + oneSided[1]) / 2 }

    init(_ factors: ScoreFactors) {
      var scores = factors.pairScores
      scores.isTotalOffDiagonal = true
      self.init(scores.logSums([.rows, .columns, .total, .diagonal]), count: factors.rows)
    }

    init(_ sums: PairScores.LogSums, count: Int) {
      guard let rows = sums.rows, let columns = sums.columns, let total = sums.total?.item(),
        let own = sums.diagonal?.mean().item()
      else {
        // Cannot happen: it hands out what it is asked for.
        fatalError("PairScores.logSums left out a sum that was asked for")
      }
      let n = Double(count)
      oneSided = [columns, rows].map { $0.mean().item() - log(n) - own }
      joint = total - log(n * (n - 1)) - own
      partners = own
    }
  }

  /// Independent pairs: everything from one walk over their scores.
  private struct Batch {
    let oneSided: [Double]
    let joint: Double
    let nwj: Double?
    let sizes: (u: Double, v: Double)
    let ranks: [Modality: [Int]]

    init(_ factors: ScoreFactors) {
      let survey = PairSurvey(factors, doubled: true, halves: factors.rows >= 4)
      let values = Values(survey.sums, count: factors.rows)
      (oneSided, joint) = (values.oneSided, values.joint)
      let halves = survey.halves
      nwj = halves.isEmpty ? nil : JackknifedBounds.nwj(halves[0], halves[1])
      sizes = (
        Batch.median(survey.sums.columns, survey.doubled?.columns),
        Batch.median(survey.sums.rows, survey.doubled?.rows)
      )
      ranks = [.u: survey.ranks.inColumns, .v: survey.ranks.inRows]
    }

    /// The middle (Σ e^s)² / Σ e^{2s}, from the log-sum-exps of the scores and of their doubles.
    private static func median(_ sums: Tensor?, _ doubled: Tensor?) -> Double {
      guard let sums, let doubled else { return .nan }
      return (sums * 2 - doubled).exp().array(Double.self).sorted().quantile(0.5)
    }
  }
}
