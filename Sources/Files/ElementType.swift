/// The type of an array's elements: those that NumPy and safetensors files have in common, and
/// `bfloat16`, which only safetensors has.
public enum ElementType: String, CaseIterable, Sendable {
  case bool, uint8, uint16, uint32, uint64, int8, int16, int32, int64
  case float16, bfloat16, float32, float64

  /// Bytes an element takes.
  public var size: Int {
    switch self {
    case .bool, .uint8, .int8: 1
    case .uint16, .int16, .float16, .bfloat16: 2
    case .uint32, .int32, .float32: 4
    case .uint64, .int64, .float64: 8
    }
  }

  /// Whether NaN and infinity are among its values.
  public var isFloatingPoint: Bool {
    switch self {
    case .float16, .bfloat16, .float32, .float64: true
    default: false
    }
  }
}

/// A Swift type that elements of an array can have.
///
/// `double` is exact for every type but 64-bit integers, which round to the nearest; `integer` is
/// nil when the value is not one that `Int` holds.
public protocol NumericElement: BitwiseCopyable, Sendable {
  static var elementType: ElementType { get }
  var float: Float { get }
  var double: Double { get }
  var integer: Int? { get }
  var isFinite: Bool { get }
}

extension NumericElement where Self: FixedWidthInteger {
  public var float: Float { Float(self) }
  public var double: Double { Double(self) }
  public var integer: Int? { Int(exactly: self) }
  public var isFinite: Bool { true }
}

extension NumericElement where Self: BinaryFloatingPoint {
  public var float: Float { Float(self) }
  public var double: Double { Double(self) }
  public var integer: Int? { Int(exactly: self) }
}

extension UInt8: NumericElement { public static var elementType: ElementType { .uint8 } }
extension UInt16: NumericElement { public static var elementType: ElementType { .uint16 } }
extension UInt32: NumericElement { public static var elementType: ElementType { .uint32 } }
extension UInt64: NumericElement { public static var elementType: ElementType { .uint64 } }
extension Int8: NumericElement { public static var elementType: ElementType { .int8 } }
extension Int16: NumericElement { public static var elementType: ElementType { .int16 } }
extension Int32: NumericElement { public static var elementType: ElementType { .int32 } }
extension Int64: NumericElement { public static var elementType: ElementType { .int64 } }
extension Int: NumericElement { public static var elementType: ElementType { .int64 } }
extension Float16: NumericElement { public static var elementType: ElementType { .float16 } }
extension Float: NumericElement { public static var elementType: ElementType { .float32 } }
extension Double: NumericElement { public static var elementType: ElementType { .float64 } }

extension Bool: NumericElement {
  public static var elementType: ElementType { .bool }
  public var float: Float { self ? 1 : 0 }
  public var double: Double { self ? 1 : 0 }
  public var integer: Int? { self ? 1 : 0 }
  public var isFinite: Bool { true }
}

/// The upper half of a `Float`: its sign, its eight exponent bits and seven bits of significand.
public struct BFloat16: NumericElement, Equatable {
  public var bitPattern: UInt16

  public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  public static var elementType: ElementType { .bfloat16 }
  public var float: Float { Float(bitPattern: UInt32(bitPattern) << 16) }
  public var double: Double { Double(float) }
  public var integer: Int? { Int(exactly: float) }
  public var isFinite: Bool { float.isFinite }
}
