import Files
import Foundation

/// A page as one HTML file that needs nothing else: no network, no other files; its only script changes which example
/// is shown. It reads well on light and on dark screens, on narrow ones and on paper.
///
/// ```swift
/// let report = Report(title: "MNIST, two-sided", [
///   .verdict([.init("Learned well.", .good)]),
///   .heading("Recall"),
///   .table(columns: ["K", "image → label", "label → image"], rows: [[1, 0.991, 0.995]]),
///   .figure(recall, caption: "Recall against iterations."),
/// ])
/// try report.write(to: "run/report.html")
/// ```
public struct Report: Sendable {
  /// A part of the document, from heading to figure.
  public enum Section: Sendable {
    /// A line under the title: what the page is about.
    case lede(String)
    /// What the page says in words, before any number.
    case verdict([Sentence])
    /// The few numbers that matter, in large type.
    case numbers([(value: String, name: String)])
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
    /// Figures beside each other where the screen is wide enough.
    case figures([(figure: Figure, caption: String)])
    /// Text as a terminal shows it.
    case code(String)
    /// What is shown on request.
    case details(String, [Section])
    /// One of several alternatives, the one that the reader picks; the first to begin with, and on paper.
    case choice(String, [(name: String, sections: [Section])])
  }

  /// A sentence of a verdict.
  public struct Sentence: Sendable, Equatable {
    /// How it is to be taken.
    public enum Tone: String, Sendable, Codable {
      /// As good news, as a fact, or as a warning.
      case good, plain, warning
    }

    /// The words.
    public var text: String
    /// How they are to be taken.
    public var tone: Tone

    /// A sentence, plain unless said otherwise.
    public init(_ text: String, _ tone: Tone = .plain) { (self.text, self.tone) = (text, tone) }
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
    /// A picture as a PNG file, and what stands for it where it cannot be seen.
    case image(Data, description: String)

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
      <main>
      <h1>\(title)</h1>
      \(sections.map(Self.html).joined(separator: "\n"))
      </main>
      \(Self.holdsChoice(sections) ? Self.script : "")
      </body>
      </html>

      """
  }

  /// Writes the document to `path`, whole or not at all. Throws a `Failure` when it cannot.
  public func write(to path: String, links: Links = .replaced) throws {
    try AtomicFile.write(Data(html().utf8), to: path, links: links)
  }
}

// MARK: HTML

extension Report {
  private static func html(_ section: Section) -> String {
    switch section {
    case .lede(let text): return "<p class=\"lede\">\(escaped(text))</p>"
    case .verdict(let sentences): return verdict(sentences)
    case .numbers(let numbers):
      let cells = numbers.map {
        "<div><b>\(escaped($0.value))</b><span>\(escaped($0.name))</span></div>"
      }
      return "<div class=\"numbers\">\(cells.joined(separator: "\n"))</div>"
    case .heading(let text): return "<h2>\(escaped(text))</h2>"
    case .paragraph(let text): return "<p>\(escaped(text))</p>"
    case .note(let text): return "<p class=\"note\">\(words(text))</p>"
    case .values(let values):
      let rows = values.map {
        "<tr><th scope=\"row\">\(escaped($0.name))</th><td>\(escaped($0.value))</td></tr>"
      }
      return
        "<div class=\"scroll\"><table class=\"values\">\n\(rows.joined(separator: "\n"))\n</table></div>"
    case .table(let columns, let rows, let caption):
      return table(columns: columns, rows: rows, caption: caption)
    case .figure(let figure, let caption): return html(.figures([(figure, caption)]))
    case .figures(let figures):
      let drawn = figures.map { html($0.figure, caption: $0.caption) }
      return "<div class=\"figures\">\(drawn.joined(separator: "\n"))</div>"
    case .code(let text): return "<pre>\(escaped(text))</pre>"
    case .details(let title, let sections):
      return "<details><summary>\(escaped(title))</summary>\n"
        + "\(sections.map(html).joined(separator: "\n"))</details>"
    case .choice(let label, let alternatives): return choice(label, alternatives)
    }
  }

  private static func verdict(_ sentences: [Sentence]) -> String {
    let tone = sentences.contains { $0.tone == .warning } ? "warning" : "good"
    let lines = sentences.map { "<p class=\"\($0.tone.rawValue)\">\(words($0.text))</p>" }
    return "<div class=\"verdict \(tone)\">\(lines.joined(separator: "\n"))</div>"
  }

  private static func choice(
    _ label: String, _ alternatives: [(name: String, sections: [Section])]
  ) -> String {
    let options = alternatives.map { "<option>\(escaped($0.name))</option>" }.joined()
    let parts = alternatives.enumerated().map { index, alternative in
      "<div class=\"alternative\"\(index == 0 ? "" : " hidden")>"
        + "\(alternative.sections.map(html).joined(separator: "\n"))</div>"
    }
    return """
      <div class="choice"><p><label>\(escaped(label)) <select>\(options)</select></label></p>
      \(parts.joined(separator: "\n"))</div>
      """
  }

  private static func holdsChoice(_ sections: [Section]) -> Bool {
    sections.contains { section in
      switch section {
      case .choice: true
      case .details(_, let inner): holdsChoice(inner)
      default: false
      }
    }
  }

  private static let script = """
    <script>
    document.querySelectorAll('.choice').forEach(function (choice) {
      var select = choice.querySelector('select')
      select.addEventListener('change', function () {
        choice.querySelectorAll('.alternative').forEach(function (part, index) {
          part.hidden = index !== select.selectedIndex
        })
      })
    })
    </script>
    """

  private static func table(columns: [String], rows: [[Cell]], caption: String) -> String {
    require(
      rows.allSatisfy { $0.count == columns.count },
      "Report: rows of \(Set(rows.map(\.count)).sorted()) cells under \(columns.count) columns")
    let head = columns.enumerated().map { column, name in
      let isNumber = rows.contains { $0[column].isNumber }
      return "<th scope=\"col\"\(isNumber ? " class=\"number\"" : "")>\(escaped(name))</th>"
    }.joined()
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
    case .image(let data, let description):
      "<td><img src=\"data:image/png;base64,\(data.base64EncodedString())\" "
        + "alt=\"\(escaped(description))\"></td>"
    }
  }

  /// What a page can draw is part of it; what gnuplot draws is an image in it, since the marks of two gnuplot
  /// drawings bear the same names.
  private static func html(_ figure: Figure, caption: String) -> String {
    let words = escaped(caption)
    if let elements = figure.pageElements(title: caption) {
      return "<figure>\(elements)<figcaption>\(words)</figcaption></figure>"
    }
    do {
      let drawing = Data(try figure.svg().utf8).base64EncodedString()
      return """
        <figure><img src="data:image/svg+xml;base64,\(drawing)" alt="\(words)">
        <figcaption>\(words)</figcaption></figure>
        """
    } catch {
      return html(.note("Figure left out (\(caption)): \(error)"))
    }
  }

  /// Running text as HTML, in which no line ends within the name of an option.
  private static func words(_ text: String) -> String {
    escaped(text).replacing(/--[a-z][a-z-]*/) { "<span class=\"option\">\($0.output)</span>" }
  }

  /// `text` as HTML shows it.
  static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
  }

  private static let style = """
    :root { color-scheme: light dark; --paper: #fdfdfb; --ink: #1d1f21; --soft: #5f6368; --rule: #e3e3de;
      --a: #0b62a4; --b: #c4511b; --c: #2f7d4f; --d: #8a4f86; --e: #3f8fc4; --ok: #2f7d4f; --warn: #8a6000; }
    @media (prefers-color-scheme: dark) {
      :root { --paper: #15171a; --ink: #e8e8e4; --soft: #a0a4a8; --rule: #2c2f33; --a: #6fb1e8; --b: #f0925f;
        --c: #7fcf9f; --d: #d3a0cf; --e: #8ec9f0; --ok: #7fcf9f; --warn: #e0b84c; }
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
    main { max-width: 1000px; margin: 0 auto; padding: 40px 24px 80px; }
    h1 { font-size: 26px; line-height: 1.25; margin: 0 0 4px; letter-spacing: -.01em; overflow-wrap: anywhere; }
    h2 { font-size: 18px; margin: 48px 0 4px; }
    p { max-width: 68ch; }
    .lede { color: var(--soft); margin: 0 0 24px; max-width: none; }
    .verdict { border-left: 4px solid var(--ok); padding: 4px 0 4px 16px; margin: 0 0 28px; }
    .verdict.warning { border-left-color: var(--warn); }
    .verdict p { margin: 0 0 6px; }
    .verdict .good { font-weight: 600; } .verdict .warning { color: var(--warn); }
    .numbers { display: flex; flex-wrap: wrap; gap: 1px;
      background: var(--rule); border: 1px solid var(--rule); margin: 0 0 8px; }
    .numbers div { background: var(--paper); padding: 14px 12px; flex: 1 1 150px; }
    .numbers b { display: block; font-size: 20px; font-weight: 600; white-space: nowrap;
      font-variant-numeric: tabular-nums; }
    .numbers span { color: var(--soft); font-size: 14px; }
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(320px, 100%), 1fr));
      gap: 28px 40px; margin: 12px 0; }
    .panels { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(340px, 100%), 1fr)); gap: 12px; }
    figure { margin: 0; min-width: 0; }
    figure:has(.panels) { grid-column: 1 / -1; }
    figcaption { font-size: 14px; color: var(--soft); max-width: 60ch; }
    figure img { max-width: 100%; height: auto; background: #ffffff; }
    svg { width: 100%; max-width: 460px; height: auto; display: block; font: 13px system-ui, sans-serif; }
    .grid { stroke: var(--rule); } .curve { fill: none; stroke-linejoin: round; }
    .tick { fill: var(--soft); } .title { fill: var(--ink); font-weight: 600; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 15px; margin-top: 8px; }
    caption { caption-side: bottom; text-align: left; color: var(--soft); font-size: 14px; padding-top: 4px;
      max-width: min(60ch, 100vw - 48px); }
    td, th { padding: 6px 18px 6px 0; border-bottom: 1px solid var(--rule); text-align: left;
      vertical-align: top; font-weight: 400; overflow-wrap: break-word; }
    th { color: var(--soft); font-size: 14px; }
    td.number, th.number { text-align: right; }
    td img { image-rendering: pixelated; width: 64px; height: auto; display: block; }
    .scroll { overflow-x: auto; }
    .option { white-space: nowrap; }
    .note { border-left: 4px solid var(--warn); padding-left: 16px; }
    pre { background: color-mix(in srgb, var(--ink) 5%, transparent); padding: 12px 16px; overflow-x: auto;
      font: 14px/1.5 ui-monospace, monospace; }
    details { margin-top: 8px; } summary { cursor: pointer; color: var(--soft); }
    select { font: inherit; background: var(--paper); color: var(--ink); border: 1px solid var(--rule);
      padding: 4px 8px; max-width: 100%; }
    @media print { main { max-width: none; padding: 0; } figure, .numbers, tr { break-inside: avoid; }
      select { border: 0; appearance: none; } }
    """
}

extension Report.Cell {
  var isNumber: Bool {
    switch self {
    case .number, .integer: true
    case .text, .image: false
    }
  }
}
