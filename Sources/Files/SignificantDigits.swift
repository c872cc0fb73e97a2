import Foundation

extension Double {
  /// The number with so many significant digits at most, without zeros that say nothing.
  ///
  /// ```swift
  /// 0.51949.digits(3)   // "0.519"
  /// 2.0.digits(3)       // "2"
  /// 123456.0.digits(3)  // "1.23e+05"
  /// ```
  package func digits(_ count: Int) -> String { String(format: "%.\(count)g", self + 0) }

  /// The number in a message, which may be none: C prints a NaN with a sign that says nothing.
  package var spelledOut: String { isNaN ? "not a number" : isInfinite ? "infinite" : "\(self)" }
}
