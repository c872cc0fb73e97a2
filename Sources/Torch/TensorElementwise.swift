import CTorch

// Functions applied to each element. Two operands are broadcast against each other.

extension Tensor {
  @inline(__always)
  private func unary(_ op: ct_unary_op, _ name: StaticString) -> Tensor {
    tensor(name, [self]) { ct_unary($0, op, raw) }
  }

  @inline(__always)
  private static func binary(_ op: ct_binary_op, _ name: StaticString, _ x: Tensor, _ y: Tensor)
    -> Tensor
  {
    tensor(name, [x, y]) { ct_binary($0, op, x.raw, y.raw) }
  }

  @inline(__always)
  private static func binary(_ op: ct_binary_op, _ name: StaticString, _ x: Tensor, _ y: Double)
    -> Tensor
  {
    tensor(name, [x]) { ct_binary_scalar($0, op, x.raw, y) }
  }

  // MARK: Arithmetic

  public static prefix func - (x: Tensor) -> Tensor { x.unary(CT_NEGATIVE, "negate") }
  public static func + (x: Tensor, y: Tensor) -> Tensor { binary(CT_ADD, "add", x, y) }
  public static func - (x: Tensor, y: Tensor) -> Tensor { binary(CT_SUBTRACT, "subtract", x, y) }
  public static func * (x: Tensor, y: Tensor) -> Tensor { binary(CT_MULTIPLY, "multiply", x, y) }
  public static func / (x: Tensor, y: Tensor) -> Tensor { binary(CT_DIVIDE, "divide", x, y) }
  public static func + (x: Tensor, y: Double) -> Tensor { binary(CT_ADD, "add", x, y) }
  public static func - (x: Tensor, y: Double) -> Tensor { binary(CT_SUBTRACT, "subtract", x, y) }
  public static func * (x: Tensor, y: Double) -> Tensor { binary(CT_MULTIPLY, "multiply", x, y) }
  public static func / (x: Tensor, y: Double) -> Tensor { binary(CT_DIVIDE, "divide", x, y) }
  public static func + (x: Double, y: Tensor) -> Tensor { y + x }
  public static func - (x: Double, y: Tensor) -> Tensor { -y + x }
  public static func * (x: Double, y: Tensor) -> Tensor { y * x }
  public static func / (x: Double, y: Tensor) -> Tensor {
    // Divided once, not multiplied by a rounded reciprocal.
    let dtype = y.dtype.isFloatingPoint ? y.dtype : .float32
    return .full([], x, dtype: dtype, device: y.device) / y
  }
  public func pow(_ exponent: Double) -> Tensor { Tensor.binary(CT_POWER, "pow", self, exponent) }
  public func maximum(_ other: Tensor) -> Tensor {
    Tensor.binary(CT_MAXIMUM, "maximum", self, other)
  }
  public func minimum(_ other: Tensor) -> Tensor {
    Tensor.binary(CT_MINIMUM, "minimum", self, other)
  }
  /// The angle of the point (x, self), in radians.
  public func atan2(_ x: Tensor) -> Tensor { Tensor.binary(CT_ATAN2, "atan2", self, x) }

  // MARK: In place

  public static func += (x: Tensor, y: Tensor) {
    check(ct_binary_in_place(CT_ADD, x.raw, y.raw), "+=", [x, y])
  }
  public static func -= (x: Tensor, y: Tensor) {
    check(ct_binary_in_place(CT_SUBTRACT, x.raw, y.raw), "-=", [x, y])
  }
  public static func *= (x: Tensor, y: Tensor) {
    check(ct_binary_in_place(CT_MULTIPLY, x.raw, y.raw), "*=", [x, y])
  }
  public static func *= (x: Tensor, y: Double) {
    check(ct_binary_scalar_in_place(CT_MULTIPLY, x.raw, y), "*=", [x])
  }

  // MARK: Functions

  public func abs() -> Tensor { unary(CT_ABSOLUTE, "abs") }
  public func sign() -> Tensor { unary(CT_SIGN, "sign") }
  public func square() -> Tensor { unary(CT_SQUARE, "square") }
  public func sqrt() -> Tensor { unary(CT_SQUARE_ROOT, "sqrt") }
  /// 1 / √x.
  public func rsqrt() -> Tensor { unary(CT_RECIPROCAL_SQUARE_ROOT, "rsqrt") }
  public func exp() -> Tensor { unary(CT_EXP, "exp") }
  /// exp(x) − 1 without cancellation near 0.
  public func expm1() -> Tensor { unary(CT_EXPM1, "expm1") }
  public func log() -> Tensor { unary(CT_LOG, "log") }
  /// log(1 + x) without cancellation near 0.
  public func log1p() -> Tensor { unary(CT_LOG1P, "log1p") }
  public func sin() -> Tensor { unary(CT_SIN, "sin") }
  public func cos() -> Tensor { unary(CT_COS, "cos") }
  public func tanh() -> Tensor { unary(CT_TANH, "tanh") }
  public func sigmoid() -> Tensor { unary(CT_SIGMOID, "sigmoid") }
  /// log(1 + exp x).
  public func softplus() -> Tensor { unary(CT_SOFTPLUS, "softplus") }
  public func relu() -> Tensor { unary(CT_RELU, "relu") }
  /// x Φ(x), with Φ the standard normal distribution function.
  public func gelu() -> Tensor { unary(CT_GELU, "gelu") }
  /// x / (1 + exp(−x)).
  public func silu() -> Tensor { unary(CT_SILU, "silu") }
  public func erf() -> Tensor { unary(CT_ERF, "erf") }
  public func erfinv() -> Tensor { unary(CT_ERFINV, "erfinv") }
  public func floor() -> Tensor { unary(CT_FLOOR, "floor") }
  public func rounded() -> Tensor { unary(CT_ROUND, "rounded") }
  /// The power of two at or below |x|, not less than the least normal number: what x can be divided by without rounding.
  /// Infinite for what is not finite; a constant for differentiation.
  ///
  /// ```swift
  /// Tensor([-6.5, 0.3]).binade().array(Double.self)   // [4.0, 0.25]
  /// ```
  public func binade() -> Tensor { unary(CT_BINADE, "binade") }

  public func clamped(min: Double = -.infinity, max: Double = .infinity) -> Tensor {
    tensor("clamped", [self]) { ct_clamp($0, raw, min, max) }
  }

  // MARK: Comparison (bool tensors)

  public func isNaN() -> Tensor { unary(CT_IS_NAN, "isNaN") }
  public func isFinite() -> Tensor { unary(CT_IS_FINITE, "isFinite") }
  public func not() -> Tensor { unary(CT_NOT, "not") }
  public func and(_ other: Tensor) -> Tensor { Tensor.binary(CT_AND, "and", self, other) }
  public func or(_ other: Tensor) -> Tensor { Tensor.binary(CT_OR, "or", self, other) }
  public func equal(to other: Tensor) -> Tensor { Tensor.binary(CT_EQUAL, "equal", self, other) }
  public func less(than other: Tensor) -> Tensor { Tensor.binary(CT_LESS, "less", self, other) }
  public func lessOrEqual(_ other: Tensor) -> Tensor {
    Tensor.binary(CT_LESS_EQUAL, "lessOrEqual", self, other)
  }
  public func greater(than other: Tensor) -> Tensor {
    Tensor.binary(CT_GREATER, "greater", self, other)
  }
  public func greaterOrEqual(_ other: Tensor) -> Tensor {
    Tensor.binary(CT_GREATER_EQUAL, "greaterOrEqual", self, other)
  }
  public func equal(to other: Double) -> Tensor { Tensor.binary(CT_EQUAL, "equal", self, other) }
  public func less(than other: Double) -> Tensor { Tensor.binary(CT_LESS, "less", self, other) }
  public func greater(than other: Double) -> Tensor {
    Tensor.binary(CT_GREATER, "greater", self, other)
  }

  /// A copy with `value` wherever `mask` holds.
  public func masked(_ mask: Tensor, with value: Double) -> Tensor {
    tensor("masked", [self, mask]) { ct_masked_fill($0, raw, mask.raw, value) }
  }
}

/// Each element from `yes` where `condition` holds, and from `no` elsewhere.
public func select(_ condition: Tensor, _ yes: Tensor, _ no: Tensor) -> Tensor {
  tensor("select", [condition, yes, no]) { ct_where($0, condition.raw, yes.raw, no.raw) }
}
