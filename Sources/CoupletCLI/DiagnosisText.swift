import CoupletCore
import Files

extension Diagnosis {
  /// The members that `couplet evaluate --diagnostics` and `couplet score` add to their results.
  var json: [JSON.Member] {
    [
      .init("mutualInformation", information.json),
      .init(
        "calibration",
        .object(
          zip(calibration, statistics).map { check, names in
            .init(check.modality.name, check.json(names))
          })),
    ] + (reliability.map { [.init("reliability", $0.json)] } ?? [])
  }

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

extension MutualInformation {
  var json: JSON {
    .object([
      .init("pairs", .integer(pairs)), .init("ceiling", .number(ceiling)),
      .init("confidence", .number(confidence)),
      .init("info-nce", infoNCE.json), .init("info-nce-of-u", oneSidedInfoNCE[0].json),
      .init("info-nce-of-v", oneSidedInfoNCE[1].json),
      .init("nwj", nwj?.json ?? .null), .init("donsker-varadhan", donskerVaradhan.json),
      .init("headline", .string(headline.rawValue)),
      .init(
        "trainingGap",
        trainingGap.map {
          ["info-nce": .number($0.infoNCE), "donsker-varadhan": .number($0.donskerVaradhan)]
        } ?? .null),
      .init("cautions", .array(cautions.map(JSON.string))),
    ])
  }

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
  var json: JSON {
    ["value": .number(value), "lower": .number(lower), "upper": .number(upper)]
  }

  var text: String { "\(value.short) [\(lower.short), \(upper.short)]" }
}

extension ConditionalCalibration {
  func json(_ names: [String]) -> JSON {
    .object([
      .init("queries", .integer(levels.count)),
      .init(
        "coverage",
        .object(
          [50, 80, 90, 95].map {
            .init("\($0)", .number(levels.fraction(atMost: Double($0) / 100)))
          })),
      .init("levels", levels.json),
      .init(
        "ranks",
        .object(zip(names, ranks).map { .init($0, $1.json) })),
      .init("randomizedMass", .number(randomizedMass)),
    ])
  }

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

extension UniformSample {
  /// ½ and 1/12 are the mean and the spread of a calibrated model.
  fileprivate var json: JSON {
    [
      "kolmogorovSmirnovP": .number(kolmogorovSmirnovPValue), "mean": .number(mean),
      "spread": .number(spread), "histogram": .array(histogram(bins: 20)),
    ]
  }
}

extension Reliability {
  fileprivate var json: JSON {
    [
      "expectedCalibrationError": .number(expectedCalibrationError),
      "debiasedCalibrationError": .number(debiasedCalibrationError),
      "logLoss": .number(logLoss), "brierScore": .number(brierScore),
      "accuracy": .number(accuracy),
      "bins": .array(
        bins.filter { $0.count > 0 }.map {
          [
            "lower": .number($0.lower), "upper": .number($0.upper), "count": .integer($0.count),
            "confidence": .optional($0.confidence), "frequency": .optional($0.frequency),
          ]
        }),
    ]
  }
}
