import Arguments
import CoupletCore
import DiagnosticFigures
import Encoders
import Figures
import Files
import Runs

/// `couplet score`: what embeddings that someone else computed are worth.
enum Score {
  private static let u = Argument.required(
    "u", .text("FILE[:MEMBER]"), "the embeddings of u, one per row")
  private static let v = Argument.required(
    "v", .text("FILE[:MEMBER]"), "the embeddings of v; row i belongs to row i of u")
  private static let tilting = Argument.option(
    "tilting", ValueKind<TiltingSettings>.form("TILTING", choices: Tiltings.names),
    default: .cosine,
    "how two embeddings give a score")
  private static let temperature = Argument.option(
    "temperature", .positive(), shown: "1; with cosine 0.07",
    "the temperature τ by which scores are divided")
  private static let weights = Argument.option(
    "weights", .list(of: .nonNegative(), count: 2), default: [1, 1], shown: "1,1",
    "the weights of u-given-v and v-given-u in the two-sided loss")
  private static let ks = Argument.option(
    "k", short: "k", .list(of: .integer(in: 1...)), default: [1, 5, 10],
    "the k of recall at k")
  private static let report = Argument.option(
    "report", .file(".html"), "write figures of the diagnostics, as .html"
  ).writing

  static let command = Command(
    "score", "Measures embeddings of pairs that were computed elsewhere.",
    discussion: """
      All pairs are one batch; of pairs that share a partner one, in turn (--groups). Losses are relative to independence, in nats: 0 says that the \
      embeddings know nothing of each other; the usual contrastive (CLIP) value is larger by log N. \
      The joint loss runs over the pairs i ≠ j. Of the mutual information InfoNCE and NWJ are \
      lower bounds in expectation at that many pairs, and Donsker-Varadhan is an estimate. Recall at k of u is the fraction of v whose u is among the k \
      best, ties counting against it. Bounds with intervals, and calibration, are those of at most \
      4,096 pairs.
      """,
    [
      .init("Embeddings", [u, v] + RunOptions.ofPairs),
      .init("Scores", [tilting, temperature]),
      .init("Measures", [weights, ks, report]),
    ],
    examples: [
      .init(
        "couplet score --u images.npy --v captions.npy --tilting cosine --temperature 0.01 --json",
        "embeddings of a CLIP model")
    ]
  ) { arguments in try Ranks.share { try measure(arguments) } }

  private static func measure(_ arguments: ParsedArguments) throws {
    let common = try Common(arguments)
    guard common.device == .cpu else {
      throw UsageError(
        "scores are computed on the processor", at: .setting("device"), remedy: "use cpu")
    }
    guard arguments[tilting].value.pair == nil else {
      throw UsageError(
        "a pair score is learned, and embeddings alone have none", at: .setting("tilting"),
        remedy: "use cosine, inner-product or squared-distance")
    }
    let lambda = arguments[weights]
    guard lambda.contains(where: { $0 > 0 }) else {
      throw UsageError("both weights are 0", at: .setting("weights"), remedy: "give one above 0")
    }
    let pairs = try embeddings(arguments[u], arguments[v], arguments, common)
    let embedded = try pairs.samples.map { Embedded(try $0.all()) }
    let dimension = embedded[0].vectors.shape[1]
    let tilting = arguments[Self.tilting]
    let temperature = arguments[temperature] ?? RunConfiguration.temperature(for: tilting).value
    let coupling = Coupling(
      u: Fixed(dimension), v: Fixed(dimension), tilting: tilting.value,
      temperature: try Temperature(.fixed(temperature)))
    let factors = withoutGradients { coupling.factors(embedded[0], embedded[1]) }
    try requireFinite(factors, temperature)

    let scores = ScoreReport(factors, weights: (lambda[0], lambda[1]), groups: pairs.groups)
    let diagnosis = try coupling.diagnose(on: pairs, training: nil, key: common.key)
    diagnosis.information.cautions.forEach(common.warn)
    if let path = arguments[report] {
      try Ranks.first {
        try Report(title: "Couplet: \(arguments[u]) and \(arguments[v])", diagnosis.sections)
          .write(to: path, links: .followed)
      }
    }
    let ks = Set(arguments[ks]).sorted()
    try Console.show(
      Worth(
        dimension: dimension, tilting: "\(tilting)", temperature: temperature,
        groups: pairs.inGroups, scores: ScoreMembers(report: scores, ks: ks),
        diagnosis: diagnosis), as: common)
  }

  /// What the embeddings are worth.
  private struct Worth: CommandResult {
    let dimension: Int
    let tilting: String
    let temperature: Double
    /// ` in 40 groups`; empty where pairs form none.
    let groups: String
    let scores: ScoreMembers
    let diagnosis: Diagnosis

    private enum CodingKeys: CodingKey { case pairs, groups, dimension, tilting, temperature }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(scores.report.pairs, forKey: .pairs)
      try container.encode(scores.report.independentPairs, forKey: .groups)
      try container.encode(dimension, forKey: .dimension)
      try container.encode(tilting, forKey: .tilting)
      try container.encode(temperature, forKey: .temperature)
      try scores.encode(to: encoder)
      try DiagnosisMembers(diagnosis).encode(to: encoder)
    }

    var text: String {
      "\(scores.report.pairs) pairs\(groups) of dimension \(dimension), \(tilting), temperature \(temperature)\n"
        + scores.report.text(scores.ks) + diagnosis.text
    }
  }

  // MARK: Input

  private static func embeddings(
    _ u: String, _ v: String, _ arguments: ParsedArguments, _ common: Common
  ) throws -> PairedData {
    let files = try RunOptions.realPairs(
      u, v, RunOptions.reading(arguments, RunOptions.ofPairs), common)
    func read(_ source: any SampleSource) throws -> Tensor {
      guard source.space.shape?.count == 1, (source.space.size ?? 0) > 0 else {
        throw Failure(
          "an array of shape \([source.count] + (source.space.shape ?? [])) holds no embeddings",
          at: source.name, remedy: "give two axes: one row for each sample")
      }
      return try source.all().to(.float64)
    }
    let pairs = (u: try read(files[.u]), v: try read(files[.v]))
    guard pairs.u.shape == pairs.v.shape else {
      throw Failure(
        "the shape is \(pairs.u.shape), but \(pairs.v.shape) in \(v)", at: u,
        remedy: "give as many rows of the same length: row i of u belongs to row i of v")
    }
    guard pairs.u.shape[0] >= 2 else {
      throw Failure("there is one pair only", at: u, remedy: "give at least two")
    }
    if let groups = files.groups, groups.count < 2 {
      throw Failure(
        "all pairs are of one group, so that none is independent of another",
        at: .setting("groups"), remedy: "name other groups, or none")
    }
    return try PairedData(u: pairs.u, v: pairs.v, groups: files.groups)
  }

  /// A score that overflows would make every number NaN.
  private static func requireFinite(_ factors: ScoreFactors, _ temperature: Double) throws {
    let largest =
      factors.x.norm(dim: 1).max().item() * factors.y.norm(dim: 1).max().item()
      + (factors.rowBias?.abs().max().item() ?? 0) + (factors.columnBias?.abs().max().item() ?? 0)
    guard largest < 1e300 else {
      throw Failure(
        "scores overflow at the temperature \(temperature)", at: .setting("temperature"),
        remedy: "raise it, or scale the embeddings down")
    }
  }
}

/// The members that `couplet score` has of the scores of all pairs.
private struct ScoreMembers: Encodable {
  let report: ScoreReport
  let ks: [Int]

  private enum CodingKeys: CodingKey {
    case loss, clipLoss, mutualInformationBounds, recall, medianRank, meanReciprocalRank, ndcg10
    case meanAveragePrecision, medianEffectiveSampleSize
  }

  private struct Bounds: Encodable {
    let infoNCE: Double
    let nwj: Double?
    let donskerVaradhan, ceiling: Double

    private enum CodingKeys: String, CodingKey {
      case infoNCE = "info-nce"
      case nwj
      case donskerVaradhan = "donsker-varadhan"
      case ceiling
    }
  }

  func encode(to encoder: any Encoder) throws {
    func byModality<Value, Result: Encodable>(
      _ values: [Modality: Value], _ value: (Value) -> Result
    ) -> Named<Result> {
      Named([Modality.u, .v].compactMap { side in values[side].map { (side.name, value($0)) } })
    }
    func byName(_ values: [String: Double]) -> Named<Double> {
      Named(
        ["two-sided", "u-given-v", "v-given-u", "joint"].compactMap { name in
          values[name].map { (name, $0) }
        })
    }
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(byName(report.loss), forKey: .loss)
    try container.encode(byName(report.clipLoss), forKey: .clipLoss)
    try container.encode(
      Bounds(
        infoNCE: report.infoNCE, nwj: report.nwj, donskerVaradhan: report.donskerVaradhan,
        ceiling: report.ceiling), forKey: .mutualInformationBounds)
    let found = report.retrieval
    try container.encode(
      byModality(found) { metrics in Named(ks.map { ("\($0)", metrics.recall(at: $0)) }) },
      forKey: .recall)
    try container.encode(byModality(found, \.medianRank), forKey: .medianRank)
    try container.encode(byModality(found, \.meanReciprocalRank), forKey: .meanReciprocalRank)
    try container.encode(byModality(found) { $0.ndcg(at: 10) }, forKey: .ndcg10)
    try container.encode(
      byModality(found, \.meanAveragePrecision), forKey: .meanAveragePrecision)
    try container.encode(
      byModality(report.effectiveSampleSize) { $0 }, forKey: .medianEffectiveSampleSize)
  }
}

extension ScoreReport {
  fileprivate func text(_ ks: [Int]) -> String {
    var lines = ["two-sided", "u-given-v", "v-given-u", "joint"].compactMap { name in
      loss[name].map { "loss (\(name))  \($0.short)\(clipLoss[name].clip)" }
    }
    lines.append(
      "mutual information  at least \(infoNCE.short) by InfoNCE (which is at most log N = "
        + "\(ceiling.short)), " + (nwj.map { "\($0.short) by NWJ; " } ?? "")
        + "Donsker–Varadhan estimates \(donskerVaradhan.short) nats")
    for modality in [Modality.u, .v] {
      guard let metrics = retrieval[modality], let size = effectiveSampleSize[modality] else {
        continue
      }
      let recalls = ks.map { "@\($0) \(metrics.recall(at: $0).short)" }
      lines.append(
        "\(modality) retrieved: recall \(recalls.joined(separator: "  ")); median rank "
          + "\(metrics.medianRank.short); mean reciprocal rank \(metrics.meanReciprocalRank.short)"
          + EvaluationReport.precisions(metrics.ndcg(at: 10), metrics.meanAveragePrecision)
          + "; median effective sample size \(size.short)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
