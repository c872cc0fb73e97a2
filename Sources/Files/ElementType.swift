/// The type of an array's elements: those that NumPy and safetensors files have in common, and
/// `bfloat16`, which only safetensors has.
public enum ElementType: String, CaseIterable, Sendable {
  /// NumPy's names; a bool is a byte.
  case bool, uint8, uint16, uint32, uint64, int8, int16, int32, int64
  /// IEEE numbers of 2, 4 and 8 bytes, and `BFloat16`.
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
  /// The type that this one is in files.
  static var elementType: ElementType { get }
  /// The nearest `Float`.
  var float: Float { get }
  /// The nearest `Double`.
  var double: Double { get }
  /// The same number as `Int`; nil where there is none.
  var integer: Int? { get }
  /// Whether it is neither NaN nor infinite.
  var isFinite: Bool { get }
}

extension NumericElement where Self: FixedWidthInteger {
  /// The nearest `Float`.
  public var float: Float { Float(self) }
  /// The nearest `Double`: exact up to 2⁵³.
  public var double: Double { Double(self) }
  /// The number as `Int`; nil for a `UInt64` beyond.
  public var integer: Int? { Int(exactly: self) }
  /// True: whole numbers are finite.
  public var isFinite: Bool { true }
}

extension NumericElement where Self: BinaryFloatingPoint {
  /// The nearest `Float`; infinite beyond its range.
  public var float: Float { Float(self) }
  /// The same number: `Double` holds those of every type here.
  public var double: Double { Double(self) }
  /// The number as `Int`; nil when it has a fraction, is beyond `Int`, or is not finite.
  public var integer: Int? { Int(exactly: self) }
}

extension UInt8: NumericElement {
  /// uint8.
  public static var elementType: ElementType { .uint8 }
}

extension UInt16: NumericElement {
  /// uint16.
  public static var elementType: ElementType { .uint16 }
}

extension UInt32: NumericElement {
  /// uint32.
  public static var elementType: ElementType { .uint32 }
}

extension UInt64: NumericElement {
  /// uint64.
  public static var elementType: ElementType { .uint64 }
}

extension Int8: NumericElement {
  /// int8.
  public static var elementType: ElementType { .int8 }
}

extension Int16: NumericElement {
  /// int16.
  public static var elementType: ElementType { .int16 }
}

extension Int32: NumericElement {
  /// int32.
  public static var elementType: ElementType { .int32 }
}

extension Int64: NumericElement {
  /// int64.
  public static var elementType: ElementType { .int64 }
}

extension Int: NumericElement {
  /// int64: `Int` has 64 bits wherever Couplet runs.
  public static var elementType: ElementType { .int64 }
}

extension Float16: NumericElement {
  /// float16.
  public static var elementType: ElementType { .float16 }
}

extension Float: NumericElement {
  /// float32.
  public static var elementType: ElementType { .float32 }
}

extension Double: NumericElement {
  /// float64.
  public static var elementType: ElementType { .float64 }
}

extension Bool: NumericElement {
  /// bool, a byte 0 or 1.
  public static var elementType: ElementType { .bool }
  /// 1 for true, 0 for false.
  public var float: Float { self ? 1 : 0 }
  /// 1 for true, 0 for false.
  public var double: Double { self ? 1 : 0 }
  /// 1 for true, 0 for false.
  public var integer: Int? { self ? 1 : 0 }
  /// True: both values are finite.
  public var isFinite: Bool { true }
}

/// The upper half of a `Float`: its sign, its eight exponent bits and seven bits of significand.
public struct BFloat16: NumericElement, Equatable {
  /// The 16 bits, the sign first.
  public var bitPattern: UInt16

  /// The number with these bits.
  public init(bitPattern: UInt16) { self.bitPattern = bitPattern }

  /// bfloat16.
  public static var elementType: ElementType { .bfloat16 }
  /// The same number.
  public var float: Float { Float(bitPattern: UInt32(bitPattern) << 16) }
  /// The same number.
  public var double: Double { Double(float) }
  /// The number as `Int`; nil when it has a fraction, is beyond `Int`, or is not finite.
  public var integer: Int? { Int(exactly: float) }
  /// Whether it is neither NaN nor infinite.
  public var isFinite: Bool { float.isFinite }
}
