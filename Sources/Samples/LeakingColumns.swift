import Torch

/// Columns that give a pair away: one of labels among real ones, or one that two modalities have in common.
enum LeakingColumns {
  /// Says by name what looks like a leak.
  static func warn(
    _ sides: [(modality: Modality, samples: any SampleSource)], _ report: (String) -> Void
  ) throws {
    var seen: [Int: (modality: Modality, name: String)] = [:]
    for (modality, samples) in sides {
      let columns = try summaries(of: samples)
      let labels = columns.filter(\.isLabels)
      if labels.count < columns.count, columns.contains(where: { !$0.isWhole }), !labels.isEmpty {
        let names = labels.prefix(5).map { "'\($0.name)'" }.joined(separator: ", ")
        report(
          "\(samples.name): \(names)\(labels.count > 5 ? ", …" : "") of \(modality) may be labels among real "
            + "numbers — leave out what gives the partner away")
      }
      for column in columns {
        if let other = seen[column.hash], other.modality != modality {
          report(
            "\(samples.name): the column '\(column.name)' of \(modality) equals '\(other.name)' of "
              + "\(other.modality) — leave it out of one: it gives the partner away")
        }
      }
      for column in columns where !column.isConstant { seen[column.hash] = (modality, column.name) }
    }
  }

  private struct Summary {
    let name: String
    var hash = 0
    var isWhole = true
    var counts: [Double: Int]? = [:]

    var isConstant: Bool { counts?.count == 1 }
    /// By the rule for a column of labels; a constant is none.
    var isLabels: Bool {
      guard isWhole, let counts else { return false }
      return counts.count > 1 && counts.values.allSatisfy { $0 >= 2 }
    }

    mutating func add(_ value: Double, most: Int) {
      hash = Hasher.combined(hash, value)
      isWhole = isWhole && value == value.rounded()
      counts?[value, default: 0] += 1
      if let count = counts?.count, count > most { counts = nil }
    }
  }

  /// Of each column that has a name, and of labels that are numbers.
  private static func summaries(of samples: any SampleSource) throws -> [Summary] {
    let most = RawSamples.mostLabels(of: samples.count)
    if let labels = samples as? LabelSamples {
      let values = labels.labels.names.compactMap(Double.init)
      guard values.count == labels.labels.count else { return [] }
      var summary = Summary(name: labels.name)
      for place in labels.places { summary.add(values[place], most: most) }
      return [summary]
    }
    var summaries = samples.columns.map { Summary(name: $0) }
    guard !summaries.isEmpty else { return [] }
    try samples.forEachBlock(of: max(1, (1 << 22) / summaries.count)) { _, block in
      for (place, value) in block.to(.float64).array(Double.self).enumerated() {
        summaries[place % summaries.count].add(value, most: most)
      }
    }
    return summaries
  }
}

extension Hasher {
  fileprivate static func combined(_ hash: Int, _ value: Double) -> Int {
    var hasher = Hasher()
    hasher.combine(hash)
    hasher.combine(value)
    return hasher.finalize()
  }
}
