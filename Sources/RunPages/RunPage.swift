import CoupletCore
import DiagnosticFigures
import Figures
import Files
import Foundation
import Runs
import Training

/// The page of a run: `report.html`, one file that says in words how good the model is and how far to trust it, shows
/// it, and says how to repeat it.
///
/// ```swift
/// try RunPage(RunDirectory(opening: "runs/own")).write(to: "runs/own/report.html")
/// ```
public struct RunPage {
  let configuration: RunConfiguration
  let metrics: [EpochMetrics]
  let summary: RunSummary?
  /// What came of the run; nil of a fine-tuned one, and before the end of the training.
  let result: RunResult?
  let data: DataRecord?
  /// What was found of draws of chains.
  let calibrations: DrawCalibrations?
  let directory: RunDirectory
  /// When the model was trained.
  let date: Date?
  /// What the pairs of the summary are.
  let pairs: String
  /// What is said before the page's own sentences.
  public var verdict: [Report.Sentence] = []

  /// Of a run that has been trained, from its files.
  /// - Parameters:
  ///   - summary: what is shown of the model; what `summary.json` says when nil.
  ///   - pairs: what the pairs of the summary are; those kept for tests when nil.
  ///   - configuration: the settings of the run; what `config.json` says when nil.
  /// - Throws: `Failure` when a file of the run is damaged.
  public init(
    _ directory: RunDirectory, summary: RunSummary? = nil, pairs: String? = nil,
    configuration: RunConfiguration? = nil
  ) throws {
    self.directory = directory
    self.configuration = try configuration ?? directory.readSettings()
    metrics = try directory.metrics()
    data = try directory.readData()
    result = try directory.readResult()
    calibrations = try directory.readCalibrations()
    self.summary = summary ?? RunSummary.read(directory)
    self.pairs =
      pairs ?? "\(self.summary?.pairs.grouped ?? "0") pairs that training did not see"
    date =
      (try? FileManager.default.attributesOfItem(atPath: directory.modelFile))?[.modificationDate]
      as? Date
  }

  /// Writes the page, whole or not at all.
  /// - Throws: `Failure` when it cannot be written.
  public func write(to path: String, links: Links = .replaced) throws {
    try report.write(to: path, links: links)
  }

  /// Looks at a trained coupling on the pairs that were kept for tests, if any, and writes `summary.json` and
  /// `report.html` of its run.
  /// - Parameters:
  ///   - evaluation: its quality on them as `RunResult` has it; measured when nil.
  ///   - configuration: the settings of the run, which need not be written yet.
  /// - Throws: `Failure` when samples cannot be read, or a file cannot be written.
  public static func write(
    _ directory: RunDirectory, _ coupling: Coupling, test: PairedData?,
    evaluation: EvaluationReport? = nil, training: PairedData, of configuration: RunConfiguration,
    verdict: [Report.Sentence] = []
  ) throws {
    let summary = try test.map {
      try RunSummary(
        of: coupling, on: $0, training: training, loss: configuration.loss.value,
        evaluation: evaluation)
    }
    try summary?.write(to: directory)
    var page = try RunPage(directory, summary: summary, configuration: configuration)
    page.verdict = verdict
    try page.write(to: directory.reportFile)
  }

  /// The page as a document.
  public var report: Report {
    Report(
      title: title,
      [.lede(lede), .verdict(verdict + sentences)] + numbers + retrieval + trust + draws
        + embeddings
        + examples + labels + trials + repetition)
  }

  // MARK: In words

  /// The modalities whose conditionals the loss trains: one for a one-sided loss.
  var trained: [String] {
    switch configuration.loss.name {
    case let name where name.hasSuffix("u-given-v"): ["u"]
    case let name where name.hasSuffix("v-given-u"): ["v"]
    default: configuration.sides.map(\.modality.name)
    }
  }

  private var title: String {
    // Of paths, what tells them apart.
    let name = configuration.dataName.split(separator: " ")
      .map { $0.split(separator: "/").last.map(String.init) ?? String($0) }.joined(separator: " ")
    guard let summary else { return "\(name): a Couplet run" }
    if let accuracy = summary.evaluation.accuracy, trained.contains("v") {
      return
        "\(name): right label for \(accuracy.inPercent) of \(summary.pairs.grouped) test samples"
    }
    let recalls = trained.compactMap { summary.evaluation.recall[$0]?["10"] }
    guard !recalls.isEmpty, summary.pairs > 10 else { return "\(name): a Couplet run" }
    let mean = recalls.reduce(0, +) / Double(recalls.count)
    return
      "\(name): partners among the ten best of \(summary.pairs.grouped) in \(mean.inPercent) of cases"
  }

  private var lede: String {
    var parts = data.map { ["\($0.pairs.grouped) pairs"] } ?? []
    parts += configuration.sides.map { "\($0.modality): \($0.space)" }
    let time = metrics.last.map { " in \($0.seconds.inWords)" } ?? ""
    parts.append("trained" + (date.map { " \($0.day)" } ?? "") + time)
    return parts.joined(separator: " · ")
  }

  private var sentences: [Report.Sentence] {
    guard let summary else {
      return [
        .init("No pairs were kept for tests, so that nothing is known of how good it is.", .warning)
      ]
    }
    return [recallSentence(summary)].compactMap { $0 } + baselineSentences
      + [courseSentence].compactMap { $0 } + calibrationSentences(summary)
      + drawSentences
      + (summary.diagnosis?.information.cautions ?? []).map { .init($0.asSentence, .warning) }
  }

  private func recallSentence(_ summary: RunSummary) -> Report.Sentence? {
    if let accuracy = summary.evaluation.accuracy, trained.contains("v") {
      return .init("The most probable label is right for \(accuracy.inPercent) of \(pairs).")
    }
    let found = trained.compactMap { name in
      (summary.evaluation.recall[name]?["10"]).map { "\($0.digits(3)) for \(name)" }
    }
    guard !found.isEmpty else { return nil }
    let others =
      baselines.compactMap { baseline in
        let recalls = trained.compactMap { baseline.test?.recall[$0]?["10"]?.digits(3) }
        return recalls.isEmpty ? nil : "\(baseline.name) has \(recalls.joined(separator: " and "))"
      } + [(summary.chance?["10"]).map { "chance has \($0.digits(3))" }].compactMap { $0 }
    return .init(
      "Recall at 10 is \(found.joined(separator: " and ")) on \(pairs)"
        + (others.isEmpty ? "" : "; " + others.joined(separator: ", ")) + ".")
  }

  private func calibrationSentences(_ summary: RunSummary) -> [Report.Sentence] {
    (summary.diagnosis?.calibration ?? []).filter { trained.contains($0.modality.name) }.map {
      check in
      let what = "Conditionals of \(check.modality) given \(check.given)"
      let p = check.levels.kolmogorovSmirnovPValue
      if check.randomizedMass > 0.5 {
        return .init(
          "\(what): the gallery is too small to tell whether they are calibrated.", .plain)
      }
      guard p < 0.01 else {
        return .init(
          "\(what) look calibrated (\(check.levels.count.grouped) queries, p = \(p.digits(3))).")
      }
      let isNarrow = check.levels.mean > 0.5
      return .init(
        "\(what) are too \(isNarrow ? "narrow" : "wide"): sets that should hold the partner in 90 % of cases do "
          + "in \((check.levels.fraction(atMost: 0.9)).inPercent).", .warning)
    }
  }

  // MARK: Numbers

  private var numbers: [Report.Section] {
    guard let summary else { return [] }
    var shown: [(value: String, name: String)] = []
    let names = trained.joined(separator: " · ")
    if let accuracy = summary.evaluation.accuracy, trained.contains("v") {
      shown.append((accuracy.digits(3), "accuracy"))
    }
    for k in ["1", "10"]
    where shown.isEmpty || k == "10" && shown.count == 1 && summary.evaluation.accuracy == nil {
      let recalls = trained.compactMap { summary.evaluation.recall[$0]?[k]?.digits(3) }
      if !recalls.isEmpty {
        shown.append((recalls.joined(separator: " · "), "recall at \(k), \(names)"))
      }
    }
    shown += ofAllPartners(summary)
    // A bound below 0 says nothing; the sentences say so.
    if let information = summary.diagnosis?.information, information.bound.value > 0 {
      let bound = information.bound
      shown.append(
        (
          "\(bound.value.digits(3)) nats",
          "information at least, 95 % [\(bound.lower.digits(3)), \(bound.upper.digits(3))]"
        ))
    }
    let ranks = trained.compactMap { summary.evaluation.medianRank[$0]?.digits(3) }
    if !ranks.isEmpty, summary.evaluation.accuracy == nil {
      shown.append(
        (ranks.joined(separator: " · "), "median rank, \(names), of \(summary.pairs.grouped)"))
    }
    return [.numbers(shown)]
  }

  /// Where a query has several right answers, how high up all of them are.
  private func ofAllPartners(_ summary: RunSummary) -> [(value: String, name: String)] {
    // Of labels, one is right.
    let sides = trained.filter { $0 != "v" || summary.evaluation.accuracy == nil }
    guard summary.chance == nil, !sides.isEmpty else { return [] }
    return [
      ("nDCG at 10", summary.evaluation.ndcg10),
      ("mean average precision", summary.evaluation.meanAveragePrecision),
    ].compactMap { name, values in
      let found = sides.compactMap { values?[$0]?.digits(3) }
      return found.isEmpty
        ? nil : (found.joined(separator: " · "), "\(name), \(sides.joined(separator: " · "))")
    }
  }

  // MARK: Sections

  private var retrieval: [Report.Section] {
    let figures = [recallFigure, courseFigure, temperatureFigure, spectrumFigure].compactMap { $0 }
    return figures.isEmpty ? [] : [.heading("Does it find partners?"), .figures(figures)]
  }

  private var trust: [Report.Section] {
    guard let diagnosis = summary?.diagnosis else { return [] }
    let kept = diagnosis.calibration.indices.filter {
      trained.contains(diagnosis.calibration[$0].modality.name)
    }
    let shown = Diagnosis(
      information: diagnosis.information, calibration: kept.map { diagnosis.calibration[$0] },
      statistics: kept.map { diagnosis.statistics[$0] }, reliability: diagnosis.reliability)
    return [.heading("How far to trust it")] + shown.sections
  }

  private var embeddings: [Report.Section] {
    embeddingFigure.map { [.heading("Embeddings"), .figures([$0])] } ?? []
  }

  private var examples: [Report.Section] {
    guard let examples = summary?.examples, !examples.isEmpty else { return [] }
    return [
      .heading("Look at examples"),
      .choice(
        "Test row",
        examples.map { example in
          (
            name: "\(example.row): \(example.wanted) given \(example.given)",
            sections: [
              .table(columns: ["given \(example.given)"], rows: [[example.query.cell]]),
              .table(
                columns: [
                  example.answers.contains { $0.row != nil } ? "row" : "", "candidate",
                  "probability", "",
                ],
                rows: example.answers.map { answer in
                  [
                    answer.row.map(Report.Cell.integer) ?? "", answer.shown.cell,
                    .number(answer.probability), answer.isPartner ? "its partner" : "",
                  ]
                }, caption: "The most probable \(example.wanted), best first."),
            ]
          )
        }),
    ]
  }

  private var labels: [Report.Section] {
    guard let confusion = summary?.confusion else { return [] }
    let columns = confusion.labels.indices
    return [
      .heading("Labels"),
      .table(
        columns: ["label", "samples", "found (recall)", "right (precision)"],
        rows: columns.map { label in
          [
            .text(confusion.labels[label]), .integer(confusion.count(label)),
            .number(confusion.recall(label) ?? .nan), .number(confusion.precision(label) ?? .nan),
          ]
        }),
      .table(
        columns: ["label"] + confusion.labels,
        rows: columns.map { label in
          [.text(confusion.labels[label])] + confusion.counts[label].map(Report.Cell.integer)
        }, caption: "Samples of the row's label that were taken for the column's."),
    ]
  }
}

extension RetrievalExample {
  var wanted: String { given == "u" ? "v" : "u" }
}

extension RetrievalExample.Shown {
  var cell: Report.Cell {
    switch self {
    case .image(let data): .image(data, description: "sample")
    case .text(let text): .text(text)
    case .numbers(let first, let count):
      .text(
        "(" + first.map { $0.digits(3) }.joined(separator: ", ")
          + (count > first.count ? ", …)" : ")"))
    }
  }
}
