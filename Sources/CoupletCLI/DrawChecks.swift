import Arguments
import CoupletCore
import Files
import Runs
import Training

/// `couplet evaluate --diagnostics --method hmc`: whether the draws of chains are right on test pairs.
struct DrawChecks: CommandResult {
  static let method = Argument.option(
    "method", .choice(ChainMethod.allCases.map(\.rawValue)),
    "also check the draws of couplet sample by this method on up to 256 test pairs, and keep what is found in the run"
  )
  static let of = Argument.option(
    "of", ValueKind("MODALITY") { Modality($0) }, shown: "both",
    "which modality is drawn for --method")
  static let prior = Argument.option(
    "prior", .text("LAW|FILE"), shown: "fitted",
    "for --method the prior, as couplet sample takes it")
  static let warmUp = Argument.option(
    "warm-up", .integer(in: 1...), shown: "300, of pcn 2000",
    "for --method how many transitions of a chain are dropped")

  static let options: [any ArgumentDeclaration] = [method, of, prior, warmUp]

  /// So many pairs are looked at, at most, and a warning is given below the other number.
  private static let mostPairs = 256, fewPairs = 200

  private let checks: [ChainCalibration]
  private let priorText: DrawCalibrations.Prior

  /// nil where none were asked for.
  /// - Throws: `Failure` where there is nothing that chains could draw.
  init?(
    of trained: TrainedRun, on pairs: PairedData, _ arguments: ParsedArguments, _ common: Common
  )
    throws
  {
    guard let method = arguments[Self.method].flatMap(ChainMethod.init) else {
      let given = [
        (arguments[Self.of] != nil, "of"), (arguments[Self.prior] != nil, "prior"),
        (arguments[Self.warmUp] != nil, "warm-up"),
      ].first(where: \.0)?.1
      guard let given else { return nil }
      throw UsageError(
        "--\(given) says how chains are checked, and none are", at: .setting(given),
        remedy: "add --diagnostics --method hmc")
    }
    let coupling = trained.coupling
    if let asked = arguments[Self.of], !coupling.modalities.contains(asked) {
      throw UsageError(
        "there is no modality '\(asked)' in the run", at: "--of",
        remedy: "use \(coupling.modalities.map(\.name).joined(separator: " or "))")
    }
    let pairs = pairs.independent(key: common.key).sample(Self.mostPairs)
    guard pairs.count >= 20 else {
      throw Failure(
        "\(pairs.count) test pairs say nothing about draws", at: .setting("method"),
        remedy: "give at least 20, better 200, with --data, or --u and --v")
    }
    priorText = try DrawCalibrations.Prior(arguments[Self.prior])
    let drawn = coupling.modalities.filter {
      if case .real = trained.space($0) { true } else { false }
    }
    let modalities =
      arguments[Self.of].map { [$0] } ?? (drawn.isEmpty ? coupling.modalities : drawn)
    if modalities.count > 1, priorText.text != "fitted", !priorText.text.hasPrefix("mixture:") {
      throw UsageError(
        "a prior is the law of one modality", at: .setting("prior"), remedy: "say which by --of")
    }
    var (found, refused) = ([ChainCalibration](), [any Error]())
    for modality in modalities {
      do {
        let shape = try ChainSampling.shape(of: modality, in: trained, method)
        let reference = try ChainSampling.reference(
          arguments[Self.prior], dimension: shape.reduce(1, *),
          trained.gallery(modality, of: pairs), common)
        found.append(
          try coupling.chainCalibration(
            of: modality, on: pairs, reference: reference, method: method,
            warmUp: arguments[Self.warmUp], key: common.key))
      } catch {
        refused.append(error)
      }
    }
    if let first = refused.first, found.isEmpty { throw first }
    for error in refused { common.warn("draws are not checked: \(error)") }
    checks = found
    warn(common)
  }

  private func warn(_ common: Common) {
    if let count = checks.first?.pairs, count < Self.fewPairs {
      common.warn(
        "\(count) test pairs show only gross faults of draws: give \(Self.fewPairs) or more")
    }
    if let worst = checks.map(\.splitR).max(), worst > 1.05 {
      common.warn(
        "the chains of the check have not mixed (split R-hat \(worst.short)): give more --warm-up")
    }
  }

  /// Keeps what was found beside the run's weights, unless it cannot be written now.
  func keep(in path: String, _ common: Common) throws {
    do {
      let directory = try RunDirectory(opening: path).locked()
      var kept = try directory.readCalibrations() ?? DrawCalibrations()
      for check in checks { kept.add(check, prior: priorText) }
      try directory.write(kept)
    } catch let failure as Failure {
      common.warn(
        "\(failure.place): \(failure.what), so couplet sample will not know how right draws are")
    }
  }

  func encode(to encoder: any Encoder) throws {
    try Named(checks.map { ($0.modality.name, Members(check: $0, prior: priorText.text)) })
      .encode(to: encoder)
  }

  var text: String {
    checks.map {
      "draws of \($0.modality) by \($0.method.rawValue), prior \(priorText.text): \($0.verdict); 90 % sets hold "
        + "\((100 * $0.levels.fraction(atMost: 0.9)).short) %\n"
    }.joined()
  }

  private struct Members: Encodable {
    let check: ChainCalibration
    let prior: String

    private enum CodingKeys: CodingKey {
      case method, prior, pairs, draws, calibrated, p, fault, splitR, coverage, levels, distances
      case ranks
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(check.method, forKey: .method)
      try container.encode(prior, forKey: .prior)
      try container.encode(check.pairs, forKey: .pairs)
      try container.encode(check.draws, forKey: .draws)
      try container.encode(check.isCalibrated, forKey: .calibrated)
      try container.encode(check.pValue, forKey: .p)
      try container.encode(check.isCalibrated ? nil : check.fault, forKey: .fault)
      try container.encode(check.splitR, forKey: .splitR)
      try container.encode(CoverageMembers(check.levels), forKey: .coverage)
      try container.encode(UniformMembers(check.levels), forKey: .levels)
      try container.encode(UniformMembers(check.distances), forKey: .distances)
      try container.encode(
        Named(zip(check.statistics, check.ranks).map { ($0, UniformMembers($1)) }), forKey: .ranks)
    }
  }
}
