import CoupletCore
import Figures
import Files

extension Diagnosis {
  /// A report's sections on this diagnosis: each figure with what to look for in it.
  public var sections: [Report.Section] {
    informationSections + coverageSections + rankSections + reliabilitySections
  }

  private var informationSections: [Report.Section] {
    [
      .heading("Mutual information"),
      .figure(
        .mutualInformation(information),
        caption:
          "The mutual information by \(information.pairs.grouped) held-out pairs, with jackknife intervals: "
          + "InfoNCE and NWJ bound it from below, Donsker–Varadhan estimates it. No InfoNCE value can "
          + "exceed log N."),
    ] + information.cautions.map { Report.Section.note($0.asSentence) }
      + (information.trainingGap.map {
        [
          .values([
            ("InfoNCE on training pairs less held-out, nats", $0.infoNCE.digits(4)),
            (
              "Donsker–Varadhan on training pairs less held-out, nats", $0.donskerVaradhan.digits(4)
            ),
          ])
        ]
      } ?? [])
  }

  private var coverageSections: [Report.Section] {
    [
      .heading("Calibration of the conditionals"),
      .figure(
        .coverage(
          calibration.map(\.levels),
          names: calibration.map { Text("\($0.modality) | \($0.given)") }),
        caption: "How often the smallest set of a given mass holds the true partner. Above the "
          + "diagonal the conditional is too wide, below it too narrow."),
    ]
      + calibration.filter { $0.randomizedMass > 0.5 }.map {
        .note(
          "\(($0.randomizedMass).percent) % of the mass of \($0.modality) given "
            + "\($0.given) ties with the partner: the gallery is too small for this "
            + "conditional, and any model looks calibrated.")
      }
  }

  private var rankSections: [Report.Section] {
    zip(calibration, statistics).filter { !$0.0.ranks.isEmpty }.map { check, names in
      .figure(
        .rankHistograms(check.ranks, names: names.map { Text($0) }),
        caption: "Ranks of the true \(check.modality) under its conditional given "
          + "\(check.given), \(check.levels.count) queries. A hump says too wide, a "
          + "trough too narrow, a slope biased.")
    }
  }

  private var reliabilitySections: [Report.Section] {
    guard let reliability else { return [] }
    return [
      .heading("Reliability of the classifier"),
      .figure(
        .reliability(reliability),
        caption: "How often the predicted label was right against the probability it was given."),
      .values([
        ("accuracy", reliability.accuracy.digits(4)),
        ("expected calibration error", reliability.expectedCalibrationError.digits(4)),
        ("calibration error without chance", reliability.debiasedCalibrationError.digits(4)),
        ("log loss, nats", reliability.logLoss.digits(4)),
        ("Brier score", reliability.brierScore.digits(4)),
      ]),
    ]
  }
}

extension String {
  /// With a capital at the beginning and a full stop at the end.
  package var asSentence: String {
    prefix(1).uppercased() + dropFirst() + (hasSuffix(".") ? "" : ".")
  }
}
