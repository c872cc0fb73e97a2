extension PairedData {
  /// Pairs of what was read from files: those that share a partner form groups, those with a missing value that is to
  /// be dropped are left out, and columns that give the partner away are warned of.
  /// - Parameters:
  ///   - files: of the sides.
  ///   - options: say where the groups come from; they are found from samples that repeat when they say nothing.
  /// - Throws: `Failure` when the numbers of rows differ, or no pair is left.
  static func reading(
    _ sides: [(modality: Modality, samples: any SampleSource)], files: [String],
    _ options: DataOptions, report: (String) -> Void
  ) throws -> PairedData {
    var pairs = try PairedData(sides)
    if let choice = options.groups {
      let groups = try choice.groups(of: pairs, tables: files, header: options.header)
      pairs = try pairs.grouped(by: groups)
    }
    pairs = try pairs.complete(report: report)
    try LeakingColumns.warn(Array(zip(pairs.modalities, pairs.samples)), report)
    return options.groups == nil ? try pairs.groupedByRepeats(report) : pairs
  }

  /// These pairs in the groups that samples which repeat make of them.
  private func groupedByRepeats(_ report: (String) -> Void) throws -> PairedData {
    let (found, warnings) = try Repeats.groups(of: self)
    warnings.forEach { report("warning: \($0)") }
    guard let found else { return self }
    report(
      "\(count) pairs form \(found.count) groups that share a sample, the largest of \(found.largest): groups are kept "
        + "together (--groups none takes every pair for independent)")
    return try grouped(by: found)
  }
}
