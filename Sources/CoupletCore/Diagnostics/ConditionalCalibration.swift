/// The finite set over which a learned conditional is checked.
public enum CalibrationGallery {
  /// The partners of the test pairs themselves.
  case pairs
  /// Independent draws from the marginal law, n × …, apart from the test pairs.
  case sample(Tensor)
  /// The whole reference measure, n × …, with its weights (uniform when nil): labels, say. Every partner is one
  /// of its points.
  case reference(Tensor, weights: Tensor? = nil)
}

/// Whether a learned conditional is right as a distribution: ν(u | v) on test pairs (u*, v*), or ν(v | u) with the
/// roles exchanged.
///
/// * Ranks (simulation-based calibration; the probability integral transform): where a statistic T(u*) of the
///   partner falls in its learned conditional law,
///
///       rank = Σ_k w_k 1[T_k < T*] + U Σ_k w_k 1[T_k = T*],   U uniform on [0, 1],
///
///   uniform for a right conditional. A hump in the middle says too wide, a trough too narrow, a slope biased.
/// * Levels: the same with the density in place of T, Σ w_k 1[s_k > s*] + U Σ w_k 1[s_k = s*]: the mass of the smallest
///   highest-density set (density relative to the reference) that holds the partner. A fraction α of levels ≤ α is
///   the expected coverage of sets of mass α.
///
/// The partner itself is a candidate, with its own weight, and counts as a tie with itself. This makes ranks
/// and levels of the exact conditional *exactly* uniform for a gallery of any size: given v* and the unordered
/// set of the partner and n independent draws u_k of the marginal, the partner is the k-th of them with the probability
/// w_k ∝ exp s(u_k, v*), the weights themselves. Without it, the ranks of a right model pile up at 0 and 1 like those
/// among only as many draws as the effective sample size; counted as a whole in one direction, its mass
/// would move the ranks that way. The price is power: `randomizedMass` says what part of an answer U decides.
///
/// Queries share the gallery, and so its error. To first order that error adds at most t(1 − t)/n to the
/// variance t(1 − t)/Q of the fraction of ranks below t for n draws apart from Q queries — the p-values
/// reckon with Q n/(Q + n) queries — and takes variance away when the pairs serve as their own gallery, where the
/// p-values are too large if anything. Histogram bands are for independent queries: let n be ten times Q.
///
/// ```swift
/// let check = coupling.calibration(of: .u, on: heldOut, among: .sample(training.u), key: Key(0))
/// check.ranks[0].kolmogorovSmirnovPValue   // coordinate 0 of u
/// check.levels.fraction(atMost: 0.9)       // coverage of 90 % sets
/// ```
public struct ConditionalCalibration: Codable, Equatable, Sendable {
  /// What is predicted, given its partner.
  public let modality: Modality
  /// Its partner.
  public let given: Modality
  /// For each statistic, the rank of every query's partner.
  public let ranks: [UniformSample]
  /// The level of every query's partner.
  public let levels: UniformSample
  /// The mean mass that ties with the partner's score, the partner's own included, in 0…1. Near 1 the gallery is
  /// too small, or the conditional too narrow for it, and any model looks calibrated.
  public let randomizedMass: Double

  /// - Parameters:
  ///   - given: the modality of the conditions.
  ///   - scores: of the conditions v* (rows, Q) with the candidates (columns, n).
  ///   - own: s(u*, v*), Q.
  ///   - partners: the data u*, Q × ….
  ///   - gallery: the data of the candidates; for `.pairs` they are the partners, in their order.
  ///   - statistic: maps m × … data to m × k numbers; every coordinate when nil.
  ///   - key: of the draws U.
  ///
  /// Memory beyond the data is a few blocks of about 2¹⁹ scores; arithmetic Q n (2d + 4k) operations.
  public init(
    of modality: Modality, given: Modality, scores: ScoreFactors, own: Tensor, partners: Tensor,
    among gallery: CalibrationGallery = .pairs, statistic: ((Tensor) -> Tensor)? = nil, key: Key
  ) {
    func statistics(_ data: Tensor) -> Tensor {
      (statistic?(data) ?? data).to(.float64).to(deviceOf: own).reshaped([data.shape[0], -1])
    }
    let ownStatistics = statistics(partners)
    let queries = scores.rows
    let candidates: PartnerMass.Candidates
    var effectiveCount = Double(queries)
    switch gallery {
    case .pairs:
      candidates = .init(statistics: ownStatistics, logWeights: nil, includePartner: true)
    case .sample(let data):
      candidates = .init(statistics: statistics(data), logWeights: nil, includePartner: false)
      let n = Double(data.shape[0])
      effectiveCount *= n / (effectiveCount + n)
    case .reference(let data, let weights):
      candidates = .init(
        statistics: statistics(data), logWeights: weights?.to(.float64).to(deviceOf: own).log(),
        includePartner: true)
    }
    let mass = withoutGradients {
      PartnerMass(scores, own: own, ownStatistics: ownStatistics, among: candidates)
    }
    let uniform = Tensor.uniform(
      mass.below.shape, key: key, dtype: .float64, device: mass.below.device)
    let values = (mass.below + mass.tied * uniform).clamped(min: 0, max: 1)
    let samples = (0..<values.shape[1]).map {
      UniformSample(
        values.select(dim: 1, $0).array(Double.self), effectiveCount: effectiveCount)
    }
    self.modality = modality
    self.given = given
    self.ranks = Array(samples.dropLast())
    self.levels = samples[samples.count - 1]
    self.randomizedMass = mass.tied.select(dim: 1, samples.count - 1).mean().item()
  }
}

extension Coupling {
  /// Checks ν(modality | partner) on pairs that it was not trained on.
  ///
  /// - Parameters:
  ///   - gallery: over what the conditional is taken; training data of the modality are a good sample.
  ///   - statistic: maps m × … data to m × k numbers whose ranks are taken; every coordinate when nil.
  ///   - key: of the random draws that split ties.
  /// - Throws: `Failure` when samples cannot be read.
  public func calibration(
    of modality: Modality, on pairs: PairedData, among gallery: CalibrationGallery = .pairs,
    statistic: ((Tensor) -> Tensor)? = nil, key: Key
  ) throws -> ConditionalCalibration {
    try withoutGradients {
      // Of pairs that form groups one of each: independent queries.
      let pairs = pairs.independent(key: key.folded(with: 1))
      let partner = partner(of: modality)
      let partners = try embedTogether(modality, pairs[modality]).to(.float64)
      let conditions = try embedTogether(partner, pairs[partner]).to(.float64)
      func scores(_ candidates: Embedded) -> ScoreFactors {
        factors(of: modality, given: conditions, among: candidates).formed
      }
      let candidates =
        switch gallery {
        case .pairs: partners
        case .sample(let data), .reference(let data, _):
          try embedTogether(modality, TensorSamples(data)).to(.float64)
        }
      return ConditionalCalibration(
        of: modality, given: partner, scores: scores(candidates), own: scores(partners).diagonal,
        partners: try pairs[modality].all(), among: gallery, statistic: statistic, key: key)
    }
  }
}
