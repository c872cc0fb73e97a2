extension PairedData {
  /// Pairs of what was read from files: those with a missing value that is to be dropped are left out, and columns
  /// that give the partner away are warned of.
  /// - Throws: `Failure` when the numbers of rows differ, or no pair is left.
  static func reading(
    _ sides: [(modality: Modality, samples: any SampleSource)], report: (String) -> Void
  ) throws -> PairedData {
    let pairs = try PairedData(sides).complete(report: report)
    try LeakingColumns.warn(Array(zip(pairs.modalities, pairs.samples)), report)
    return pairs
  }
}
