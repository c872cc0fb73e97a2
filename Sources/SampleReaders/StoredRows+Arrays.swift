import Files
import Samples
import Torch

extension StoredRows {
  /// The rows of an array in a file: mapped where its elements lie in the file itself, decoded otherwise.
  ///
  /// Numbers are looked through for NaN and infinite values at once where that takes a moment, and batch by batch
  /// elsewhere.
  init(_ stream: ArrayStream, of file: SampleFile, _ options: SampleOptions) throws {
    let header = stream.header
    var bytes: any StoredBytes
    if stream.isPlain {
      bytes = try MappedFile(file.path)
      let end = header.offset + (try StoredRows.size(of: header))
      guard bytes.count <= end else {
        throw Failure(
          "extra bytes follow the data", at: "\(file.path) (end, offset \(end))",
          remedy: "check that the file is complete and unmixed")
      }
    } else {
      bytes = try StoredRows.decoded(stream, of: file, options)
    }
    try self.init(
      bytes, header: header, offset: stream.isPlain ? header.offset : 0, missing: options.missing,
      name: file.name)
  }

  /// The rows of an array whose elements start at `offset` of `bytes`.
  init(
    _ bytes: any StoredBytes, header: ArrayHeader, offset: Int,
    missing: SampleOptions.MissingValues, name: String
  ) throws {
    guard let count = header.shape.first, count > 0 else {
      throw Failure(
        "the shape \(header.shape) holds no samples", at: name,
        remedy: "store the samples along the first axis")
    }
    try self.init(
      bytes, offset: offset, elementType: header.elementType, shape: header.shape,
      isBigEndian: header.isBigEndian, isFortranOrder: header.isFortranOrder, missing: missing,
      name: name)
    // Whoever takes NaN looks for it.
    if header.elementType.isFloatingPoint, !allowsNaN, bytes.count <= StoredRows.lookedThrough {
      try forEachBlock(of: max(1, (1 << 20) / max(1, space.size ?? 1))) { _, _ in }
    }
  }

  /// Files up to this size are looked through when they are opened.
  private static let lookedThrough = 1 << 28

  private static func size(of header: ArrayHeader) throws -> Int {
    // The stream has checked the product.
    header.shape.reduce(header.elementType.size, *)
  }

  private static func decoded(
    _ stream: ArrayStream, of file: SampleFile, _ options: SampleOptions
  ) throws -> any StoredBytes {
    let header = stream.header
    let rows = max(1, header.shape.first ?? 1)
    let rowBytes = max(1, try size(of: header) / rows)
    let decoded = try DecodedRows(rowBytes: rowBytes, expectedRows: header.shape.first)
    var count = 0
    while let block = try stream.block(1 << 22) {
      try block.withUnsafeBytes { try decoded.append($0) }
      count += block.count
    }
    Inflation.report(
      count, from: try MappedFile(file.path).count, of: file.name, options.report)
    return try decoded.finish()
  }
}
