import Files
import Foundation
import Samples
import Torch

/// The rows of a table as they are decoded, batch by batch: float32 where all columns are, float64 otherwise.
struct DecodedTable {
  private let width: Int
  private let isFloat32: Bool
  private let name: String
  private var bytes = Data()

  init(width: Int, isFloat32: Bool, name: String) {
    (self.width, self.isFloat32, self.name) = (width, isFloat32, name)
  }

  /// Adds rows of `width` numbers.
  /// - Throws: `Failure` when they fill half of the memory.
  mutating func append(_ rows: [Double]) throws {
    guard bytes.count < ProcessInfo.processInfo.physicalMemory / 2 else {
      throw Failure(
        "the table's numbers fill half of the memory", at: name,
        remedy: "choose fewer columns, or give the rows as .npy")
    }
    if isFloat32 {
      rows.map(Float.init).withUnsafeBytes { bytes.append(contentsOf: $0) }
    } else {
      rows.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
  }

  /// The rows as samples of a shape.
  func finish(_ shape: [Int]) throws -> any SampleSource {
    let rows = bytes.count / (width * (isFloat32 ? 4 : 8))
    let array = NumericArray(
      elementType: isFloat32 ? .float32 : .float64, shape: [rows] + shape, bytes: bytes)
    return TensorSamples(
      try Tensor(array, name: name), space: .real(shape: shape), name: name)
  }
}

/// Columns of a table as samples.
struct TableSamples: SampleSource {
  let base: any SampleSource
  let columns: [String]
  let missingRows: [Int]

  var count: Int { base.count }
  var space: SampleSpace { base.space }
  var name: String { base.name }

  func rows(_ rows: [Int]) throws -> Tensor { try base.rows(rows) }
  func rows(_ range: Range<Int>) throws -> Tensor { try base.rows(range) }
}
