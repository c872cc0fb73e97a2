import CTorch

/// The type of a tensor's elements.
public enum DType: String, Sendable, CaseIterable, CustomStringConvertible {
  /// IEEE numbers, whole numbers, bytes, truth values, and the upper half of float32.
  case float32, float64, int64, uint8, bool, bfloat16

  var code: Int32 {
    switch self {
    case .float32: Int32(CT_FLOAT32)
    case .float64: Int32(CT_FLOAT64)
    case .int64: Int32(CT_INT64)
    case .uint8: Int32(CT_UINT8)
    case .bool: Int32(CT_BOOL)
    case .bfloat16: Int32(CT_BFLOAT16)
    }
  }

  init(code: Int32) {
    guard let match = DType.allCases.first(where: { $0.code == code }) else {
      // Every way into a tensor names one of the cases above, and no operation of this module
      // produces another type.
      fatalError("Torch: libtorch made a tensor of the unknown type \(code)")
    }
    self = match
  }

  /// Whether gradients can flow through elements of this type.
  public var isFloatingPoint: Bool { self == .float32 || self == .float64 || self == .bfloat16 }
  /// As it is written: `float32`.
  public var description: String { rawValue }
}

/// A Swift type that a tensor's elements can be read from and written to.
public protocol TensorElement {
  /// The matching type of a tensor's elements.
  static var dtype: DType { get }
}

extension Float: TensorElement {
  /// float32.
  public static var dtype: DType { .float32 }
}

extension Double: TensorElement {
  /// float64.
  public static var dtype: DType { .float64 }
}

extension Int: TensorElement {
  /// int64: whole numbers of 64 bits, as indices and labels are.
  public static var dtype: DType { .int64 }
}

extension UInt8: TensorElement {
  /// uint8: bytes, as of images and texts.
  public static var dtype: DType { .uint8 }
}

extension Bool: TensorElement {
  /// bool: masks.
  public static var dtype: DType { .bool }
}
