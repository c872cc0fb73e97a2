import Files
import Samples

/// A matrix that is stored by its entries other than 0, row after row (CSR) or column after column (CSC); its rows
/// are samples.
///
/// Line i has the entries `indptr[i]` ..< `indptr[i + 1]` of `indices`, their places in it, and `data`.
struct SparseMatrix {
  private let file: NetCDFFile
  private let name: String
  private let rows: Int
  private let columns: Int
  private let data: NetCDFFile.Variable
  private let indices: NetCDFFile.Variable
  /// Where the entries of each line start; of rows in CSR, of columns in CSC.
  private let starts: [Int]
  private let byRows: Bool

  /// - Throws: `Failure` when the parts do not fit together.
  init(_ group: String, byRows: Bool, of file: NetCDFFile) throws {
    (self.file, self.byRows) = (file, byRows)
    name = "\(file.path):\(group)"
    data = try file.required("\(group)/data")
    indices = try file.required("\(group)/indices")
    let pointers = try file.required("\(group)/indptr")
    guard case .numbers(let shape, _)? = try file.attribute("shape", ofGroup: group),
      shape.count == 2, let rows = Int(exactly: shape[0]), let columns = Int(exactly: shape[1]),
      rows > 0, columns > 0
    else { throw SparseMatrix.damaged("the shape is not two whole numbers above 0", name) }
    _ = try Extent.bytes([rows, columns], of: 8, at: name)
    (self.rows, self.columns) = (rows, columns)
    guard [indices, pointers].allSatisfy({ $0.isNumeric && $0.type?.isFloatingPoint == false }),
      data.isNumeric, [data, indices, pointers].allSatisfy({ $0.shape.count == 1 })
    else { throw SparseMatrix.damaged("indptr, indices and data are not vectors of numbers", name) }
    let (lines, entries) = (byRows ? rows : columns, data.shape[0])
    guard pointers.shape[0] == lines + 1, indices.shape[0] == entries else {
      throw SparseMatrix.damaged(
        "indptr has \(pointers.shape[0]), indices \(indices.shape[0]) and data \(entries) numbers, "
          + "which do not fit \(rows) × \(columns)", name)
    }
    starts = try file.integers(pointers, start: [0], count: pointers.shape)
    guard starts.first == 0, starts.last == entries, zip(starts, starts.dropFirst()).allSatisfy(<=)
    else { throw SparseMatrix.damaged("indptr does not rise from 0 to \(entries)", name) }
  }

  private static func damaged(_ what: String, _ name: String) -> Failure {
    Failure(what, at: name, remedy: "write the matrix with AnnData again")
  }

  /// Writes dense rows.
  func write(to sink: any RowSink, _ options: SampleOptions) throws -> Decoded {
    let matrix = byRows ? nil : try entriesByRow()
    var writer = try RowWriter(
      sink, data.type?.elementType ?? .float64, shape: [columns], count: rows, options, name: name
    ) { try forEachBlock(matrix, options, $0) }
    try forEachBlock(matrix, options) { try writer.append($0) }
    return Decoded(samples: .numbers, missingRows: writer.missingRows, fill: writer.fill)
  }

  /// The entries of some rows.
  private typealias Entries = (starts: [Int], places: [Int], values: [Double])

  private func forEachBlock(
    _ matrix: Entries?, _ options: SampleOptions, _ body: ([Double]) throws -> Void
  ) throws {
    try Extent.requireInMemory(columns * 8, "a row", at: name)
    let step = max(1, min(rows, (16 << 20) / (columns * 8)))
    for start in stride(from: 0, to: rows, by: step) {
      let range = start..<min(start + step, rows)
      let starts = matrix?.starts ?? self.starts
      let span = starts[range.lowerBound]..<starts[range.upperBound]
      let block = try matrix ?? entries(span)
      // What is read of the file begins with the first entry of the block.
      let shift = matrix == nil ? span.lowerBound : 0
      var dense = [Double](repeating: 0, count: range.count * columns)
      for row in range {
        for entry in starts[row]..<starts[row + 1] {
          let (column, value) = (block.places[entry - shift], block.values[entry - shift])
          try require(value, row, column, options)
          dense[(row - start) * columns + column] += value
        }
      }
      try body(dense)
    }
  }

  private func require(_ value: Double, _ row: Int, _ column: Int, _ options: SampleOptions) throws
  {
    if value.isNaN, options.missing == .refuse {
      throw Failure(
        "the value at [\(row), \(column)] is not a number", at: name,
        remedy: "leave such samples out or fill them: --missing drop, mean or mask")
    }
    guard data.type?.isFloatingPoint == true || abs(value) <= 0x1p53 else {
      throw Failure(
        "the value at [\(row), \(column)] is beyond 2^53", at: name, remedy: "store it as float64")
    }
  }

  /// A run of entries as they are stored.
  private func entries(_ span: Range<Int>) throws -> Entries {
    let places = try file.integers(indices, start: [span.lowerBound], count: [span.count])
    let limit = byRows ? columns : rows
    guard let bad = places.first(where: { !(0..<limit).contains($0) }) else {
      return ([], places, try file.values(data, start: [span.lowerBound], count: [span.count]))
    }
    throw SparseMatrix.damaged("the index \(bad) is out of 0 to \(limit - 1)", name)
  }

  /// All entries of a matrix by columns, sorted by row (a counting sort).
  private func entriesByRow() throws -> Entries {
    try Extent.requireInMemory(
      Extent.bytes([data.shape[0] + rows], of: 32, at: name), "the matrix", at: name)
    let (_, places, values) = try entries(0..<data.shape[0])
    var starts = [Int](repeating: 0, count: rows + 1)
    for row in places { starts[row + 1] += 1 }
    for row in 0..<rows { starts[row + 1] += starts[row] }
    var next = starts
    var (columnOf, sorted) = (
      [Int](repeating: 0, count: places.count), [Double](repeating: 0, count: places.count)
    )
    for column in 0..<columns {
      for entry in self.starts[column]..<self.starts[column + 1] {
        let place = next[places[entry]]
        next[places[entry]] += 1
        (columnOf[place], sorted[place]) = (column, values[entry])
      }
    }
    return (starts, columnOf, sorted)
  }
}
