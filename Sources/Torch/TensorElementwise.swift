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

  /// −x.
  public static prefix func - (x: Tensor) -> Tensor { x.unary(CT_NEGATIVE, "negate") }
  /// x + y.
  public static func + (x: Tensor, y: Tensor) -> Tensor { binary(CT_ADD, "add", x, y) }
  /// x − y.
  public static func - (x: Tensor, y: Tensor) -> Tensor { binary(CT_SUBTRACT, "subtract", x, y) }
  /// x y, element by element; the product of matrices is `matmul`.
  public static func * (x: Tensor, y: Tensor) -> Tensor { binary(CT_MULTIPLY, "multiply", x, y) }
  /// x / y; of whole numbers in floating point.
  public static func / (x: Tensor, y: Tensor) -> Tensor { binary(CT_DIVIDE, "divide", x, y) }
  /// x + y.
  public static func + (x: Tensor, y: Double) -> Tensor { binary(CT_ADD, "add", x, y) }
  /// x − y.
  public static func - (x: Tensor, y: Double) -> Tensor { binary(CT_SUBTRACT, "subtract", x, y) }
  /// x y.
  public static func * (x: Tensor, y: Double) -> Tensor { binary(CT_MULTIPLY, "multiply", x, y) }
  /// x / y; of whole numbers in floating point.
  public static func / (x: Tensor, y: Double) -> Tensor { binary(CT_DIVIDE, "divide", x, y) }
  /// x + y.
  public static func + (x: Double, y: Tensor) -> Tensor { y + x }
  /// x − y.
  public static func - (x: Double, y: Tensor) -> Tensor { -y + x }
  /// x y.
  public static func * (x: Double, y: Tensor) -> Tensor { y * x }
  /// x / y; of whole numbers in float32.
  public static func / (x: Double, y: Tensor) -> Tensor {
    // Divided once, not multiplied by a rounded reciprocal.
    let dtype = y.dtype.isFloatingPoint ? y.dtype : .float32
    return .full([], x, dtype: dtype, device: y.device) / y
  }
  /// Each element to this power.
  public func pow(_ exponent: Double) -> Tensor { Tensor.binary(CT_POWER, "pow", self, exponent) }
  /// The larger of two elements; NaN where either is.
  public func maximum(_ other: Tensor) -> Tensor {
    Tensor.binary(CT_MAXIMUM, "maximum", self, other)
  }
  /// The smaller of two elements; NaN where either is.
  public func minimum(_ other: Tensor) -> Tensor {
    Tensor.binary(CT_MINIMUM, "minimum", self, other)
  }
  /// The angle of the point (x, self), in radians.
  public func atan2(_ x: Tensor) -> Tensor { Tensor.binary(CT_ATAN2, "atan2", self, x) }

  // MARK: In place

  /// Adds y, which must broadcast to the shape of x, to the elements of x where they lie.
  public static func += (x: Tensor, y: Tensor) {
    check(ct_binary_in_place(CT_ADD, x.raw, y.raw), "+=", [x, y])
  }
  /// Subtracts y, which must broadcast to the shape of x, from the elements of x where they lie.
  public static func -= (x: Tensor, y: Tensor) {
    check(ct_binary_in_place(CT_SUBTRACT, x.raw, y.raw), "-=", [x, y])
  }
  /// Multiplies the elements of x where they lie by y, which must broadcast to the shape of x.
  public static func *= (x: Tensor, y: Tensor) {
    check(ct_binary_in_place(CT_MULTIPLY, x.raw, y.raw), "*=", [x, y])
  }
  /// Multiplies the elements of x where they lie by a number.
  public static func *= (x: Tensor, y: Double) {
    check(ct_binary_scalar_in_place(CT_MULTIPLY, x.raw, y), "*=", [x])
  }

  // MARK: Functions

  /// |x|.
  public func abs() -> Tensor { unary(CT_ABSOLUTE, "abs") }
  /// −1, 0 or 1.
  public func sign() -> Tensor { unary(CT_SIGN, "sign") }
  /// x².
  public func square() -> Tensor { unary(CT_SQUARE, "square") }
  /// √x; NaN below 0.
  public func sqrt() -> Tensor { unary(CT_SQUARE_ROOT, "sqrt") }
  /// 1 / √x.
  public func rsqrt() -> Tensor { unary(CT_RECIPROCAL_SQUARE_ROOT, "rsqrt") }
  /// exp x.
  public func exp() -> Tensor { unary(CT_EXP, "exp") }
  /// exp(x) − 1 without cancellation near 0.
  public func expm1() -> Tensor { unary(CT_EXPM1, "expm1") }
  /// The natural logarithm; −∞ at 0, and NaN below.
  public func log() -> Tensor { unary(CT_LOG, "log") }
  /// log(1 + x) without cancellation near 0.
  public func log1p() -> Tensor { unary(CT_LOG1P, "log1p") }
  /// sin x, of radians.
  public func sin() -> Tensor { unary(CT_SIN, "sin") }
  /// cos x, of radians.
  public func cos() -> Tensor { unary(CT_COS, "cos") }
  /// The hyperbolic tangent.
  public func tanh() -> Tensor { unary(CT_TANH, "tanh") }
  /// 1 / (1 + exp(−x)).
  public func sigmoid() -> Tensor { unary(CT_SIGMOID, "sigmoid") }
  /// log(1 + exp x).
  public func softplus() -> Tensor { unary(CT_SOFTPLUS, "softplus") }
  /// max(x, 0).
  public func relu() -> Tensor { unary(CT_RELU, "relu") }
  /// x Φ(x), with Φ the standard normal distribution function.
  public func gelu() -> Tensor { unary(CT_GELU, "gelu") }
  /// x / (1 + exp(−x)).
  public func silu() -> Tensor { unary(CT_SILU, "silu") }
  /// The error function 2/√π ∫₀ˣ exp(−t²) dt.
  public func erf() -> Tensor { unary(CT_ERF, "erf") }
  /// The inverse of the error function; ±∞ at ±1, and NaN beyond.
  public func erfinv() -> Tensor { unary(CT_ERFINV, "erfinv") }
  /// The largest whole number that is not above x.
  public func floor() -> Tensor { unary(CT_FLOOR, "floor") }
  /// The nearest whole number; of two, the even one.
  public func rounded() -> Tensor { unary(CT_ROUND, "rounded") }
  /// The power of two at or below |x|, not less than the least normal number: what x can be divided by without rounding.
  /// Infinite for what is not finite; a constant for differentiation.
  ///
  /// ```swift
  /// Tensor([-6.5, 0.3]).binade().array(Double.self)   // [4.0, 0.25]
  /// ```
  public func binade() -> Tensor { unary(CT_BINADE, "binade") }

  /// Each element brought between `min` and `max`; NaN stays.
  public func clamped(min: Double = -.infinity, max: Double = .infinity) -> Tensor {
    tensor("clamped", [self]) { ct_clamp($0, raw, min, max) }
  }

  // MARK: Comparison (bool tensors)

  /// Whether an element is NaN.
  public func isNaN() -> Tensor { unary(CT_IS_NAN, "isNaN") }
  /// Whether an element is neither NaN nor infinite.
  public func isFinite() -> Tensor { unary(CT_IS_FINITE, "isFinite") }
  /// Whether an element is false (zero).
  public func not() -> Tensor { unary(CT_NOT, "not") }
  /// Whether both elements are true (not zero).
  public func and(_ other: Tensor) -> Tensor { Tensor.binary(CT_AND, "and", self, other) }
  /// Whether either element is true (not zero).
  public func or(_ other: Tensor) -> Tensor { Tensor.binary(CT_OR, "or", self, other) }
  /// x = y; NaN equals nothing.
  public func equal(to other: Tensor) -> Tensor { Tensor.binary(CT_EQUAL, "equal", self, other) }
  /// x < y.
  public func less(than other: Tensor) -> Tensor { Tensor.binary(CT_LESS, "less", self, other) }
  /// x ≤ y.
  public func lessOrEqual(_ other: Tensor) -> Tensor {
    Tensor.binary(CT_LESS_EQUAL, "lessOrEqual", self, other)
  }
  /// x > y.
  public func greater(than other: Tensor) -> Tensor {
    Tensor.binary(CT_GREATER, "greater", self, other)
  }
  /// x ≥ y.
  public func greaterOrEqual(_ other: Tensor) -> Tensor {
    Tensor.binary(CT_GREATER_EQUAL, "greaterOrEqual", self, other)
  }
  /// x = a number.
  public func equal(to other: Double) -> Tensor { Tensor.binary(CT_EQUAL, "equal", self, other) }
  /// x < a number.
  public func less(than other: Double) -> Tensor { Tensor.binary(CT_LESS, "less", self, other) }
  /// x > a number.
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
