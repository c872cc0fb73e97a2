import Foundation

extension NumericArray {
  /// The elements as `Float`, rounded to the nearest where `Float` is not precise enough.
  public func floats() -> [Float] { visit(Floats()) }

  /// The elements as `Double`, exact but for 64-bit integers beyond 2⁵³.
  public func doubles() -> [Double] { visit(Doubles()) }

  /// The elements as `Int`. Throws a `Failure` naming the first that is not an integer `Int` holds.
  public func integers(name: String = "array") throws -> [Int] {
    try integers(name: name, as: Int.self)
  }

  /// The elements as `UInt8`. Throws a `Failure` naming the first that is not one of 0…255.
  public func uint8s(name: String = "array") throws -> [UInt8] {
    try integers(name: name, as: UInt8.self)
  }

  /// Throws a `Failure` naming the first element that is NaN or infinite; `name` is the file's.
  public func requireFinite(name: String = "array") throws {
    guard elementType.isFloatingPoint, let index = visit(FirstNonFinite()) else { return }
    throw Failure(
      "the value is not a finite number", at: "\(name) (index \(position(ofElement: index)))",
      remedy: "remove or replace NaN and infinite values")
  }

  private func integers<T: FixedWidthInteger & NumericElement>(
    name: String, as type: T.Type
  ) throws -> [T] {
    let (result, bad) = visit(Integers<T>())
    guard let bad else { return result }
    throw Failure(
      "the value is not an integer from \(T.min) to \(T.max)",
      at: "\(name) (index \(position(ofElement: bad)))", remedy: "store whole numbers in this range"
    )
  }
}

/// A computation over elements of any type: the generic closure that Swift does not have. One
/// switch over the element type serves them all, and each pass is compiled for its type.
private protocol ElementVisitor {
  associatedtype Result
  func visit<T: NumericElement>(_ elements: UnsafeBufferPointer<T>) -> Result
}

extension NumericArray {
  private func visit<V: ElementVisitor>(_ visitor: V) -> V.Result {
    switch elementType {
    case .bool: withElements(of: Bool.self, visitor.visit)
    case .uint8: withElements(of: UInt8.self, visitor.visit)
    case .uint16: withElements(of: UInt16.self, visitor.visit)
    case .uint32: withElements(of: UInt32.self, visitor.visit)
    case .uint64: withElements(of: UInt64.self, visitor.visit)
    case .int8: withElements(of: Int8.self, visitor.visit)
    case .int16: withElements(of: Int16.self, visitor.visit)
    case .int32: withElements(of: Int32.self, visitor.visit)
    case .int64: withElements(of: Int64.self, visitor.visit)
    case .float16: withElements(of: Float16.self, visitor.visit)
    case .bfloat16: withElements(of: BFloat16.self, visitor.visit)
    case .float32: withElements(of: Float.self, visitor.visit)
    case .float64: withElements(of: Double.self, visitor.visit)
    }
  }
}

/// `Array(elements.map(convert))` without growing the array.
private func map<T, R>(_ elements: UnsafeBufferPointer<T>, _ convert: (T) -> R) -> [R] {
  [R](unsafeUninitializedCapacity: elements.count) { result, count in
    for index in elements.indices {
      result.initializeElement(at: index, to: convert(elements[index]))
    }
    count = elements.count
  }
}

private struct Floats: ElementVisitor {
  func visit<T: NumericElement>(_ elements: UnsafeBufferPointer<T>) -> [Float] {
    map(elements) { $0.float }
  }
}

private struct Doubles: ElementVisitor {
  func visit<T: NumericElement>(_ elements: UnsafeBufferPointer<T>) -> [Double] {
    map(elements) { $0.double }
  }
}

/// The elements as integers, and the index of the first that is not one.
private struct Integers<R: FixedWidthInteger & NumericElement>: ElementVisitor {
  func visit<T: NumericElement>(_ elements: UnsafeBufferPointer<T>) -> ([R], Int?) {
    if T.elementType == R.elementType {
      return (Array(UnsafeRawBufferPointer(elements).bindMemory(to: R.self)), nil)
    }
    var bad: Int?
    var index = 0
    let result: [R] = map(elements) { element in
      defer { index += 1 }
      if let integer = element.integer, let result = R(exactly: integer) { return result }
      bad = bad ?? index
      return 0
    }
    return (result, bad)
  }
}

/// The index of the first element that is NaN or infinite. Blocks are counted without a branch,
/// which vectorises; only a block that holds one is searched.
private struct FirstNonFinite: ElementVisitor {
  func visit<T: NumericElement>(_ elements: UnsafeBufferPointer<T>) -> Int? {
    let block = 4096
    for start in stride(from: 0, to: elements.count, by: block) {
      let range = start..<min(start + block, elements.count)
      var count: Int32 = 0
      for index in range { count &+= elements[index].isFinite ? 0 : 1 }
      if count > 0 { return range.first { !elements[$0].isFinite } }
    }
    return nil
  }
}
