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
    var text = ""
    if length < scalars.count {
      let half = length / 2
      text =
        "\(String.UnicodeScalarView(scalars.prefix(half))) … \(String.UnicodeScalarView(scalars.suffix(half)))"
    } else {
      text = self
    }
    guard text.unicodeScalars.contains(where: String.acts) else { return text }
    return text.unicodeScalars.reduce(into: "") { result, scalar in
      if String.acts(scalar), !(keepsLines && (scalar == "\n" || scalar == "\t")) {
        result +=
          scalar == "\n" ? "\\n" : "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
  }

  /// A name out of a file as a part of a message: printable, and at most 80 characters.
  public var quoted: String { printable(80) }

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
