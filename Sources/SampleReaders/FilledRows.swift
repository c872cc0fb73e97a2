import Files
import Samples
import Torch

/// The rows of an array in which NaN stands for a value that is missing: marked to be dropped, or filled in as they are
/// read, so that arrays larger than memory stay where they are.
///
/// One pass finds the gaps, and the means of the values that are there.
struct FilledRows: SampleSource {
  private let base: StoredRows
  /// What stands in each place of a row where a value is missing.
  private let values: Tensor
  /// The places of a row that have a mark, 1 where the value was missing; nil for none.
  private let marks: Tensor?
  let missingRows: [Int]
  let fill: SampleFill?
  let space: SampleSpace

  var count: Int { base.count }
  var name: String { base.name }

  /// - Parameter base: of real numbers, which lets NaN through.
  /// - Throws: `Failure` naming the place of an infinite value, or a column without a value.
  init(_ base: StoredRows, _ options: SampleOptions) throws {
    self.base = base
    let shape = base.space.shape ?? []
    let found = try Gaps(base, size: shape.reduce(1, *))
    guard options.missing == .mean || options.missing == .mask else {
      guard let row = found.firstComplete else {
        throw Failure(
          "every row has a missing value", at: base.name,
          remedy: "fill the gaps: --missing mean or mask")
      }
      // Until they are left out, such rows take no value that the others have not: they change no range, no labels.
      values = try base.rows([row]).squeezed(0)
      (marks, missingRows, fill, space) = (nil, found.rows, nil, base.space)
      return
    }
    let fill = try options.fill ?? found.fill(base.name, marked: options.missing == .mask)
    guard fill.means.count == found.counts.count else {
      throw Failure(
        "a sample has \(found.counts.count) numbers, but \(fill.means.count) where the run began",
        at: base.name, remedy: "give samples of the same shape")
    }
    values = Tensor(fill.means).reshaped(shape)
    marks = fill.marks.isEmpty ? nil : Tensor(fill.marks)
    let isVector = shape.count <= 1
    space = .real(
      shape: fill.marks.isEmpty
        ? shape : isVector ? [fill.means.count + fill.marks.count] : [2] + shape)
    (missingRows, self.fill) = ([], fill)
  }

  func rows(_ rows: [Int]) throws -> Tensor { filled(try base.rows(rows)) }
  func rows(_ range: Range<Int>) throws -> Tensor { filled(try base.rows(range)) }

  private func filled(_ batch: Tensor) -> Tensor {
    let gaps = batch.isNaN()
    let whole = select(gaps, values.to(batch.dtype), batch)
    guard let marks else { return whole }
    let missing = gaps.to(batch.dtype)
    guard batch.shape.count <= 2 else {
      return cat([whole.unsqueezed(1), missing.unsqueezed(1)], dim: 1)
    }
    // Beside the numbers of a vector stand the marks of those columns that have gaps.
    let vectors = [batch.shape[0], batch.shape.dropFirst().reduce(1, *)]
    return cat(
      [whole.reshaped(vectors), missing.reshaped(vectors).indexSelect(dim: 1, marks)], dim: 1)
  }
}

/// Where values are missing from an array.
private struct Gaps {
  var rows: [Int] = []
  var firstComplete: Int?
  /// Of each column, over the values that are there.
  var sums: [Double], counts: [Double]
  private let total: Int

  init(_ base: StoredRows, size: Int) throws {
    var sums = Tensor.zeros([size], dtype: .float64)
    var counts = sums
    total = base.count
    (self.sums, self.counts) = ([], [])
    try base.forEachBlock(of: max(1, (1 << 20) / size)) { range, block in
      let block = block.reshaped([range.count, size]).to(.float64)
      let gaps = block.isNaN()
      sums = sums + block.masked(gaps, with: 0).sum(dim: 0)
      counts = counts + gaps.not().to(.float64).sum(dim: 0)
      for (row, missing) in zip(range, gaps.to(.float64).sum(dim: 1).array(Double.self)) {
        if missing > 0 { rows.append(row) } else if firstComplete == nil { firstComplete = row }
      }
    }
    (self.sums, self.counts) = (sums.array(Double.self), counts.array(Double.self))
  }

  /// The means, and marks for the columns with gaps.
  func fill(_ name: String, marked: Bool) throws -> SampleFill {
    if let column = counts.firstIndex(of: 0) {
      throw Failure(
        "every value of column \(column) is missing", at: name, remedy: "leave the column out")
    }
    return SampleFill(
      means: zip(sums, counts).map { $0 / $1 },
      marks: marked ? counts.indices.filter { Int(counts[$0]) < total } : [])
  }
}

extension StoredRows {
  /// The samples, with what options say done about NaN.
  /// - Throws: `Failure` as `FilledRows`.
  func settled(_ options: SampleOptions) throws -> any SampleSource {
    allowsNaN ? try FilledRows(self, options) : self
  }
}
