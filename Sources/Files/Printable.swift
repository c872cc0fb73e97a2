extension String {
  /// The text without anything that acts on a terminal: control characters, line ends and marks of the direction of
  /// writing as their code points, `\u{1B}`; at most `length` characters, the middle left out.
  ///
  /// Every message goes through it, so that neither a path nor what is quoted of a file can move the cursor, change
  /// colours or fake a line.
  ///
  /// ```swift
  /// "a\u{1B}[31m.npy".printable()     // "a\\u{1B}[31m.npy"
  /// "first, second".printable(7)      // "fir … ond"
  /// ```
  /// - Parameter keepsLines: leaves line ends and tabs as they are, for texts of several lines.
  public func printable(_ length: Int = .max, keepsLines: Bool = false) -> String {
    let scalars = unicodeScalars
    guard length < scalars.count || scalars.contains(where: String.acts) else { return self }
    // What is shown counts, from either end: a control character takes up to nine.
    func shown(_ scalars: some Sequence<Unicode.Scalar>, atMost length: Int) -> [String] {
      var parts: [String] = []
      var left = length
      for scalar in scalars {
        let part = String.shown(scalar, keepsLines: keepsLines)
        left -= part.unicodeScalars.count
        if left < 0 { break }
        parts.append(part)
      }
      return parts
    }
    let whole = shown(scalars, atMost: length)
    if whole.count == scalars.count { return whole.joined() }
    let half = length / 2
    let end = shown(scalars.reversed(), atMost: half).reversed()
    return "\(shown(scalars, atMost: half).joined()) … \(end.joined())"
  }

  /// A name out of a file as a part of a message: printable, and at most 80 characters.
  public var quoted: String { printable(80) }

  private static func shown(_ scalar: Unicode.Scalar, keepsLines: Bool) -> String {
    if !acts(scalar) || keepsLines && (scalar == "\n" || scalar == "\t") { return String(scalar) }
    return scalar == "\n" ? "\\n" : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
  }

  /// Whether a terminal does something else with it than show it.
  private static func acts(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.value < 0x20 || scalar.value > 0x7E else { return false }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: return true
    // Joiners are parts of words and of pictures; the others reverse or hide text.
    case .format: return scalar != "\u{200C}" && scalar != "\u{200D}"
    default: return false
    }
  }
}
