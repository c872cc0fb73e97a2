import Files
import GaussianTheory
import Torch

/// What `couplet theory` prints.
struct TheoryReport: CommandResult {
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
      "the pairs are not Gaussian (p = \(information.gaussianity.p.short)): the mutual "
        + "information is that of Gaussian pairs with the same covariance, not theirs; see "
        + "`couplet information`")
  }

  // MARK: JSON

  private enum CodingKeys: String, CodingKey {
    case tilting, loss, weights, rank, dimension, canonicalCorrelations
    case oneMinusCanonicalCorrelations, mutualInformation, lossAtOptimum, lossRelativeToReference
    case conditionNumber, samples, shrinkage, canonicalCorrelationErrors
    case mutualInformationInterval, mutualInformationError, mutualInformationPlugIn
    case mutualInformationBias, gaussianity, heldOut, mean
    case g = "G"
    case h = "H"
    case a = "A"
    case conditionalCovariance, marginalCovariance, warnings
  }

  private typealias Container = KeyedEncodingContainer<CodingKeys>

  /// A value of each side.
  private struct Sides<Value: Encodable>: Encodable {
    let u, v: Value

    init(_ u: Value, _ v: Value) { (self.u, self.v) = (u, v) }
  }

  /// A matrix as its rows.
  private static func rows(_ matrix: Tensor) -> [[Double]] {
    let columns = matrix.shape[1]
    return matrix.array(Double.self).withUnsafeBufferPointer { entries in
      (0..<matrix.shape[0]).map { Array(entries[$0 * columns..<($0 + 1) * columns]) }
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    let (analysis, model) = (optimum.analysis, optimum.model)
    let covariance = analysis.covariance
    try container.encode(optimum.tilting.rawValue, forKey: .tilting)
    try container.encode(lossName, forKey: .loss)
    try container.encode(weights, forKey: .weights)
    try container.encode(optimum.g.shape[0], forKey: .rank)
    try container.encode(
      Sides(covariance.uDimension, covariance.vDimension), forKey: .dimension)
    try container.encode(analysis.correlations, forKey: .canonicalCorrelations)
    try container.encode(
      analysis.modes.map(\.complement), forKey: .oneMinusCanonicalCorrelations)
    try container.encode(
      information?.value ?? analysis.mutualInformation, forKey: .mutualInformation)
    try container.encode(optimum.divergence, forKey: .lossAtOptimum)
    try container.encode(optimum.lossValue, forKey: .lossRelativeToReference)
    try container.encode(
      Sides(analysis.conditionNumberU, analysis.conditionNumberV), forKey: .conditionNumber)
    if let estimate { try encode(estimate, in: &container) }
    try container.encode(
      Sides(covariance.meanU.array(Double.self), covariance.meanV.array(Double.self)),
      forKey: .mean)
    try container.encode(Self.rows(optimum.g), forKey: .g)
    try container.encode(Self.rows(optimum.h), forKey: .h)
    try container.encode(Self.rows(optimum.a), forKey: .a)
    try container.encode(
      Sides(Self.rows(model.u.covariance), Self.rows(model.v.covariance)),
      forKey: .conditionalCovariance)
    try container.encode(
      Sides(Self.rows(marginals.uu), Self.rows(marginals.vv)), forKey: .marginalCovariance)
    try container.encode(warnings, forKey: .warnings)
  }

  private var weights: [Double]? {
    guard case .conditional(let weights) = optimum.loss else { return nil }
    return [weights.uGivenV, weights.vGivenU]
  }

  private struct Gaussianity: Encodable {
    let p, skewnessP, kurtosisP: Double
    let shapeP: Double?
  }

  private struct HeldOut: Encodable {
    let canonicalCorrelations, canonicalCorrelationErrors, fittedCanonicalCorrelations: [Double]
  }

  /// What is known of samples; of the mutual information null where the correlations were shrunk, or the pairs are too
  /// few.
  private func encode(_ estimate: PlugInEstimate, in container: inout Container) throws {
    try container.encode(estimate.sampleCount, forKey: .samples)
    try container.encode(estimate.shrinkageIntensity, forKey: .shrinkage)
    try container.encode(estimate.correlationErrors, forKey: .canonicalCorrelationErrors)
    try container.encode(
      information.map { [$0.lower, $0.upper] }, forKey: .mutualInformationInterval)
    try container.encode(information?.standardError, forKey: .mutualInformationError)
    try container.encode(
      optimum.analysis.mutualInformation, forKey: .mutualInformationPlugIn)
    try container.encode(information?.bias, forKey: .mutualInformationBias)
    try container.encode(
      information.map {
        Gaussianity(
          p: $0.gaussianity.p, skewnessP: $0.gaussianity.skewnessP,
          kurtosisP: $0.gaussianity.kurtosisP, shapeP: $0.gaussianity.shapeP)
      }, forKey: .gaussianity)
    guard let heldOut else { return }
    try container.encode(
      HeldOut(
        canonicalCorrelations: heldOut.correlations,
        canonicalCorrelationErrors: heldOut.errors,
        fittedCanonicalCorrelations: heldOut.trainingCorrelations), forKey: .heldOut)
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
        ? ", if Gaussian (tests do not speak against it: p = \(p))"
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
