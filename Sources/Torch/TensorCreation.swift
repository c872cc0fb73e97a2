import CTorch
import Files

// Tensors are made on the processor unless a device is named; inside a computation they are made `like` another tensor.

extension Tensor {
  /// A tensor with these values in row-major order.
  ///
  /// ```swift
  /// Tensor([1, 2, 3], dtype: .float32)       // float32[3]
  /// Tensor([1.0, 2, 3, 4], shape: [2, 2])    // float64[2, 2]
  /// ```
  /// - Parameters:
  ///   - shape: defaults to one axis; its product must be the number of values.
  ///   - dtype: defaults to the type that matches the values' own.
  public init<Element: TensorElement>(
    _ values: [Element], shape: [Int]? = nil, dtype: DType? = nil, device: Device = .cpu
  ) {
    let shape = shape ?? [values.count]
    require(
      shape.reduce(1, *) == values.count, "Tensor: \(values.count) values for the shape \(shape)")
    let plain = values.withUnsafeBytes { Tensor(bytes: $0, shape: shape, dtype: Element.dtype) }
    self = plain.to(dtype ?? Element.dtype).moved(to: device)
  }

  /// A scalar: a tensor without axes.
  public init(_ value: Double, dtype: DType = .float32, device: Device = .cpu) {
    self = .full([], value, dtype: dtype, device: device)
  }

  /// A copy of row-major elements in memory. `bytes` holds at least the elements of `shape`.
  public init(bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType) {
    self = tensor("init", []) {
      ct_from_bytes($0, bytes.baseAddress, sizes(shape), Int32(shape.count), dtype.code)
    }
  }

  /// Row-major elements where they lie in memory, which `owner` keeps there. Nothing may be written into the tensor where the
  /// memory cannot be written.
  /// - Parameter bytes: at least the elements of `shape`, at a multiple of their size.
  public init(viewing bytes: UnsafeRawPointer, shape: [Int], dtype: DType, of owner: AnyObject) {
    let kept = Unmanaged.passRetained(owner).toOpaque()
    self = tensor("init", []) {
      ct_view_bytes(
        $0, UnsafeMutableRawPointer(mutating: bytes), sizes(shape), Int32(shape.count), dtype.code,
        kept
      ) { owner in
        // Present: what was retained above.
        owner.map { Unmanaged<AnyObject>.fromOpaque($0).release() }
      }
    }
  }

  /// A tensor whose elements `fill` writes, in row-major order, where they will lie.
  ///
  /// ```swift
  /// let x = Tensor(shape: [2], dtype: .uint8) { $0[0] = 7; $0[1] = 8 }   // uint8[2] [7.0, 8.0]
  /// ```
  public init(
    shape: [Int], dtype: DType = .float32, fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    self = .empty(shape, dtype: dtype)
    try withExtendedLifetime(self) {
      try fill(.init(start: ct_data($0.raw), count: $0.count * dtype.byteCount))
    }
  }

  /// One value throughout.
  public static func full(
    _ shape: [Int], _ value: Double, dtype: DType = .float32, device: Device = .cpu
  ) -> Tensor {
    tensor("full", []) {
      ct_full($0, sizes(shape), Int32(shape.count), value, dtype.code, device.kind, device.index)
    }
  }

  /// Zeros throughout.
  public static func zeros(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) -> Tensor
  {
    full(shape, 0, dtype: dtype, device: device)
  }

  /// Ones throughout.
  public static func ones(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) -> Tensor
  {
    full(shape, 1, dtype: dtype, device: device)
  }

  /// Storage whose values are not set yet.
  public static func empty(_ shape: [Int], dtype: DType = .float32, device: Device = .cpu) -> Tensor
  {
    tensor("empty", []) {
      ct_empty($0, sizes(shape), Int32(shape.count), dtype.code, device.kind, device.index)
    }
  }

  /// One value throughout, of the type and on the device of another tensor.
  ///
  /// ```swift
  /// Tensor.full([n], 1 / Double(n), like: embeddings)
  /// ```
  public static func full(_ shape: [Int], _ value: Double, like other: Tensor) -> Tensor {
    full(shape, value, dtype: other.dtype, device: other.device)
  }

  /// Zeros of the type and on the device of another tensor.
  public static func zeros(_ shape: [Int], like other: Tensor) -> Tensor {
    full(shape, 0, like: other)
  }

  /// Ones of the type and on the device of another tensor.
  public static func ones(_ shape: [Int], like other: Tensor) -> Tensor {
    full(shape, 1, like: other)
  }

  /// Zeros of the same shape, type and device as this tensor.
  public func zerosLike() -> Tensor { .zeros(shape, like: self) }

  /// The n × n identity.
  public static func eye(_ n: Int, dtype: DType = .float32, device: Device = .cpu) -> Tensor {
    tensor("eye", []) { ct_eye($0, Int64(n), dtype.code, device.kind, device.index) }
  }

  /// 0, 1, …, n − 1.
  public static func arange(_ n: Int, dtype: DType = .int64, device: Device = .cpu) -> Tensor {
    arange(0..<n, dtype: dtype, device: device)
  }

  /// The numbers of a range, in order.
  public static func arange(
    _ range: Range<Int>, dtype: DType = .int64, device: Device = .cpu
  ) -> Tensor {
    tensor("arange", []) {
      ct_arange(
        $0, Double(range.lowerBound), Double(range.upperBound), 1, dtype.code, device.kind,
        device.index)
    }
  }

  /// `count` evenly spaced values from `start` to `end`, both included.
  public static func linspace(
    _ start: Double, _ end: Double, _ count: Int, dtype: DType = .float64, device: Device = .cpu
  ) -> Tensor {
    let step = count > 1 ? (end - start) / Double(count - 1) : 0
    return Tensor(
      (0..<count).map { $0 == count - 1 && count > 1 ? end : start + step * Double($0) },
      dtype: dtype, device: device)
  }

  // MARK: Reading

  /// The value of a tensor with one element.
  public func item() -> Double {
    var value = 0.0
    check(ct_item(raw, &value), "item", [self])
    return value
  }

  /// A copy of the elements in row-major order. The types must match: convert with `to(_:)` first.
  public func array<Element: TensorElement>(_: Element.Type = Element.self) -> [Element] {
    withElements(Element.self) { Array($0) }
  }

  /// Calls `body` with the elements in row-major order, without copying when they already are.
  public func withElements<Element: TensorElement, Result>(
    _: Element.Type, _ body: (UnsafeBufferPointer<Element>) throws -> Result
  ) rethrows -> Result {
    require(
      dtype == Element.dtype, "Tensor.array: elements are \(dtype), not \(Element.dtype)")
    return try withBytes { try body($0.bindMemory(to: Element.self)) }
  }

  /// Calls `body` with the bytes of the elements in row-major order.
  public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows
    -> Result
  {
    let dense = moved(to: .cpu).contiguous()
    return try withExtendedLifetime(dense) {
      try body(
        UnsafeRawBufferPointer(
          start: ct_data(dense.raw), count: dense.count * dense.dtype.byteCount))
    }
  }
}

extension DType {
  /// The size of an element in bytes.
  public var byteCount: Int {
    switch self {
    case .float64, .int64: 8
    case .float32: 4
    case .bfloat16: 2
    case .uint8, .bool: 1
    }
  }
}
