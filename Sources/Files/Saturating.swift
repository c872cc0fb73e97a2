extension Int {
  /// The whole part of a number that may be any: the first or last whole number for what lies beyond, 0 for what is no
  /// number. `Int(_:)` ends the program there.
  ///
  /// ```swift
  /// Int(saturating: 2.9)         // 2
  /// Int(saturating: .infinity)   // Int.max
  /// ```
  public init(saturating value: Double) {
    self = value.isNaN ? 0 : value >= 0x1p63 ? .max : value < -0x1p63 ? .min : Int(value)
  }
}
