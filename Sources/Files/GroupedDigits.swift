extension Int {
  /// The number with its digits in groups of three, for people: `2,000`, `-1,234,567`.
  package var grouped: String {
    let digits = Array(String(magnitude))
    let marked = digits.enumerated().map { index, digit in
      (index > 0 && (digits.count - index).isMultiple(of: 3) ? "," : "") + String(digit)
    }
    return (self < 0 ? "-" : "") + marked.joined()
  }
}
