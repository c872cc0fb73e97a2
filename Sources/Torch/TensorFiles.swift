import CTorch
import Files
import Foundation

// Tensors and the arrays of files: npy, safetensors.

extension DType {
  /// The type that its elements have in files.
  public var elementType: ElementType {
    switch self {
    case .float32: .float32
    case .float64: .float64
    case .int64: .int64
    case .uint8: .uint8
    case .bool: .bool
    case .bfloat16: .bfloat16
    }
  }
}

extension Tensor {
  /// The elements of an array. Types that tensors do not have widen without loss: float16 to float32,
  /// integers to int64.
  ///
  /// ```swift
  /// let features = try Tensor(Npy.read("u.npy"))
  /// ```
  /// - Parameter name: stands for the array in failures.
  /// - Throws: `Failure` naming the first uint64 element that int64 does not hold.
  public init(_ array: NumericArray, name: String = "array") throws {
    if let dtype = DType.allCases.first(where: { $0.elementType == array.elementType }) {
      self = array.bytes.withUnsafeBytes { Tensor(bytes: $0, shape: array.shape, dtype: dtype) }
    } else if array.elementType == .float16 {
      self = array.bytes.withUnsafeBytes { Tensor(halves: $0, shape: array.shape) }
    } else if array.elementType.isFloatingPoint {
      self.init(array.floats(), shape: array.shape)
    } else {
      self.init(try array.integers(name: name), shape: array.shape)
    }
  }

  /// float16 elements as float32.
  private init(halves: UnsafeRawBufferPointer, shape: [Int]) {
    self.init(halvesOf: shape) { Runtime.copy(halves, to: $0.baseAddress) }
  }

  /// float16 elements, which `fill` writes in row-major order, as float32.
  ///
  /// ```swift
  /// Tensor(halvesOf: [1]) { $0.storeBytes(of: 0x3C00, as: UInt16.self) }   // float32[1] [1.0]
  /// ```
  public init(
    halvesOf shape: [Int], fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    let halves = tensor("empty", []) {
      ct_empty($0, sizes(shape), Int32(shape.count), Int32(CT_FLOAT16), Device.cpu.kind, 0)
    }
    try withExtendedLifetime(halves) {
      try fill(.init(start: ct_data($0.raw), count: 2 * shape.reduce(1, *)))
    }
    self = tensor("to", []) { ct_to($0, halves.raw, DType.float32.code) }
  }

  /// float16 elements as float32, read where they lie in memory.
  /// - Parameter halves: at least the elements of `shape`, at a multiple of 2.
  public init(halvesAt halves: UnsafeRawPointer, shape: [Int]) {
    let bytes = UnsafeMutableRawPointer(mutating: halves)
    let viewed = tensor("init", []) {
      ct_view_bytes(
        $0, bytes, sizes(shape), Int32(shape.count), Int32(CT_FLOAT16), nil
      ) { _ in }
    }
    self = tensor("to", []) { ct_to($0, viewed.raw, DType.float32.code) }
  }

  /// The elements as an array that files hold.
  ///
  /// ```swift
  /// try Npy.write(embeddings.numericArray, to: "embeddings.npy")
  /// ```
  public var numericArray: NumericArray {
    withBytes {
      NumericArray(elementType: dtype.elementType, shape: shape, bytes: Data($0))
    }
  }
}

extension Safetensors {
  /// Named tensors, with names that differ, and a string dictionary.
  ///
  /// ```swift
  /// try Safetensors(layer.parameters.entries, metadata: ["step": "1200"]).write(to: path)
  /// let file = try Safetensors.read(path)
  /// try layer.parameters.load(file.tensors(), from: path)
  /// ```
  public init(_ tensors: [(name: String, tensor: Tensor)], metadata: [String: String] = [:]) {
    self.init(metadata: metadata)
    for (name, tensor) in tensors {
      require(self[name] == nil, "Safetensors: two tensors are named '\(name)'")
      self[name] = tensor.numericArray
    }
  }

  /// The arrays as tensors, by name.
  /// - Throws: `Failure` as `Tensor(_:name:)` does.
  public func tensors() throws -> [String: Tensor] {
    var result: [String: Tensor] = [:]
    for entry in entries { result[entry.name] = try Tensor(entry.array, name: entry.name) }
    return result
  }
}
