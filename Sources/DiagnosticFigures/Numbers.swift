import Foundation

extension Double {
  /// A fraction in per cent, with three digits at most: "95", "8.25", "0.31".
  var percent: String { (100 * self).digits(3) }

  /// A relation to a probability of two digits: "= 0.25", "< 0.001".
  var shortProbability: String { self < 0.001 ? "< 0.001" : "= \(digits(2))" }
}
