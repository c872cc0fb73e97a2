import Couplet
import Datasets
import Figures

/// `report.html` of a run: settings, results, and the course of the training.
enum RunReport {
  static func write(
    _ configuration: RunConfiguration, _ metrics: [EpochMetrics], data: Dataset, to path: String
  ) throws {
    var sections: [Report.Section] = [.values(settings(configuration, data))]
    if let last = metrics.last {
      sections += [.heading("Result"), .values(result(last))]
    }
    if metrics.count > 1 {
      sections += [
        .heading("Training"),
        .figure(course(metrics), caption: "The loss against epochs, relative to the reference."),
      ]
    }
    try Report(title: "Couplet: \(configuration.tilting), \(configuration.loss)", sections)
      .write(to: path)
  }

  private static func settings(_ configuration: RunConfiguration, _ data: Dataset)
    -> [(name: String, value: String)]
  {
    [
      ("data", data.summary),
      ("encoder of u", configuration.encoderU.description),
      ("encoder of v", configuration.encoderV.description),
      ("dimension", "\(configuration.dimension)"),
      ("tilting", configuration.tilting), ("loss", configuration.loss),
      (
        "optimiser",
        "\(configuration.optimizer), learning rate \(configuration.learningRate), \(configuration.schedule.rawValue)"
      ),
      ("epochs", "\(configuration.epochs) of batches of \(configuration.batch)"),
      ("seed", "\(configuration.seed)"),
    ]
  }

  private static func result(_ last: EpochMetrics) -> [(name: String, value: String)] {
    var values = [
      ("training loss", last.loss.short), ("temperature", last.temperature.short),
      ("seconds", last.seconds.short),
    ]
    if let heldOut = last.heldOut {
      values.append(("held-out loss", heldOut.loss.short))
      heldOut.accuracy.map { values.append(("accuracy", $0.short)) }
      for (modality, recall) in heldOut.recall.sorted(by: { $0.key < $1.key }) {
        let shown = recall.sorted { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }
          .map { "@\($0.key) \($0.value.short)" }
        values.append(("recall of \(modality)", shown.joined(separator: ", ")))
      }
    }
    return values.map { (name: $0.0, value: $0.1) }
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
