import Files

extension PairedData {
  /// Pairs of what was read from files: those with a missing value that is to be dropped are left out, and columns
  /// that give the partner away are warned of.
  /// - Throws: `Failure` when the numbers of rows differ, or no pair is left.
  init(
    reading sides: [(modality: Modality, samples: any SampleSource)], _ report: (String) -> Void
  ) throws {
    // Numbers of rows are compared before any is left out.
    let all = try PairedData(sides)
    let missing = Set(sides.flatMap(\.samples.missingRows))
    let rows = (0..<all.count).filter { !missing.contains($0) }
    if !missing.isEmpty {
      report("\(missing.count) of \(all.count) pairs have a missing value and are left out")
    }
    let kept = missing.isEmpty ? sides : sides.map { ($0.modality, $0.samples.keeping(rows)) }
    try self.init(kept)
    try LeakingColumns.warn(kept, report)
  }
}

extension SampleSource {
  /// Some rows, as samples of the same type where it is in memory.
  fileprivate func keeping(_ rows: [Int]) -> any SampleSource {
    switch self {
    case let labels as LabelSamples:
      LabelSamples(labels.labels, places: rows.map { labels.places[$0] }, name: labels.name)
    case let texts as TextSamples: TextSamples(rows.map { texts.texts[$0] }, name: texts.name)
    default: view(rows)
    }
  }
}
