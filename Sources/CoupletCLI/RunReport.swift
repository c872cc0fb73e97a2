import CoupletCore
import DiagnosticFigures
import Figures
import Runs
import Training

/// `report.html` of a run: settings, results, and the course of the training.
enum RunReport {
  /// - Parameter diagnosis: of the trained coupling, and on what pairs.
  static func write(
    _ configuration: RunConfiguration, _ metrics: [EpochMetrics],
    diagnosis: (Diagnosis, pairs: String)? = nil, to path: String
  ) throws {
    var sections: [Report.Section] = [.values(settings(configuration))]
    if let last = metrics.last {
      sections += [.heading("Result"), .values(result(last))]
    }
    if metrics.count > 1 {
      sections += [
        .heading("Training"),
        .figure(course(metrics), caption: "The loss against epochs, relative to the reference."),
      ]
      if configuration.learnTemperature {
        sections.append(
          .figure(
            temperature(metrics, bounds: configuration.temperatureBounds),
            caption: "The learned temperature against epochs."))
      }
    }
    if let (diagnosis, pairs) = diagnosis {
      sections += [.heading("Diagnostics"), .paragraph("On \(pairs).")] + diagnosis.sections
    }
    try Report(title: "Couplet: \(configuration.tilting), \(configuration.loss)", sections)
      .write(to: path)
  }

  private static func settings(_ configuration: RunConfiguration)
    -> [(name: String, value: String)]
  {
    [
      (
        "data",
        configuration.dataName
          + (configuration.online == true ? ", simulated anew every epoch" : "")
      )
    ] + configuration.sides.map { ("\($0.modality)", "\($0.space)") }
      + configuration.sides.map { ("encoder of \($0.modality)", $0.encoder.description) } + [
        ("dimension", "\(configuration.dimension)"),
        ("tilting", "\(configuration.tilting)"),
        ("potentials", potentials(configuration)),
        ("temperature", temperature(configuration)),
        ("loss", loss(configuration)),
        ("start", (configuration.start ?? .random).rawValue),
        (
          "optimiser",
          "\(configuration.optimizer), learning rate \(configuration.learningRate), \(configuration.schedule)"
        ),
        ("epochs", "\(configuration.epochs) of batches of \(configuration.batch)"),
        ("seed", "\(configuration.seed)"),
      ]
  }

  private static func potentials(_ configuration: RunConfiguration) -> String {
    let named = configuration.sides.compactMap { side in
      side.potential.map { "\(side.modality): \($0)" }
    }
    return named.isEmpty ? "none" : named.joined(separator: ", ")
  }

  private static func temperature(_ configuration: RunConfiguration) -> String {
    let start = "\(configuration.temperature)"
    guard configuration.learnTemperature else { return "\(start), fixed" }
    let bounds = configuration.temperatureBounds.map { "\($0)" }.joined(separator: " and ")
    return "learned from \(start), between \(bounds)"
  }

  private static func loss(_ configuration: RunConfiguration) -> String {
    "\(configuration.loss); references "
      + configuration.sides.map { "\($0.reference)" }.joined(separator: " and ")
  }

  private static func result(_ last: EpochMetrics) -> [(name: String, value: String)] {
    var values = [
      ("training loss", last.loss.short + last.clipLoss.clip),
      ("temperature", last.temperature.short),
      ("seconds", last.seconds.short),
    ]
    if let heldOut = last.heldOut {
      values.append(
        ("held-out loss", (heldOut.loss?.short ?? "none for one pair") + heldOut.clipLoss.clip))
      heldOut.accuracy.map { values.append(("accuracy", $0.short)) }
      for (modality, recall) in heldOut.recall.sorted(by: { $0.key < $1.key }) {
        let shown = recall.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }
          .map { "@\($0.key) \($0.value.short)" }
        values.append(("recall of \(modality)", shown.joined(separator: ", ")))
      }
    }
    return values.map { (name: $0.0, value: $0.1) }
  }

  private static func temperature(_ metrics: [EpochMetrics], bounds: [Double]) -> Figure {
    let values = metrics.map(\.temperature)
    let reached = bounds.filter { bound in values.contains { abs($0 / bound - 1) < 0.02 } }
    return Figure(
      Panel(
        x: Axis("epoch"), y: Axis("temperature"),
        [.line(x: metrics.map { Double($0.epoch) }, y: values)]
          + reached.map { .horizontal(at: $0, label: "bound", color: .gray) }))
  }

  private static func course(_ metrics: [EpochMetrics]) -> Figure {
    let tested = metrics.filter { $0.heldOut != nil }
    var marks: [Mark] = [
      .line(x: metrics.map { Double($0.epoch) }, y: metrics.map(\.loss), label: "training")
    ]
    if !tested.isEmpty {
      marks.append(
        .line(
          x: tested.map { Double($0.epoch) }, y: tested.map { $0.heldOut?.loss ?? .nan },
          label: "held-out"))
    }
    return Figure(Panel(x: Axis("epoch"), y: Axis("loss [nats]"), marks))
  }
}
