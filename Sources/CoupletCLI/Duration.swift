import Files

extension ValueKind where Value == Double {
  /// Seconds, as `90`, `90s`, `10m` or `2h`.
  static var duration: ValueKind {
    ValueKind("TIME", text: { "\($0)s" }) { text in
      let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
      let unit = text.last.flatMap { units[$0] }
      guard let number = Double(unit == nil ? text : String(text.dropLast())), number > 0,
        number.isFinite
      else {
        throw Failure(
          "'\(text)' is not a time", remedy: "give seconds, minutes or hours: 90s, 10m, 2h")
      }
      return number * (unit ?? 1)
    }
  }
}
