import CoupletCore
import Figures
import Files
import Foundation
import Runs
import Training

/// How to repeat a run: its command, settings, data and epochs.
extension RunPage {
  var repetition: [Report.Section] {
    let threads = Runtime.threads
    let folder = directory.path
    return [
      .heading("How to repeat it"),
      .code(
        "couplet train --config \(folder)/config.json --out ANOTHER   "
          + "# Couplet \(configuration.version), \(threads) thread\(threads == 1 ? "" : "s")"),
      .details("Settings", [.values(settings)]),
    ] + files + epochs
  }

  private var settings: [(name: String, value: String)] {
    let data =
      configuration.dataName + (configuration.online == true ? ", simulated anew every epoch" : "")
    return [("data", data)] + configuration.sides.map { ("\($0.modality)", "\($0.space)") }
      + configuration.sides.map { ("encoder of \($0.modality)", $0.encoder.description) } + [
        ("dimension", "\(configuration.dimension)"),
        ("tilting", "\(configuration.tilting)"),
        ("potentials", potentials),
        ("temperature", temperature),
        ("loss", "\(configuration.loss)"),
        ("references", configuration.sides.map { "\($0.reference)" }.joined(separator: " and ")),
        ("start", (configuration.start ?? .random).rawValue),
        (
          "optimiser",
          "\(configuration.optimizer), learning rate \(configuration.learningRate), \(configuration.schedule)"
        ),
        ("epochs", "\(epochsInWords) of batches of \(configuration.batch.grouped)"),
        ("seed", "\(configuration.seed)"),
      ]
  }

  private var epochsInWords: String {
    let planned = configuration.epochs.grouped
    return stoppedEarly ? "\(metrics.last?.epoch.grouped ?? "0") of at most \(planned)," : planned
  }

  private var potentials: String {
    let named = configuration.sides.compactMap { side in
      side.potential.map { "\(side.modality): \($0)" }
    }
    return named.isEmpty ? "none" : named.joined(separator: ", ")
  }

  private var temperature: String {
    let start = "\(configuration.temperature)"
    guard configuration.learnTemperature else { return "\(start), fixed" }
    let bounds = configuration.temperatureBounds.map { "\($0)" }.joined(separator: " and ")
    return "learned from \(start), between \(bounds)"
  }

  private var files: [Report.Section] {
    guard let data, !data.files.isEmpty else { return [] }
    return [
      .details(
        "Data and split",
        [
          .table(
            columns: ["file", "bytes", "CRC-32"],
            rows: data.files.map { file in
              [
                .text(file.path), .integer(file.checksum.bytes),
                .text(String(format: "%08x", file.checksum.crc32)),
              ]
            }),
          .paragraph(
            "\(data.pairs.grouped) pairs; the rows of each part are in the folder split of the run."
          ),
        ])
    ]
  }

  private var epochs: [Report.Section] {
    guard !metrics.isEmpty else { return [] }
    return [
      .details(
        "Every epoch",
        [
          .table(
            columns: ["epoch", "step", "training loss", "held-out loss", "temperature", "seconds"],
            rows: metrics.map {
              [
                .integer($0.epoch), .integer($0.step), .number($0.loss),
                .number($0.heldOut?.loss ?? .nan), .number($0.temperature), .number($0.seconds),
              ]
            })
        ])
    ]
  }
}

// MARK: Words for numbers

extension Double {
  /// A fraction as whole or tenths of per cent: `73 %`, `98.9 %`.
  var inPercent: String {
    String(format: self > 0.95 && self < 1 ? "%.1f %%" : "%.0f %%", 100 * self)
  }
  /// Seconds: `14 s`, `3 min`, `2.5 h`.
  var inWords: String {
    self < 120
      ? String(format: self < 10 ? "%.1f s" : "%.0f s", self)
      : self < 7200 ? String(format: "%.0f min", self / 60) : String(format: "%.1f h", self / 3600)
  }
}

extension Date {
  /// `26 November 2026`.
  var day: String {
    let format = DateFormatter()
    format.locale = Locale(identifier: "en_GB")
    format.dateFormat = "d MMMM yyyy"
    return format.string(from: self)
  }
}
