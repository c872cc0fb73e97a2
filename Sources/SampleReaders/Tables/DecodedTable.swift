import Files
import Samples
import Torch

/// The rows of a table as they are decoded, batch by batch: float32 where all columns are, float64 otherwise; on the disk
/// where they fill more than the memory that they may (`DecodedRows`).
struct DecodedTable {
  private let elementType: ElementType
  private let name: String
  private let rows: DecodedRows

  /// - Throws: `Failure` when they will need more disk than there is.
  init(width: Int, isFloat32: Bool, expectedRows: Int?, memoryLimit: Int, name: String) throws {
    elementType = isFloat32 ? .float32 : .float64
    self.name = name
    rows = try DecodedRows(
      rowBytes: width * elementType.size, expectedRows: expectedRows, memoryLimit: memoryLimit)
  }

  /// Adds rows of `width` numbers.
  /// - Throws: `Failure` when the disk is full.
  func append(_ values: [Double]) throws {
    if elementType == .float32 {
      try values.map(Float.init).withUnsafeBytes { try rows.append($0) }
    } else {
      try values.withUnsafeBytes { try rows.append($0) }
    }
  }

  /// The rows as samples of a shape.
  func finish(_ shape: [Int]) throws -> any SampleSource {
    try rows.finish(elementType: elementType, shape: shape, name: name)
  }
}

/// Columns of a table as samples.
struct TableSamples: SampleSource {
  let base: any SampleSource
  let columns: [String]
  let missingRows: [Int]
  var fill: SampleFill?

  var count: Int { base.count }
  var space: SampleSpace { base.space }
  var name: String { base.name }

  func rows(_ rows: [Int]) throws -> Tensor { try base.rows(rows) }
  func rows(_ range: Range<Int>) throws -> Tensor { try base.rows(range) }
}
