/// How far a coupling can be trusted, on pairs that it has not seen: bounds on the mutual information, the
/// calibration of both conditionals, and for labels the reliability of the classifier. The numbers and figures of
/// `couplet evaluate --diagnostics`.
///
/// ```swift
/// let diagnosis = coupling.diagnose(on: heldOut, training: training, key: Key(0))
/// diagnosis.information.infoNCE.value            // 1.93 nats
/// diagnosis.calibration[0].levels.fraction(atMost: 0.9)   // 0.91 of 90 % sets hold their u
/// ```
public struct Diagnosis: Codable, Equatable, Sendable {
  /// What the pairs say of I(u; v), nats.
  public let information: MutualInformation
  /// Of ν(u | v) and of ν(v | u), in this order.
  public let calibration: [ConditionalCalibration]
  /// For each of them, what its ranks are of.
  public let statistics: [[String]]
  /// Of ν(label | u), when v is a label.
  public let reliability: Reliability?

  /// From parts that were made one by one; `calibration` and `statistics` have the order u, v.
  public init(
    information: MutualInformation, calibration: [ConditionalCalibration], statistics: [[String]],
    reliability: Reliability? = nil
  ) {
    self.information = information
    self.calibration = calibration
    self.statistics = statistics
    self.reliability = reliability
  }

  /// How much is looked at, at most: pairs for the bounds, which take 8 · pairs² · (d + 1) operations, queries whose partners are ranked, and candidates among which they are.
  public struct Limits: Sendable {
    /// For the bounds.
    public var pairs = 4096
    /// Whose partners are ranked.
    public var queries = 1000
    /// Among which partners are ranked.
    public var candidates = 20_000

    /// The standard limits; change what should differ.
    public init() {}
  }
}

extension Coupling {
  /// Looks at everything that says how far this coupling can be trusted.
  ///
  /// - Parameters:
  ///   - pairs: held-out pairs; random ones of them where there are more than the limits say.
  ///   - training: pairs of the training, which serve as galleries and for the gap between training and
  ///     held-out pairs; without them the held-out samples are the galleries.
  ///   - headline: which bound on the information is the model's own: `loss.informationBound`.
  ///   - key: of the choice of pairs and of the draws that split ties.
  /// - Throws: `Failure` when there is one pair only, or samples cannot be read.
  public func diagnose(
    on pairs: PairedData, training: PairedData?, headline: InformationBound = .infoNCE,
    limits: Diagnosis.Limits = .init(), key: Key
  ) throws -> Diagnosis {
    try withoutGradients {
      let (first, second) = key.split()
      let limits = self.limits(limits)
      // Of pairs that form groups one of each: independent ones.
      let draw = key.folded(with: 2)
      let (pairs, training) = (pairs.independent(key: draw), training?.independent(key: draw))
      let information = try mutualInformation(
        on: pairs.sample(limits.pairs), training: training?.sample(limits.pairs),
        headline: headline, key: first)
      let queries = pairs.sample(limits.queries)
      let checks = try modalities.enumerated().map { index, modality in
        try check(
          modality, queries, training?.sample(limits.candidates), key: second.folded(with: index))
      }
      return Diagnosis(
        information: information, calibration: checks.map(\.calibration),
        statistics: checks.map(\.statistics), reliability: try reliability(pairs))
    }
  }

  /// Those given, less where every score is an evaluation of a network.
  private func limits(_ given: Diagnosis.Limits) -> Diagnosis.Limits {
    var limits = given
    limits.pairs = looking(at: given.pairs)
    limits.queries = looking(at: given.queries)
    limits.candidates = min(given.candidates, 2 * looking(at: given.candidates))
    return limits
  }

  private func check(
    _ modality: Modality, _ queries: PairedData, _ training: PairedData?, key: Key
  ) throws -> (calibration: ConditionalCalibration, statistics: [String]) {
    let known = try (training?[modality] ?? queries[modality]).all()
    let gallery: CalibrationGallery =
      if known.isLabels {
        Coupling.labels(of: known, weights: self[modality].marginal)
      } else {
        training == nil ? .pairs : .sample(known)
      }
    let statistics = RankedStatistics(of: known, name: modality.name)
    let calibration = try calibration(
      of: modality, on: queries, among: gallery, statistic: statistics.values, key: key)
    return (calibration, statistics.names)
  }

  /// All labels with their weights: those given, or how often each occurs.
  private static func labels(of data: Tensor, weights: Tensor?) -> CalibrationGallery {
    let classes = weights?.count ?? Int(data.max().item()) + 1
    let counts = Tensor.zeros([classes], dtype: .float64, device: data.device)
      .scatterAdd(dim: 0, data, .ones(data.shape, dtype: .float64, device: data.device))
    return .reference(.arange(classes, device: data.device), weights: weights ?? counts)
  }

  private func reliability(_ pairs: PairedData) throws -> Reliability? {
    let (samples, labels) = (pairs[modalities[0]], pairs[modalities[1]])
    guard labels.space.labels != nil else { return nil }
    let truth = try labels.all().array(Int.self)
    let weights = sides[1].marginal
    let classes = weights?.count ?? (truth.max() ?? 0) + 1
    let classifier = ZeroShotClassifier(self, labels: .arange(classes), weights: weights)
    return Reliability(try classifier.logProbabilities(samples), classes: truth)
  }
}
