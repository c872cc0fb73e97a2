import CoupletCore
import DiagnosticFigures
import Figures
import Files

/// Whether the draws of chains were right on test pairs, where that was checked.
extension RunPage {
  /// One sentence a check.
  var drawSentences: [Report.Sentence] {
    checks.map { check in
      let what =
        "Draws of \(check.modality) given \(check.given) by \(check.method.rawValue) (\(check.pairs.grouped) pairs)"
      return check.isCalibrated
        ? .init("\(what) look calibrated (p = \(check.pValue.digits(2))).")
        : .init("\(what) are \(check.fault.rawValue) (p = \(check.pValue.digits(2))).", .warning)
    }
  }

  /// Their coverage and ranks.
  var draws: [Report.Section] {
    guard !checks.isEmpty else { return [] }
    let names = checks.map { "\($0.modality) | \($0.given), \($0.method.rawValue)" }
    return [
      .heading("Draws of chains"),
      .figure(
        .coverage(checks.map(\.levels), names: names.map { Text($0) }),
        caption:
          "How often the smallest highest-density set of draws of a given mass holds the true "
          + "partner. Above the diagonal draws are too wide, below it too narrow."),
    ]
      + zip(checks, names).map { check, name in
        .figure(
          .rankHistograms(
            check.ranks + [check.distances],
            names: (check.statistics + ["distance to a random point"]).map { Text($0) }),
          caption:
            "Ranks of the true \(check.modality) among \(check.draws) draws each (\(name)), \(check.pairs.grouped) "
            + "pairs. A hump says too wide, a trough too narrow, a slope shifted.")
      }
  }

  private var checks: [ChainCalibration] { calibrations?.checks ?? [] }
}
