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
  /// Arithmetic 6 N² d operations; with G groups, drawn R ≤ 8 times, 6 R G² d and 4 N² d for the ranks.
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
    retrieval = ScoreReport.ranks(factors, groups).mapValues(RetrievalMetrics.init)
    effectiveSampleSize = [.u: mean(\.sizes.u), .v: mean(\.sizes.v)]
  }

  private static func ranks(_ factors: ScoreFactors, _ groups: Groups?) -> [Modality: [Int]] {
    let ranks =
      groups.map { groups in
        // Embeddings are in memory, whose reading cannot fail.
        func marks(_ vectors: Tensor) -> [Int?]? { try? Repeats.marks(of: TensorSamples(vectors)) }
        return PartnerRanks.ofGroups(factors, groups, marks: (marks(factors.x), marks(factors.y)))
      } ?? PartnerRanks.ofPairs(factors)
    return [.u: ranks.inColumns, .v: ranks.inRows]
  }

  /// The losses of independent pairs.
  struct Values {
    /// Of ν(u | v) and of ν(v | u), in this order.
    let oneSided: [Double]
    let joint: Double
    /// The log-sum-exps of rows and columns.
    let rows, columns: Tensor
    /// The mean score of partners.
    let partners: Double

    var infoNCE: Double { -(oneSided[0] + oneSided[1]) / 2 }

    init(_ factors: ScoreFactors) {
      let n = Double(factors.rows)
      let sums = ScoreReport.sums(factors)
      oneSided = [sums.columns, sums.rows].map { $0.mean().item() - log(n) - sums.partners }
      joint = sums.total - log(n * (n - 1)) - sums.partners
      (rows, columns, partners) = (sums.rows, sums.columns, sums.partners)
    }
  }

  /// Independent pairs.
  private struct Batch {
    let oneSided: [Double]
    let joint: Double
    let nwj: Double?
    let sizes: (u: Double, v: Double)

    init(_ factors: ScoreFactors) {
      let values = Values(factors)
      (oneSided, joint) = (values.oneSided, values.joint)
      nwj = Batch.nwj(factors)
      sizes = ScoreReport.effectiveSampleSizes(factors, values.rows, values.columns)
    }

    private static func nwj(_ factors: ScoreFactors) -> Double? {
      guard factors.rows >= 4 else { return nil }
      let halves = JackknifedBounds.halves(factors.rows).map { rows in
        let values = Values(factors.pairs(at: rows))
        return IndependentTotal.Value(
          own: values.partners, logMean: values.joint + values.partners)
      }
      return JackknifedBounds.nwj(halves[0], halves[1])
    }
  }

  /// Log-sum-exps of rows, columns and the pairs i ≠ j, and the mean score of partners.
  private static func sums(_ factors: ScoreFactors) -> (
    rows: Tensor, columns: Tensor, total: Double, partners: Double
  ) {
    let sums = PairScores(
      factors.x, factors.y, rowBias: factors.rowBias, columnBias: factors.columnBias,
      isTotalOffDiagonal: true
    ).logSums([.rows, .columns, .total, .diagonal])
    guard let rows = sums.rows, let columns = sums.columns, let total = sums.total,
      let diagonal = sums.diagonal
    else {
      // Cannot happen: it hands out what it is asked for.
      fatalError("PairScores.logSums left out a sum that was asked for")
    }
    return (rows, columns, total.item(), diagonal.mean().item())
  }

  /// (Σ e^s)² / Σ e^{2s}, from the log-sum-exps of the scores and of their doubles.
  private static func effectiveSampleSizes(
    _ factors: ScoreFactors, _ rows: Tensor, _ columns: Tensor
  ) -> (u: Double, v: Double) {
    let doubled = PairScores(
      factors.x * 2, factors.y, rowBias: factors.rowBias.map { $0 * 2 },
      columnBias: factors.columnBias.map { $0 * 2 }
    ).logSums([.rows, .columns])
    func median(_ sums: Tensor, _ doubled: Tensor?) -> Double {
      let sizes = (sums * 2 - (doubled ?? sums)).exp().array(Double.self)
      return sizes.sorted().quantile(0.5)
    }
    return (median(columns, doubled.columns), median(rows, doubled.rows))
  }
}
