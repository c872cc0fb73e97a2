import CoupletCore
import Files

/// The members that `couplet evaluate --diagnostics` and `couplet score` add to their results.
struct DiagnosisMembers: Encodable {
  let diagnosis: Diagnosis

  init(_ diagnosis: Diagnosis) { self.diagnosis = diagnosis }

  private enum CodingKeys: CodingKey { case mutualInformation, calibration, reliability }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(
      InformationMembers(diagnosis.information), forKey: .mutualInformation)
    try container.encode(
      Named(
        zip(diagnosis.calibration, diagnosis.statistics).map {
          ($0.modality.name, CalibrationMembers($0, names: $1))
        }), forKey: .calibration)
    if let reliability = diagnosis.reliability {
      try container.encode(ReliabilityMembers(reliability), forKey: .reliability)
    }
  }
}

extension Diagnosis {
  /// For people.
  var text: String {
    var lines = [
      "mutual information: \(information.text)"
    ]
    lines += calibration.map(\.text)
    if let reliability {
      lines.append(
        "reliability: calibration error \(reliability.expectedCalibrationError.short), log loss "
          + "\(reliability.logLoss.short), Brier score \(reliability.brierScore.short)")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

private struct InformationMembers: Encodable {
  let information: MutualInformation

  init(_ information: MutualInformation) { self.information = information }

  private enum CodingKeys: String, CodingKey {
    case pairs, ceiling, confidence
    case infoNCE = "info-nce"
    case infoNCEOfU = "info-nce-of-u"
    case infoNCEOfV = "info-nce-of-v"
    case nwj
    case donskerVaradhan = "donsker-varadhan"
    case headline, trainingGap, cautions
  }

  private struct Gap: Encodable {
    let infoNCE, donskerVaradhan: Double

    private enum CodingKeys: String, CodingKey {
      case infoNCE = "info-nce"
      case donskerVaradhan = "donsker-varadhan"
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(information.pairs, forKey: .pairs)
    try container.encode(information.ceiling, forKey: .ceiling)
    try container.encode(information.confidence, forKey: .confidence)
    try container.encode(information.infoNCE, forKey: .infoNCE)
    try container.encode(information.oneSidedInfoNCE[0], forKey: .infoNCEOfU)
    try container.encode(information.oneSidedInfoNCE[1], forKey: .infoNCEOfV)
    try container.encode(information.nwj, forKey: .nwj)
    try container.encode(information.donskerVaradhan, forKey: .donskerVaradhan)
    try container.encode(information.headline.rawValue, forKey: .headline)
    try container.encode(
      information.trainingGap.map {
        Gap(infoNCE: $0.infoNCE, donskerVaradhan: $0.donskerVaradhan)
      }, forKey: .trainingGap)
    try container.encode(information.cautions, forKey: .cautions)
  }
}

extension MutualInformation {
  var text: String {
    let gap = trainingGap.map { "; on training pairs \($0.infoNCE.short) more" } ?? ""
    return
      "at least \(bound.text) nats by InfoNCE\(side) of \(pairs) pairs, which is at most log N = "
      + "\(ceiling.short)\(gap); " + (nwj.map { "at least \($0.text) by NWJ; " } ?? "")
      + "Donsker–Varadhan estimates \(donskerVaradhan.text)"
  }

  private var side: String {
    switch headline {
    case .infoNCE: ""
    case .infoNCEOfU: " of u given v"
    case .infoNCEOfV: " of v given u"
    }
  }
}

extension MutualInformation.Estimate {
  var text: String { "\(value.short) [\(lower.short), \(upper.short)]" }
}

private struct CalibrationMembers: Encodable {
  let queries: Int
  let coverage: CoverageMembers
  let levels: UniformMembers
  let ranks: Named<UniformMembers>
  let randomizedMass: Double

  init(_ calibration: ConditionalCalibration, names: [String]) {
    queries = calibration.levels.count
    coverage = CoverageMembers(calibration.levels)
    levels = UniformMembers(calibration.levels)
    ranks = Named(zip(names, calibration.ranks).map { ($0, UniformMembers($1)) })
    randomizedMass = calibration.randomizedMass
  }
}

extension ConditionalCalibration {
  var text: String {
    let coverage = [50, 90].map {
      "\($0) % sets hold \((100 * levels.fraction(atMost: Double($0) / 100)).short) %"
    }
    return
      "calibration of \(modality) given \(given): \(coverage.joined(separator: ", ")); "
      + "levels uniform with p = \(levels.kolmogorovSmirnovPValue.short)"
      + (ranks.isEmpty
        ? ""
        : ", ranks with p = \(ranks.map(\.kolmogorovSmirnovPValue.short).joined(separator: ", "))")
  }
}

/// How often sets of some masses, in per cent, hold the partner.
struct CoverageMembers: Encodable {
  private let levels: UniformSample

  init(_ levels: UniformSample) { self.levels = levels }

  func encode(to encoder: any Encoder) throws {
    try Named([50, 80, 90, 95].map { ("\($0)", levels.fraction(atMost: Double($0) / 100)) })
      .encode(to: encoder)
  }
}

/// ½ and 1/12 are the mean and the spread of a calibrated model.
struct UniformMembers: Encodable {
  let kolmogorovSmirnovP, mean, spread: Double
  let histogram: [Int]

  init(_ sample: UniformSample) {
    kolmogorovSmirnovP = sample.kolmogorovSmirnovPValue
    (mean, spread) = (sample.mean, sample.spread)
    histogram = sample.histogram(bins: 20)
  }
}

private struct ReliabilityMembers: Encodable {
  struct Bin: Encodable {
    let lower, upper: Double
    let count: Int
    let confidence, frequency: Double?
  }

  let expectedCalibrationError, debiasedCalibrationError, logLoss, brierScore, accuracy: Double
  let bins: [Bin]

  init(_ reliability: Reliability) {
    expectedCalibrationError = reliability.expectedCalibrationError
    debiasedCalibrationError = reliability.debiasedCalibrationError
    (logLoss, brierScore) = (reliability.logLoss, reliability.brierScore)
    accuracy = reliability.accuracy
    bins = reliability.bins.filter { $0.count > 0 }.map {
      Bin(
        lower: $0.lower, upper: $0.upper, count: $0.count, confidence: $0.confidence,
        frequency: $0.frequency)
    }
  }
}
