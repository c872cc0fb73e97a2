import CArrow
import Files
import Samples

/// Columns of numbers, and of lists of numbers, that together are vectors.
///
/// Missing values are told from the others in one pass; where they are to be filled, a second pass does that.
struct NumericColumns {
  let table: ArrowTable
  /// What the user calls the samples.
  let name: String
  let names: [String]
  let chosen: [Int]
  let hasHeader: Bool

  /// - Parameter fill: what gaps are filled with; with the means of the columns when nil.
  func read(_ missing: SampleOptions.MissingValues, fill: SampleFill?) throws -> any SampleSource {
    if let fill, missing == .mean || missing == .mask { return try read(filledWith: fill) }
    let found = try pass(missing == .refuse ? .refuse : .find)
    let fills = missing == .mean || missing == .mask
    guard !found.missingRows.isEmpty || fills else { return found.samples }
    let samples: TableSamples
    switch missing {
    case .refuse: samples = found.samples
    case .drop:
      // Until they are left out, such rows are copies of the first without a gap: they change no range, no labels.
      guard let model = found.firstComplete else {
        throw Failure("every row has a missing value", at: name, remedy: "choose other columns")
      }
      samples = try pass(.copy(model)).samples
    case .mean, .mask:
      if let column = found.sums.firstIndex(where: { $0.count == 0 }) {
        throw Failure(
          "every value of the column '\(found.samples.columns[column].quoted)' is missing",
          at: name,
          remedy: "choose other columns")
      }
      let fill = SampleFill(
        means: found.sums.map(\.mean),
        marks: missing == .mask ? found.sums.indices.filter { found.sums[$0].missing > 0 } : [])
      let filled = found.missingRows.isEmpty ? found.samples : try pass(.fill(fill)).samples
      return TableSamples(base: filled.base, columns: filled.columns, missingRows: [], fill: fill)
    }
    return TableSamples(
      base: samples.base, columns: samples.columns,
      missingRows: missing == .drop ? found.missingRows : [])
  }

  private func read(filledWith fill: SampleFill) throws -> any SampleSource {
    let found = try pass(.find)
    guard found.sums.count == fill.means.count else {
      throw Failure(
        "there are \(found.sums.count) columns, but \(fill.means.count) where the run began",
        at: name,
        remedy: "choose the same columns")
    }
    let filled = try pass(.fill(fill)).samples
    return TableSamples(base: filled.base, columns: filled.columns, missingRows: [], fill: fill)
  }

  // MARK: Passes over the file

  private enum Gaps {
    case refuse, find
    case copy([Double])
    case fill(SampleFill)
  }

  private struct Sum {
    var (sum, count, missing) = (0.0, 0, 0)
    var mean: Double { sum / Double(count) }
  }

  private struct Found {
    var samples: TableSamples
    var missingRows: [Int] = []
    var sums: [Sum] = []
    var firstComplete: [Double]?
  }

  private func pass(_ gaps: Gaps) throws -> Found {
    var layout: Layout?
    var decoded: DecodedTable?
    var found: (rows: [Int], sums: [Sum], complete: [Double]?) = ([], [], nil)
    var start = 0
    var marks: [Int] = []
    if case .fill(let fill) = gaps { marks = fill.marks }
    try table.forEachBatch(of: chosen, hasHeader: hasHeader) {
      let current = try Layout(self)
      if let layout, layout.widths != current.widths { throw current.changed(from: layout) }
      layout = current
      if found.sums.isEmpty { found.sums = Array(repeating: Sum(), count: current.width) }
      let width = current.width + marks.count
      if decoded == nil {
        decoded = try DecodedTable(
          width: width, isFloat32: chosen.allSatisfy { table.columns[$0].isFloat32 },
          expectedRows: table.expectedRows, memoryLimit: table.memoryLimit, name: name)
      }
      var values = try current.values(stride: width)
      try settle(
        &values, width: width, first: start, gaps, marks, names: current.names, &found)
      try decoded?.append(values)
      start += table.rowCount
    }
    guard let layout, let decoded else {
      throw Failure("the table has no rows", at: name, remedy: "give a row for each sample")
    }
    let isScalar = layout.width + marks.count == 1 && layout.isFlat
    let samples = TableSamples(
      base: try decoded.finish(isScalar ? [] : [layout.width + marks.count]),
      columns: layout.names + marks.map { "\(layout.names[$0]) is missing" }, missingRows: [])
    return Found(
      samples: samples, missingRows: found.rows, sums: found.sums, firstComplete: found.complete)
  }

  /// Looks for missing and infinite values in a batch, and fills the gaps.
  private func settle(
    _ values: inout [Double], width: Int, first: Int, _ gaps: Gaps, _ marks: [Int],
    names: [String], _ found: inout (rows: [Int], sums: [Sum], complete: [Double]?)
  ) throws {
    let columns = names.count
    for row in 0..<table.rowCount {
      let start = row * width
      for column in 0..<columns where !values[start + column].isNaN {
        guard values[start + column].isFinite else {
          throw Failure(
            "the value is infinite", at: place(first + row, names[column]),
            remedy: "remove or replace infinite values")
        }
        found.sums[column].sum += values[start + column]
        found.sums[column].count += 1
      }
      let missing = (0..<columns).filter { values[start + $0].isNaN }
      guard let gap = missing.first else {
        if found.complete == nil { found.complete = Array(values[start..<(start + columns)]) }
        continue
      }
      found.rows.append(first + row)
      for column in missing { found.sums[column].missing += 1 }
      switch gaps {
      case .refuse: throw Missing.failure(place(first + row, names[gap]))
      case .find: break
      case .copy(let model): values.replaceSubrange(start..<(start + columns), with: model)
      case .fill(let fill):
        for column in missing { values[start + column] = fill.means[column] }
        for (place, column) in marks.enumerated() where missing.contains(column) {
          values[start + columns + place] = 1
        }
      }
    }
  }

  private func place(_ row: Int, _ column: String) -> Place {
    .file(name, field: "row \(row), column '\(column.quoted)'")
  }

  /// Where the numbers of each column stand in a row.
  private struct Layout {
    let source: NumericColumns
    let widths: [Int]
    let isFlat: Bool

    init(_ source: NumericColumns) throws {
      self.source = source
      widths = try source.chosen.map { try source.table.width($0) }
      // Lists may be views of one another, so that a small file has long ones.
      let numbers = Memory.bytes([
        source.table.rowCount, widths.reduce(0) { min($0, 1 << 50) + min($1, 1 << 50) },
      ])
      try Memory.require(
        Memory.bytes([numbers], of: 24), for: "a block of the table", at: .file(source.name),
        remedy: "store shorter lists, or fewer rows in a block")
      isFlat = source.chosen.allSatisfy { source.table.columns[$0].kind != CA_LIST }
    }

    var width: Int { widths.reduce(0, +) }

    /// A name for each number: `x`, or `x[0]`, `x[1]`, …
    var names: [String] {
      zip(source.chosen, widths).flatMap { column, width in
        let name = source.names[column]
        return source.table.columns[column].kind == CA_LIST
          ? (0..<width).map { "\(name)[\($0)]" } : [name]
      }
    }

    func values(stride: Int) throws -> [Double] {
      var values = [Double](repeating: 0, count: source.table.rowCount * stride)
      var offset = 0
      for (column, width) in zip(source.chosen, widths) {
        try source.table.numbers(column, into: &values, offset: offset, stride: stride)
        offset += width
      }
      return values
    }

    func changed(from other: Layout) -> Failure {
      let place = widths.indices.first { widths[$0] != other.widths[$0] } ?? 0
      return Failure(
        "the lists of the column '\(source.names[source.chosen[place]].quoted)' differ in length: "
          + "\(other.widths[place]) and \(widths[place])",
        at: source.name, remedy: "store lists of one length")
    }
  }
}

enum Missing {
  static func failure(_ place: Place) -> Failure {
    Failure(
      "a value is missing", at: place,
      remedy: "leave such rows out or fill the gaps: --missing drop, mean or mask")
  }
}
