import Foundation

extension Double {
  /// A fraction in per cent, with three digits at most: "95", "8.25", "0.31".
  var percent: String { String(format: "%.3g", 100 * self) }

  /// A relation to a probability of two digits: "= 0.25", "< 0.001".
  var shortProbability: String { self < 0.001 ? "< 0.001" : String(format: "= %.2g", self) }

  /// Four significant digits.
  var digits: String { String(format: "%.4g", self) }
}
