import Files
import Foundation

/// A report of a run as one HTML file that needs nothing else: no network, no scripts, no other
/// files. It reads well on light and on dark screens and on paper.
///
/// ```swift
/// let report = Report(title: "MNIST, two-sided", [
///   .values([("pairs", "60 000"), ("epochs", "300")]),
///   .heading("Recall"),
///   .table(columns: ["K", "image → label", "label → image"], rows: [[1, 0.991, 0.995]]),
///   .figure(recall, caption: "Recall against iterations."),
/// ])
/// try report.write(to: "run/report.html")
/// ```
public struct Report: Sendable {
  /// A part of the document, from heading to figure.
  public enum Section: Sendable {
    /// The title of what follows.
    case heading(String)
    /// Running text.
    case paragraph(String)
    /// Something the reader must not overlook.
    case note(String)
    /// Names with their values: settings, results.
    case values([(name: String, value: String)])
    /// Rows of cells under the names of their columns.
    case table(columns: [String], rows: [[Cell]], caption: String = "")
    /// A figure as a picture in the document.
    case figure(Figure, caption: String = "")
  }

  /// A cell of a table.
  public enum Cell: Sendable, Equatable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByStringLiteral
  {
    /// Words.
    case text(String)
    /// A number, shown with four significant digits.
    case number(Double)
    /// A whole number, shown in full.
    case integer(Int)

    /// From a number with a fraction in the source.
    public init(floatLiteral value: Double) { self = .number(value) }
    /// From a whole number in the source.
    public init(integerLiteral value: Int) { self = .integer(value) }
    /// From a text in the source.
    public init(stringLiteral value: String) { self = .text(value) }
  }

  /// The heading of the document, and its title in the browser.
  public var title: String
  /// What stands under it, in this order.
  public var sections: [Section]

  /// A report to which sections can be added.
  public init(title: String, _ sections: [Section] = []) {
    self.title = title
    self.sections = sections
  }

  /// The document. A figure that cannot be drawn, say because gnuplot is missing, is replaced by a
  /// note with the reason, so that a run does not lose its report.
  public func html() -> String {
    let title = Self.escaped(title)
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(title)</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <h1>\(title)</h1>
      \(sections.map(Self.html).joined(separator: "\n"))
      </body>
      </html>

      """
  }

  /// Writes the document to `path`, whole or not at all. Throws a `Failure` when it cannot.
  public func write(to path: String) throws {
    try AtomicFile.write(Data(html().utf8), to: path)
  }
}

// MARK: HTML

extension Report {
  private static func html(_ section: Section) -> String {
    switch section {
    case .heading(let text): return "<h2>\(escaped(text))</h2>"
    case .paragraph(let text): return "<p>\(escaped(text))</p>"
    case .note(let text): return "<p class=\"note\">\(escaped(text))</p>"
    case .values(let values):
      let rows = values.map {
        "<tr><th scope=\"row\">\(escaped($0.name))</th><td>\(escaped($0.value))</td></tr>"
      }
      return "<table class=\"values\">\n\(rows.joined(separator: "\n"))\n</table>"
    case .table(let columns, let rows, let caption):
      return table(columns: columns, rows: rows, caption: caption)
    case .figure(let figure, let caption): return html(figure, caption: caption)
    }
  }

  private static func table(columns: [String], rows: [[Cell]], caption: String) -> String {
    require(
      rows.allSatisfy { $0.count == columns.count },
      "Report: rows of \(Set(rows.map(\.count)).sorted()) cells under \(columns.count) columns")
    let head = columns.map { "<th scope=\"col\">\(escaped($0))</th>" }.joined()
    let body = rows.map { "<tr>\($0.map(html).joined())</tr>" }
    return """
      <div class="scroll"><table>
      \(caption.isEmpty ? "" : "<caption>\(escaped(caption))</caption>\n")<thead><tr>\(head)</tr></thead>
      <tbody>
      \(body.joined(separator: "\n"))
      </tbody>
      </table></div>
      """
  }

  private static func html(_ cell: Cell) -> String {
    switch cell {
    case .text(let text): "<td>\(escaped(text))</td>"
    case .integer(let value): "<td class=\"number\">\(value)</td>"
    case .number(let value):
      "<td class=\"number\">\(value.isFinite ? String(format: "%.4g", value) : "–")</td>"
    }
  }

  /// The drawing as an image in the document, not as elements of it: the marks of two gnuplot
  /// drawings bear the same names.
  private static func html(_ figure: Figure, caption: String) -> String {
    do {
      let drawing = Data(try figure.svg().utf8).base64EncodedString()
      let words = escaped(caption)
      return """
        <figure><img src="data:image/svg+xml;base64,\(drawing)" alt="\(words)">
        <figcaption>\(words)</figcaption></figure>
        """
    } catch {
      return html(.note("Figure left out (\(caption)): \(error)"))
    }
  }

  /// `text` as HTML shows it.
  static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
  }

  private static let style = """
    :root { color-scheme: light dark; --ink: #1a1a1a; --page: #ffffff; --faint: #595959;
      --line: #d9d9d9; --accent: #0072b2; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e6e6e6; --page: #16181b; --faint: #a6a6a6; --line: #3a3d42;
        --accent: #56b4e9; }
    }
    body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; background: var(--page);
      color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
    h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
    table { border-collapse: collapse; margin: 1rem 0; }
    caption { caption-side: bottom; text-align: left; color: var(--faint); font-size: 0.9rem; }
    th, td { padding: 0.25rem 1rem 0.25rem 0; text-align: left; vertical-align: top;
      border-bottom: 1px solid var(--line); }
    thead th { border-bottom: 2px solid var(--line); }
    .values th { font-weight: normal; color: var(--faint); }
    .number { font-variant-numeric: tabular-nums; }
    .scroll { overflow-x: auto; }
    .note { border-left: 4px solid var(--accent); padding-left: 1rem; }
    figure { margin: 1.5rem 0; }
    figure img { max-width: 100%; height: auto; background: #ffffff; border-radius: 4px; }
    figcaption { color: var(--faint); font-size: 0.9rem; }
    @media print { body { margin: 0; max-width: none; } figure { break-inside: avoid; } }
    """
}
