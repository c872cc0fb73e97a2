import Foundation

/// An array of numbers as files hold it: element type, shape, and row-major bytes in this
/// machine's byte order.
///
/// ```swift
/// let a = NumericArray([1.5, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
/// a.doubles()         // [1.5, 2, 3, 4, 5, 6]
/// try a.integers()    // throws: the value at [0, 0] is 1.5, not an integer
/// ```
///
/// Nothing is boxed: conversions are one pass over the bytes, and a conversion to the array's own
/// type is a copy.
public struct NumericArray: Equatable, Sendable {
  /// The type of an element.
  public let elementType: ElementType
  /// The length of each axis; `[]` for a scalar.
  public let shape: [Int]
  /// `count * elementType.size` bytes; a `bool` is a byte 0 or 1.
  public let bytes: Data

  /// The number of elements, the product of `shape` (1 for the shape `[]` of a scalar).
  public var count: Int { bytes.count / elementType.size }
  /// The number of axes.
  public var rank: Int { shape.count }

  /// An array of raw bytes. Bytes of a `bool` other than 0 become 1, so that every byte is a `Bool`.
  public init(elementType: ElementType, shape: [Int], bytes: Data) {
    require(
      Self.count(of: shape).map { $0 * elementType.size } == bytes.count,
      "\(bytes.count) bytes are not an array of shape \(shape) of \(elementType)")
    self.elementType = elementType
    self.shape = shape
    let isClean = elementType != .bool || bytes.allSatisfy { $0 <= 1 }
    self.bytes = isClean ? bytes : Data(bytes.map { min($0, 1) })
  }

  /// An array of Swift values; `shape` is `[elements.count]` unless given.
  public init<T: NumericElement>(_ elements: [T], shape: [Int]? = nil) {
    self.init(
      elementType: T.elementType, shape: shape ?? [elements.count],
      bytes: elements.withUnsafeBytes { Data($0) })
  }

  /// The product of `shape`, or nil when an extent is negative or the product overflows.
  public static func count(of shape: [Int]) -> Int? {
    if shape.contains(where: { $0 < 0 }) { return nil }
    if shape.contains(0) { return 0 }
    var count = 1
    for extent in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      if overflow { return nil }
      count = product
    }
    return count
  }

  /// Calls `body` with the elements in place. `T` must be the array's own element type.
  public func withElements<T: NumericElement, Result>(
    of type: T.Type = T.self, _ body: (UnsafeBufferPointer<T>) throws -> Result
  ) rethrows -> Result {
    require(
      T.elementType == elementType, "the elements are \(elementType), not \(T.elementType)")
    return try bytes.withUnsafeBytes { raw in
      if Int(bitPattern: raw.baseAddress) % MemoryLayout<T>.alignment == 0 {
        return try body(raw.bindMemory(to: T.self))
      }
      let aligned = UnsafeMutableBufferPointer<T>.allocate(capacity: count)
      defer { aligned.deallocate() }
      UnsafeMutableRawBufferPointer(aligned).copyMemory(from: raw)
      return try body(UnsafeBufferPointer(aligned))
    }
  }

  /// The position, one index per axis, of the element with this place in row-major order.
  public func position(ofElement index: Int) -> [Int] {
    var rest = index
    var position = shape
    for axis in shape.indices.reversed() {
      position[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    return position
  }
}
