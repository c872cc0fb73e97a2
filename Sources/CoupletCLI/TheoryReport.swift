import Files
import GaussianTheory
import Torch

/// What `couplet theory` prints.
struct TheoryReport {
  private let optimum: GaussianOptimum
  private let lossName: String
  private let truncation: Truncation
  private let marginals: PairCovariance
  private var estimate: PlugInEstimate?
  private var heldOut: HeldOutCorrelations?
  private var information: GaussianInformation?
  var warnings: [String] = []

  /// Above this, half of double precision is used up by the covariance itself.
  private static let doubtfulCondition = 1e8

  init(_ optimum: GaussianOptimum, lossName: String, _ truncation: Truncation) throws {
    (self.optimum, self.lossName, self.truncation) = (optimum, lossName, truncation)
    marginals = try optimum.model.joint()
    let analysis = optimum.analysis
    let kept = analysis.correlations.count
    let all = min(analysis.covariance.uDimension, analysis.covariance.vDimension)
    if truncation != .none, kept < all {
      warnings.append("truncation left \(kept) of \(all) canonical correlations")
    }
    for (name, number) in [
      ("C_uu", analysis.conditionNumberU), ("C_vv", analysis.conditionNumberV),
    ] where truncation == .none && number > Self.doubtfulCondition {
      warnings.append(
        "\(name) has the condition number \(number.short): small changes of it change the answer")
    }
  }

  /// Adds what is known because the covariance was estimated from samples.
  mutating func add(_ estimate: PlugInEstimate) {
    self.estimate = estimate
    warnings += estimate.warnings
  }

  mutating func add(_ heldOut: HeldOutCorrelations) { self.heldOut = heldOut }

  /// Adds the mutual information without its bias; nil where that cannot be told.
  mutating func add(_ information: GaussianInformation?) {
    self.information = information
    guard let information, !information.isCredible else { return }
    warnings.append(
      "the pairs are not Gaussian (Mardia's tests, p = \(information.gaussianity.p.short)): the mutual "
        + "information is that of Gaussian pairs with the same covariance, not theirs; train a model, and "
        + "see `couplet evaluate --diagnostics`")
  }

  // MARK: JSON

  var json: JSON {
    let analysis = optimum.analysis
    let model = optimum.model
    func sides(_ u: JSON, _ v: JSON) -> JSON { .object([.init("u", u), .init("v", v)]) }
    var members: [JSON.Member] = [
      .init("tilting", .string(optimum.tilting.rawValue)),
      .init("loss", .string(lossName)),
      .init("weights", weights),
      .init("rank", .integer(optimum.g.shape[0])),
      .init(
        "dimension",
        sides(
          .integer(analysis.covariance.uDimension), .integer(analysis.covariance.vDimension))),
      .init("canonicalCorrelations", .array(analysis.correlations)),
      .init("oneMinusCanonicalCorrelations", .array(analysis.modes.map(\.complement))),
      .init("mutualInformation", .number(information?.value ?? analysis.mutualInformation)),
      .init("lossAtOptimum", .number(optimum.divergence)),
      .init("lossRelativeToReference", .number(optimum.lossValue)),
      .init(
        "conditionNumber",
        sides(.number(analysis.conditionNumberU), .number(analysis.conditionNumberV))),
    ]
    members += estimateMembers
    members += [
      .init(
        "mean",
        sides(
          .array(analysis.covariance.meanU.array(Double.self)),
          .array(analysis.covariance.meanV.array(Double.self)))),
      .init("G", .matrix(optimum.g)), .init("H", .matrix(optimum.h)),
      .init("A", .matrix(optimum.a)),
      .init(
        "conditionalCovariance", sides(.matrix(model.u.covariance), .matrix(model.v.covariance))),
      .init("marginalCovariance", sides(.matrix(marginals.uu), .matrix(marginals.vv))),
      .init("warnings", .array(warnings.map(JSON.string))),
    ]
    return .object(members)
  }

  private var weights: JSON {
    guard case .conditional(let weights) = optimum.loss else { return .null }
    return .array([weights.uGivenV, weights.vGivenU])
  }

  private var estimateMembers: [JSON.Member] {
    guard let estimate else { return [] }
    var members: [JSON.Member] = [
      .init("samples", .integer(estimate.sampleCount)),
      .init("shrinkage", .number(estimate.shrinkageIntensity)),
      .init("canonicalCorrelationErrors", .array(estimate.correlationErrors)),
    ]
    members += informationMembers
    if let heldOut {
      members.append(
        .init(
          "heldOut",
          [
            "canonicalCorrelations": .array(heldOut.correlations),
            "canonicalCorrelationErrors": .array(heldOut.errors),
            "fittedCanonicalCorrelations": .array(heldOut.trainingCorrelations),
          ]))
    }
    return members
  }

  /// null where the correlations were shrunk, or the pairs are too few.
  private var informationMembers: [JSON.Member] {
    let interval = information.map { JSON.array([$0.lower, $0.upper]) }
    return [
      .init("mutualInformationInterval", interval ?? .null),
      .init("mutualInformationError", .optional(information?.standardError)),
      .init("mutualInformationPlugIn", .number(optimum.analysis.mutualInformation)),
      .init("mutualInformationBias", .optional(information?.bias)),
      .init(
        "gaussianity",
        information.map {
          [
            "p": .number($0.gaussianity.p), "skewnessP": .number($0.gaussianity.skewnessP),
            "kurtosisP": .number($0.gaussianity.kurtosisP),
          ]
        } ?? .null),
    ]
  }

  // MARK: Text

  var text: String {
    let analysis = optimum.analysis
    let (nu, nv) = (analysis.covariance.uDimension, analysis.covariance.vDimension)
    var lines = [
      "u \(nu), v \(nv)\(estimate.map { ", \($0.sampleCount) pairs" } ?? ""); "
        + "condition numbers \(analysis.conditionNumberU.short) and "
        + analysis.conditionNumberV.short,
      "canonical correlations  "
        + Self.list(analysis.correlations, errors: estimate?.correlationErrors),
    ]
    if let heldOut {
      lines.append(
        "on held-out pairs       " + Self.list(heldOut.correlations, errors: heldOut.errors))
    }
    lines += [
      "mutual information      " + informationText,
      "\(optimum.tilting.rawValue), \(lossName), rank \(optimum.g.shape[0]): "
        + "expected divergence at the optimum \(optimum.divergence.short) nats",
      "G \(Self.shape(optimum.g)), H \(Self.shape(optimum.h)), A \(Self.shape(optimum.a)) and "
        + "the learned covariances: with --json",
    ]
    return lines.map { $0 + "\n" }.joined()
  }

  private var informationText: String {
    guard let information else {
      let shrunk = (estimate?.shrinkageIntensity ?? 0) > 0
      return optimum.analysis.mutualInformation.short + " nats"
        + (shrunk ? " of the shrunk correlations, which has no interval" : "")
    }
    let interval = "[\(information.lower.short), \(information.upper.short)]"
    let p = information.gaussianity.p.short
    return "\(information.value.short) \(interval) nats"
      + (information.isCredible
        ? ", if Gaussian (Mardia's tests do not speak against it: p = \(p))"
        : " of Gaussian pairs with this covariance; these are not Gaussian (p = \(p))")
  }

  /// The first of the numbers, with their errors.
  private static func list(_ values: [Double], errors: [Double]?) -> String {
    let shown = values.prefix(8).enumerated().map { index, value in
      value.short + (errors.map { " ± \($0[index].short)" } ?? "")
    }
    let rest = values.count - shown.count
    return shown.joined(separator: "  ") + (rest > 0 ? "  and \(rest) more" : "")
  }

  private static func shape(_ matrix: Tensor) -> String {
    matrix.shape.map(String.init).joined(separator: " × ")
  }
}

extension JSON {
  /// A matrix as nested arrays, one per row.
  fileprivate static func matrix(_ matrix: Tensor) -> JSON {
    let columns = matrix.shape[1]
    return matrix.array(Double.self).withUnsafeBufferPointer { entries in
      .array(
        (0..<matrix.shape[0]).map { row in
          .numbers(Array(entries[row * columns..<(row + 1) * columns]))
        })
    }
  }
}
