import Files
import Samples

/// Writes rows of numbers, some of which may be missing, as `--missing` says.
struct RowWriter {
  private let sink: any RowSink
  private let elementType: ElementType
  private let size: Int
  private let missing: SampleOptions.MissingValues
  private let means: [Double]
  private(set) var missingRows: [Int] = []
  private var next = 0

  /// - Parameters:
  ///   - shape: that of a row.
  ///   - blocks: calls what it is given with all rows in order, a block of doubles at a time, not a number where
  ///     missing; for the means of columns, if they are asked for.
  init(
    _ sink: any RowSink, _ elementType: ElementType, shape: [Int], count: Int,
    _ options: SampleOptions, name: String, blocks: (([Double]) throws -> Void) throws -> Void
  ) throws {
    (self.sink, missing) = (sink, options.missing)
    size = try Extent.count(shape, at: name)
    let fills = missing == .mean || missing == .mask
    self.elementType = fills && !elementType.isFloatingPoint ? .float64 : elementType
    means =
      fills
      ? try RowWriter.given(options.fill, size, name) ?? RowWriter.means(size, name, blocks) : []
    // Beside the values of a vector stand as many marks; of arrays there are two.
    let doubled = shape.count <= 1 ? [2 * size] : [2] + shape
    try sink.begin(
      elementType: self.elementType, shape: missing == .mask ? doubled : shape, count: count)
  }

  /// What the missing values were filled with, where they were.
  var fill: SampleFill? { means.isEmpty ? nil : SampleFill(means: means, marks: []) }

  private static func given(_ fill: SampleFill?, _ size: Int, _ name: String) throws -> [Double]? {
    guard let fill, fill.means.count != size else { return fill?.means }
    throw Failure(
      "a sample has \(size) numbers, but \(fill.means.count) where the run began", at: name,
      remedy: "choose the same variable")
  }

  private static func means(
    _ size: Int, _ name: String, _ blocks: (([Double]) throws -> Void) throws -> Void
  ) throws -> [Double] {
    var (means, counts) = ([Double](repeating: 0, count: size), [Double](repeating: 0, count: size))
    try blocks { values in
      for (place, value) in values.enumerated() where !value.isNaN {
        let column = place % size
        counts[column] += 1
        means[column] += (value - means[column]) / counts[column]
      }
    }
    guard let empty = counts.firstIndex(of: 0) else { return means }
    throw Failure(
      "all values of column \(empty) are missing: they have no mean", at: name,
      remedy: "leave the column out")
  }

  /// Adds rows: not a number where missing.
  /// - Parameter exact: the same as whole numbers, where doubles would round them.
  mutating func append(_ values: [Double], exact: [Int]? = nil) throws {
    guard size > 0 else { return }
    var values = values
    for row in 0..<values.count / size
    where values[row * size..<(row + 1) * size].contains(where: \.isNaN) {
      if missing == .drop { missingRows.append(next + row) }
    }
    next += values.count / size
    if missing == .mean || missing == .mask { values = filled(values) }
    switch elementType {
    case .float32: try write(values.map(Float.init))
    case .float64: try write(values)
    case .int8: try write(whole(values) as [Int8])
    case .uint8: try write(whole(values) as [UInt8])
    case .int16: try write(whole(values) as [Int16])
    case .uint16: try write(whole(values) as [UInt16])
    case .int32: try write(whole(values) as [Int32])
    case .uint32: try write(whole(values) as [UInt32])
    default: try write(exact ?? whole(values) as [Int])
    }
  }

  /// Means in the place of missing values, and behind each row its marks if they are asked for.
  private func filled(_ values: [Double]) -> [Double] {
    var result: [Double] = []
    result.reserveCapacity(values.count * (missing == .mask ? 2 : 1))
    for start in stride(from: 0, to: values.count, by: size) {
      let row = values[start..<start + size]
      for (value, mean) in zip(row, means) { result.append(value.isNaN ? mean : value) }
      if missing == .mask { result += row.map { $0.isNaN ? 1 : 0 } }
    }
    return result
  }

  /// Whole numbers; 0 where a value is missing, in a row that is dropped.
  private func whole<T: FixedWidthInteger>(_ values: [Double]) -> [T] {
    values.map { T(exactly: $0) ?? 0 }
  }

  private func write<T>(_ values: [T]) throws {
    try values.withUnsafeBytes { try sink.append($0) }
  }
}
