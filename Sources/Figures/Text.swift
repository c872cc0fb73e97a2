/// Text in a figure: a title, a label, a legend entry.
///
/// Written as a string it appears literally, whatever characters it holds; Greek letters and
/// mathematical signs are written in Unicode. Subscripts and superscripts are asked for with
/// `maths`, in the notation `x_{i}`, `10^{-3}`.
///
/// ```swift
/// Panel(title: "train_loss", x: Axis("λ"), y: Axis(.maths("ν_{u|v}") + " (relative)"))
/// ```
public struct Text: Sendable, Equatable, ExpressibleByStringInterpolation {
  /// The text in gnuplot's enhanced notation.
  let markup: String
  /// The text without notation, for estimates of its width.
  let plain: String

  /// Text that appears literally.
  public init(_ string: String) {
    let printable = string.unicodeScalars.filter {
      $0 == "\n" || $0.properties.generalCategory != .control
    }
    plain = String(String.UnicodeScalarView(printable))
    markup = plain.map { "^_{}@&~\\".contains($0) ? "\\\($0)" : String($0) }.joined()
  }

  /// From a literal in the source; it appears as it is written.
  public init(stringLiteral value: String) { self.init(value) }

  /// Text with subscripts `_{…}` and superscripts `^{…}`; a backslash makes the next character
  /// literal.
  public static func maths(_ markup: String) -> Text {
    Text(markup: markup, plain: markup.filter { !"^_{}\\".contains($0) })
  }

  /// The two texts one after the other.
  public static func + (left: Text, right: Text) -> Text {
    Text(markup: left.markup + right.markup, plain: left.plain + right.plain)
  }

  private init(markup: String, plain: String) {
    self.markup = markup
    self.plain = plain
  }
}

extension Text {
  /// The text in bold.
  var bold: Text { Text(markup: "{/:Bold \(markup)}", plain: plain) }

  /// The text as an expression of a gnuplot script. Single quotes, since gnuplot replaces
  /// back-quoted commands in double quotes by what the shell answers.
  var quoted: String {
    markup.split(separator: "\n", omittingEmptySubsequences: false)
      .map { "'\($0.replacing("'", with: "''"))'" }
      .joined(separator: ".\"\\n\".")
  }

  /// The text as the label of a tick, which gnuplot reads as a number format and cuts off after 50
  /// bytes; longer ones are shortened here, where no notation is cut in two.
  var quotedForTick: String {
    let format = Text(markup: markup.replacing("%", with: "%%"), plain: plain).quoted
    return format.utf8.count < 50 ? format : Text(plain.prefix(12) + "…").quotedForTick
  }

  /// The text broken into lines of at most `limit` characters at its spaces.
  func wrapped(at limit: Int) -> Text {
    var lines = [""]
    for word in markup.split(separator: " ") {
      let line = lines[lines.count - 1]
      if line.isEmpty {
        lines[lines.count - 1] = String(word)
      } else if line.count + word.count < limit {
        lines[lines.count - 1] += " \(word)"
      } else {
        lines.append(String(word))
      }
    }
    return Text(markup: lines.joined(separator: "\n"), plain: plain)
  }

  var lineCount: Int { markup.split(separator: "\n", omittingEmptySubsequences: false).count }
}
