import Foundation
import Testing

@testable import Figures

/// Drawings in a page, read back from their elements: where things stand is computed by hand.
@Suite struct PageDrawingTests {
  private func svg(_ panel: Panel) -> String { PageDrawing(panel, aspect: 0.6).svg(title: "t") }

  /// The corners of the first path.
  private func corners(_ svg: String) throws -> [(x: Double, y: Double)] {
    let path = try #require(svg.firstMatch(of: /d="M([^"]*)"/)).1
    return path.split { "ML".contains($0) }.map { pair in
      let numbers = pair.split(separator: " ").compactMap { Double($0) }
      return (numbers[0], numbers[1])
    }
  }

  /// The places of the texts that hold `words`.
  private func places(_ words: String, in svg: String) throws -> [(x: Double, y: Double)] {
    try svg.matches(of: /<text[^>]* x="([-0-9.]+)" y="([-0-9.]+)"[^>]*>([^<]*)</).filter {
      $0.3 == words
    }.map { (try #require(Double($0.1)), try #require(Double($0.2))) }
  }

  @Test func `points stand in proportion, or by their logarithms`() throws {
    let linear = try corners(
      svg(
        Panel(x: Axis(range: 0...4), y: Axis(range: 0...1), [.line(x: [0, 1, 4], y: [0, 0.5, 1])])))
    #expect(abs((linear[1].x - linear[0].x) / (linear[2].x - linear[0].x) - 0.25) < 1e-3)
    #expect(abs((linear[1].y - linear[0].y) / (linear[2].y - linear[0].y) - 0.5) < 1e-3)
    #expect(linear[2].y < linear[0].y, "large values stand above small ones")
    let log = try corners(
      svg(
        Panel(
          x: Axis(range: 1...100, scale: .logarithmic), [.line(x: [1, 10, 100], y: [0, 1, 2])])))
    #expect(abs((log[1].x - log[0].x) / (log[2].x - log[0].x) - 0.5) < 1e-3)
  }

  @Test func `the longest number beside an axis is not cut off`() throws {
    let panel = Panel([.line(x: [0, 140], y: [0.0708, 0.0421])])
    let drawing = PageDrawing(panel, aspect: 0.8).svg(title: "t")
    let ticks = try drawing.matches(
      of: /x="([-0-9.]+)" y="[-0-9.]+" text-anchor="end">(0\.[0-9]+)</
    )
    .map { (end: try #require(Double($0.1)), words: $0.2) }
    #expect(ticks.contains { $0.words.count == 5 })
    for tick in ticks { #expect(tick.end - 6.7 * Double(tick.words.count) >= 0) }
  }

  @Test func `a gap parts a curve in two`() throws {
    let drawing = svg(Panel([.line(x: [0, 1, 2, 3, 4], y: [0, 1, .nan, 1, 0])]))
    let path = try #require(drawing.firstMatch(of: /d="([^"]*)"/)).1
    #expect(path.count { $0 == "M" } == 2)
  }

  @Test func `names of curves that end together stand a line apart, in their order`() throws {
    let drawing = svg(
      Panel(
        y: Axis(range: 0...1),
        [
          .line(x: [0, 1], y: [0, 0.5], label: "one"),
          .line(x: [0, 1], y: [0, 0.51], label: "two"),
          .line(x: [0, 1], y: [0, 0.49], label: "three"),
        ]))
    let heights = try ["two", "one", "three"].map { try #require(places($0, in: drawing).first).y }
    #expect(zip(heights, heights.dropFirst()).allSatisfy { $1 - $0 >= 15.9 })
  }

  @Test func `names at the lower end stay within the frame`() throws {
    let names = (0..<5).map { "name \($0)" }
    let drawing = svg(
      Panel(y: Axis(range: 0...1), names.map { .line(x: [0, 1], y: [1, 0], label: Text($0)) }))
    let size = try #require(drawing.firstMatch(of: /viewBox="0 0 400 ([0-9.]+)"/)).1
    for name in names {
      #expect(try #require(places(name, in: drawing).first).y < (Double(size) ?? 0) - 20)
    }
  }

  @Test func `ticks are round numbers within the range`() {
    #expect(
      Axis().marks(over: 0...1, length: 190, spacing: 34).map(\.label)
        == ["0", "0.2", "0.4", "0.6", "0.8", "1"])
    #expect(
      Axis(scale: .logarithmic).marks(over: 1...100, length: 300, spacing: 48).map(\.value)
        == [1, 2, 5, 10, 20, 50, 100])
    #expect(
      Axis(ticks: .at([1, 500])).marks(over: 1...100, length: 300, spacing: 48).map(\.label) == [
        "1"
      ])
    #expect(
      Axis().marks(over: -1...0, length: 100, spacing: 48).map(\.label) == ["−1", "−0.5", "0"])
  }

  @Test func `bars reach from zero to their heights`() throws {
    let drawing = svg(
      Panel(y: Axis(range: -1...1), [.bars(x: [0, 1], heights: [0.5, -0.5])]))
    let bars = try drawing.matches(of: /<rect [^>]* y="([0-9.]+)" height="([0-9.]+)"/).map {
      (try #require(Double($0.1)), try #require(Double($0.2)))
    }
    #expect(bars.count == 2 && abs(bars[0].1 - bars[1].1) < 0.05)
    #expect(abs(bars[0].0 + bars[0].1 - bars[1].0) < 0.05, "one ends where the other begins")
  }

  @Test func `fields are left to gnuplot, and words are escaped`() {
    let field = ScalarField(x: [0, 1], y: [0, 1]) { $0 + $1 }
    #expect(Figure(Panel([.heatmap(field)])).pageElements(title: "") == nil)
    let drawing = Figure(Panel(title: "<a>", [.line(x: [0, 1], y: [0, 1])])).pageElements(
      title: "x & y")
    #expect(drawing?.contains("&lt;a&gt;") == true && drawing?.contains("x &amp; y") == true)
  }
}
