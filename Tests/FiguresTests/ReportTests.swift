import Files
import Foundation
import Testing

@testable import Figures

@Suite struct ReportTests {
  private let figure = Figure(Panel([.line(x: [0, 1], y: [0, 1])]), width: 100, height: 60)

  private var report: Report {
    Report(
      title: "Run <1> & more",
      [
        .values([("loss", "two-sided"), ("<name>", "\"quoted\"")]),
        .heading("Recall"),
        .table(
          columns: ["K", "u", "name"], rows: [[1, 0.98765, "a"], [5, .number(.nan), "<b>"]]),
        .figure(figure, caption: "A line & more."),
        .note("Seven pairs were left out: see --held-out."), .paragraph("Text."),
      ])
  }

  @Test func `a report holds its sections, escaped`() {
    let html = report.html()
    #expect(html.contains("<title>Run &lt;1&gt; &amp; more</title>"))
    #expect(html.contains("<th scope=\"row\">&lt;name&gt;</th><td>&quot;quoted&quot;</td>"))
    #expect(
      html.contains("<td class=\"number\">1</td><td class=\"number\">0.9877</td><td>a</td>"))
    #expect(html.contains("<td class=\"number\">–</td><td>&lt;b&gt;</td>"))
    #expect(html.contains("aria-label=\"A line &amp; more.\""))
    #expect(
      html.contains(
        "<p class=\"note\">Seven pairs were left out: see <span class=\"option\">--held-out</span>.</p>"
      ))
  }

  @Test func `a report is one well-formed document that asks for nothing else`() throws {
    let html = report.html()
    #expect(!html.contains("http"), "an address outside the document")
    #expect(html.contains("<svg viewBox"), "the drawing is not part of the page")
    for tag in ["table", "tr", "td", "th", "figure", "p", "html", "body", "div"] {
      let opened = html.matches(of: try Regex("<\(tag)[ >]")).count
      #expect(opened == html.matches(of: try Regex("</\(tag)>")).count, "\(tag)")
    }
  }

  @Test func `a report is written whole or its path is named`() throws {
    try withTemporaryDirectory { directory in
      let path = directory.appending(path: "report.html").path
      try report.write(to: path)
      #expect(try String(contentsOfFile: path, encoding: .utf8) == report.html())
      #expect(throws: Failure.self) { try report.write(to: directory.path) }
    }
  }
}
