import Files
import Foundation
import Samples
import Torch

/// Samples that lie in a mapped file or in memory as an array of numbers, a row each; only the rows that are asked
/// for are read.
///
/// They come in the type in which they are stored where tensors have it, and in the next that holds all its values
/// elsewhere: float16 and bfloat16 as float32, whole numbers as int64, bool as uint8. NaN and infinite values are
/// looked for in every batch, so that none reaches training and no file need be read before it; where NaN stands for a
/// missing value it passes (`FilledRows`).
///
/// ```swift
/// let rows = try StoredRows(bytes, elementType: .float16, shape: [1000, 512], name: "u.npy")
/// try rows.rows([7, 3])   // float32[2, 512]
/// ```
public struct StoredRows: SampleSource {
  /// The number of rows.
  public let count: Int
  /// What the user calls them.
  public let name: String
  private let bytes: any StoredBytes
  private let offset: Int
  /// As they are stored.
  public let elementType: ElementType
  private let isBigEndian: Bool
  private let isFortranOrder: Bool
  private let shape: [Int]
  /// Elements of a row.
  private let size: Int
  /// Bytes from one row to the next; in Fortran order they are elements apart.
  private let stride: Int
  /// Whether NaN, which then stands for a missing value, is among the samples.
  let allowsNaN: Bool

  /// - Parameters:
  ///   - offset: where the first element starts.
  ///   - shape: rows × the shape of one.
  ///   - rowStride: bytes from the start of a row to that of the next; nil where they follow one another.
  ///   - isFortranOrder: whether the first index runs fastest.
  ///   - missing: what is done about NaN: refused, or let through to whom it is left.
  /// - Throws: `Failure` when there is no first axis, a row holds no number, or the bytes are fewer than the shape says.
  public init(
    _ bytes: any StoredBytes, offset: Int = 0, elementType: ElementType, shape: [Int],
    rowStride: Int? = nil, isBigEndian: Bool = false, isFortranOrder: Bool = false,
    missing: SampleOptions.MissingValues = .refuse, name: String
  ) throws {
    guard let rows = shape.first else {
      throw Failure(
        "a single number is not a set of samples", at: name,
        remedy: "save an array whose first axis counts samples")
    }
    let size = NumericArray.count(of: Array(shape.dropFirst())) ?? .max
    guard size > 0 else {
      throw Failure(
        "the samples have the shape \(shape.dropFirst().map(String.init).joined(separator: " × ")): they hold no numbers",
        at: name, remedy: "save samples of one number or more")
    }
    let width = size.multipliedReportingOverflow(by: elementType.size)
    let stride = rowStride ?? width.partialValue
    let span = max(rows - 1, 0).multipliedReportingOverflow(by: stride)
    let last = min(rows, 1) * width.partialValue
    guard !width.overflow, !span.overflow, rows >= 0, stride >= width.partialValue, offset >= 0,
      span.partialValue <= bytes.count - offset - last
    else {
      throw Failure(
        "\(bytes.count) bytes do not hold an array of shape \(shape) of \(elementType)", at: name,
        remedy: "copy or create the file again")
    }
    count = rows
    (self.bytes, self.offset, self.elementType, self.name) = (bytes, offset, elementType, name)
    (self.isBigEndian, self.isFortranOrder) = (isBigEndian, isFortranOrder)
    (self.shape, self.size, self.stride) = (Array(shape.dropFirst()), size, stride)
    allowsNaN = missing != .refuse && elementType.isFloatingPoint
  }

  /// Real numbers, in the shape of a row.
  public var space: SampleSpace { .real(shape: shape) }

  /// The samples at these rows, n × the shape of one.
  /// - Throws: `Failure` naming the row of a value that is not finite, or when the file has been made shorter.
  public func rows(_ rows: [Int]) throws -> Tensor {
    // All at once: a disk serves many requests in hardly more time than one.
    if bytes.count > StoredRows.cached { for row in rows { willRead(row..<(row + 1)) } }
    return try batch(rows)
  }

  /// Samples in succession, which the disk is asked for ahead.
  /// - Throws: `Failure` naming the row of a value that is not finite, or when the file has been made shorter.
  public func rows(_ range: Range<Int>) throws -> Tensor {
    willRead(range)
    return try batch(range)
  }

  /// The same where they lie in the file, if they can be used there (float32 and float64 of this machine's order, a row after
  /// the other; float16 is converted from there): for one walk over them, which is then that of reading. Nothing may be written
  /// into them, and who walks looks for values that are not finite (`requireFinite`).
  /// - Throws: `Failure` when the file has been made shorter.
  public func viewed(_ range: Range<Int>) throws -> Tensor {
    guard let file = bytes as? MappedFile,
      [.float16, .float32, .float64].contains(elementType), !isBigEndian, !isFortranOrder,
      stride == size * elementType.size, !range.isEmpty, range.clamped(to: 0..<count) == range
    else { return try rows(range) }
    willRead(range)
    let view = try file.withBytes { source -> Tensor? in
      guard let start = source.baseAddress.map({ $0 + (offset + range.lowerBound * stride) }),
        Int(bitPattern: start).isMultiple(of: elementType.size)
      else { return nil }
      let shape = [range.count] + shape
      return DType(rawValue: elementType.rawValue)
        .map { Tensor(viewing: start, shape: shape, dtype: $0, of: file) }
        ?? Tensor(halvesAt: start, shape: shape)
    }
    return try view ?? rows(range)
  }

  /// - Throws: `Failure` naming the row of a value that is not finite, or when the file has been made shorter.
  public func requireFinite(_ range: Range<Int>) throws { _ = try rows(range) }

  /// Files up to this size are taken to lie in the system's cache, where to ask ahead for rows, one by one, only costs time.
  private static let cached = Memory.limit / 4

  private func willRead(_ range: Range<Int>) {
    guard !isFortranOrder else { return }
    bytes.willRead((offset + range.lowerBound * stride)..<(offset + range.upperBound * stride))
  }

  // MARK: Batches

  private func batch(_ rows: some RandomAccessCollection<Int>) throws -> Tensor {
    guard rows.allSatisfy((0..<count).contains) else {
      // A programmer's error, as an index out of range is.
      fatalError("StoredRows: a row out of 0..<\(count)")
    }
    return try finite(try converted(rows), rows)
  }

  /// These samples, which are all finite.
  private func finite(_ tensor: Tensor, _ rows: some RandomAccessCollection<Int>) throws -> Tensor {
    guard tensor.dtype.isFloatingPoint, !tensor.allFinite() else { return tensor }
    func first(_ fine: Tensor) -> Int? {
      fine.withElements(Bool.self) { $0.firstIndex(of: false) }
    }
    if !allowsNaN {
      try require(
        rows, "the value is missing (NaN)", first(tensor.isNaN().not()),
        remedy: "leave such rows out or fill the gaps: --missing drop, mean or mask")
    }
    try require(
      rows, "the value is infinite", first(tensor.isFinite().or(tensor.isNaN())),
      remedy: "remove or replace infinite values")
    return tensor
  }

  private func converted(_ rows: some RandomAccessCollection<Int>) throws -> Tensor {
    let shape = [rows.count] + self.shape
    switch elementType {
    case .float32, .float64, .int64, .uint8, .bfloat16, .bool:
      // Any byte but 0 is true.
      let dtype = elementType == .bool ? .uint8 : DType(rawValue: elementType.rawValue) ?? .uint8
      let tensor = try Tensor(shape: shape, dtype: dtype) { try gather(rows, into: $0) }
      return switch elementType {
      case .bool: tensor.greater(than: 0).to(.uint8)
      case .bfloat16: tensor.to(.float32)
      default: tensor
      }
    case .float16: return try Tensor(halvesOf: shape) { try gather(rows, into: $0) }
    case .uint16, .uint32, .uint64, .int8, .int16, .int32:
      var data = Data(count: rows.count * size * elementType.size)
      try data.withUnsafeMutableBytes { try gather(rows, into: $0) }
      if elementType == .uint64 {
        try require(
          rows, "the value is more than \(Int.max)",
          data.withUnsafeBytes { $0.bindMemory(to: UInt64.self).firstIndex { $0 > Int.max } },
          remedy: "store whole numbers that int64 holds")
      }
      return try Tensor(
        NumericArray(elementType: elementType, shape: shape, bytes: data), name: name)
    }
  }

  /// Throws when there is a `bad` element of a batch, naming its row and column.
  private func require(
    _ rows: some RandomAccessCollection<Int>, _ what: String, _ bad: Int?, remedy: String
  ) throws {
    guard let bad else { return }
    let row = rows[rows.index(rows.startIndex, offsetBy: bad / size)]
    let column = size > 1 ? ", column \(bad % size)" : ""
    throw Failure(what, at: "\(name) (row \(row)\(column))", remedy: remedy)
  }

  // MARK: Gathering

  private func gather(
    _ rows: some RandomAccessCollection<Int>, into target: UnsafeMutableRawBufferPointer
  ) throws {
    try bytes.withBytes { source in
      // An empty batch, or no bytes: nothing to gather.
      guard let source = source.baseAddress, var place = target.baseAddress else { return }
      if isFortranOrder {
        switch elementType.size {
        case 1: gatherColumns(rows, from: source, into: place, as: UInt8.self)
        case 2: gatherColumns(rows, from: source, into: place, as: UInt16.self)
        case 4: gatherColumns(rows, from: source, into: place, as: UInt32.self)
        default: gatherColumns(rows, from: source, into: place, as: UInt64.self)
        }
        return
      }
      let width = size * elementType.size
      if let range = rows as? Range<Int>, stride == width {
        Runtime.copy(
          .init(start: source + (offset + range.lowerBound * stride), count: range.count * width),
          to: place)
      } else {
        for row in rows {
          place.copyMemory(from: source + (offset + row * stride), byteCount: width)
          place += width
        }
      }
    }
    if isBigEndian { target.swapBytes(ofWidth: elementType.size) }
  }

  /// Column by column, as Fortran order has them: those of succeeding rows are neighbours.
  private func gatherColumns<T: BitwiseCopyable>(
    _ rows: some RandomAccessCollection<Int>, from source: UnsafeRawPointer,
    into target: UnsafeMutableRawPointer, as type: T.Type
  ) {
    let width = MemoryLayout<T>.size
    for column in 0..<size {
      let start = source + (offset + FortranOrder.place(column, in: shape) * count * width)
      var place = target + column * width
      for row in rows {
        place.storeBytes(
          of: start.loadUnaligned(fromByteOffset: row * width, as: T.self), as: T.self)
        place += size * width
      }
    }
  }
}
