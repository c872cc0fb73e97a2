import Files
import Foundation
import Testing

@testable import Figures

@Suite struct WriteTests {
  private let figure = Figure(
    Panel([
      .line(x: [0, 1, 2, 3], y: [0, 1, .nan, 2], label: "a"), .points(x: [1], y: [.infinity]),
    ]),
    width: 120, height: 80)

  @Test func `the same figure gives the same bytes`() throws {
    let field = ScalarField(x: [0, 1, 2], y: [0, 1, 2]) { $0 * $1 }
    let panel = Panel([.filledContours(field, levels: [1, 2]), .contours(field, levels: [1])])
    try withTemporaryDirectory { directory in
      let paths = ["a", "b"].map { directory.appending(path: $0).path }
      for path in paths {
        try Figure(panel, width: 100, height: 100).write(svg: "\(path).svg", png: "\(path).png")
      }
      for kind in ["svg", "png"] {
        let files = try paths.map { try Data(contentsOf: URL(fileURLWithPath: "\($0).\(kind)")) }
        #expect(files[0] == files[1] && !files[0].isEmpty)
      }
    }
  }

  @Test func `both axes are labelled, with ticks or without, above a legend or not`() throws {
    for ticks in [Axis.Ticks.automatic, .unlabelled] {
      for legend in [Panel.Legend.below, .topLeft] {
        let panel = Panel(
          x: Axis("epoch", ticks: ticks), y: Axis("loss"), legend: legend,
          [.line(x: [0, 1], y: [0, 1], label: "a")])
        let drawing = try Figure(rows: [[panel, panel]]).svg()
        #expect(drawing.split(separator: "epoch").count == 3)
        #expect(drawing.split(separator: "loss").count == 3)
      }
    }
  }

  @Test func `text appears literally, whatever it holds`() throws {
    let wild = #"a_b ^c {d} @e & f ~g \h 50% %g "q" 'r' `id` $(id) #!λ⟨x⟩"#
    let tick = "a_b^c{d} 50% %g `id` <é>"
    let figure = Figure(
      Panel(
        title: Text(wild), x: Axis(ticks: .labelled([0, 0.5, 1], [Text(wild), Text(tick), "b"])),
        legend: .below,
        [.line(x: [0, 1], y: [0, 1], label: Text(wild)), .text(Text(wild), x: 0, y: 0)]),
      width: 400, height: 100)
    let drawing = try figure.svg()
    let texts = drawing.split(separator: "<text>").dropFirst().map { piece in
      piece.prefix { _ in true }.split(separator: "</text>")[0].replacing(/<[^>]*>/, with: "")
        .replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
    }
    // Title, legend, annotation; ticks are short.
    #expect(texts.count { $0 == wild } == 3, "\(texts)")
    #expect(texts.contains { $0 == tick } && texts.contains { $0 == "a_b ^c {d} @…" }, "\(texts)")
  }

  @Test func `maths has subscripts and superscripts`() throws {
    let drawing = try Figure(Panel(title: .maths("x_{12}^3"), [.horizontal(at: 0)])).svg()
    #expect(drawing.contains(">12</tspan>") && !drawing.contains("x_"))
  }

  @Test func `a gap is not drawn over`() throws {
    func pieces(_ y: [Double]) throws -> Int {
      let line = Mark.line(x: [0, 1, 2, 3, 4], y: y, color: .orange)
      // The line's path, one "M" a piece; nothing else is orange.
      let drawing = try Figure(Panel([line])).svg()
      return drawing.matches(of: /stroke='rgb\(230, 159, *0\)'[^>]*/).map { path in
        path.output.count { $0 == "M" }
      }.reduce(0, +)
    }
    #expect(try pieces([0, 1, 2, 3, 4]) == 1)
    #expect(try pieces([0, 1, .nan, 3, 4]) == 2)
  }

  @Test func `a panel without a finite value is drawn empty`() throws {
    let empty = Figure(
      Panel([
        .line(x: [.nan], y: [1], label: "nothing"), .points(x: [], y: []),
        .heatmap(ScalarField(x: [0, 1], y: [0, 1]) { _, _ in .nan }),
      ]))
    #expect(try empty.svg().contains("nothing"))
  }

  @Test func `what gnuplot would refuse is drawn as far as it goes`() throws {
    let flat = ScalarField(x: [0, 1], y: [0, 1]) { _, _ in 2 }
    let gap = ScalarField(x: [0, 1], y: [0, 1]) { _, _ in .nan }
    let panels = [
      Panel([.contours(flat, levels: [5])]), Panel([.contours(gap, levels: [5])]),
      Panel([.heatmap(flat)]), Panel([.filledContours(flat, levels: [1])]), Panel([]),
      Panel(y: Axis(range: 1...1), [.line(x: [0, 1], y: [0, 1])]),
      Panel(y: Axis(scale: .logarithmic), [.bars(x: [0, 1, 2], heights: [1e-3, 0, 10])]),
      Panel(x: Axis(scale: .logarithmic), [.points(x: [0, -1], y: [1, 1])]),
      Panel([.band(x: [0, 1, 2, 3], lower: [0, .nan, 0, 0], upper: [1, 1, 1, 1])]),
      Panel([.arrows(x: [0], y: [0], dx: [0], dy: [0])]), Panel([.vertical(at: .infinity)]),
    ]
    for panel in panels {
      #expect(try Figure(panel, width: 60, height: 60).svg().contains("</svg>"), "\(panel)")
    }
  }

  @Test func `a missing gnuplot is said with its remedy`() {
    let expected = Failure(
      "gnuplot not found", at: "PATH", remedy: "install gnuplot-nox (apt-get install gnuplot-nox)")
    #expect(throws: expected) { try Gnuplot(path: "/nonexistent:") }
  }

  @Test func `a failing gnuplot is quoted`() throws {
    let gnuplot = try Gnuplot()
    let failure = #expect(throws: Failure.self) { try gnuplot.output(of: "plot [0:1\n") }
    #expect(failure?.what.contains("gnuplot failed with status 1") == true)
    #expect(failure?.what.contains("unfinished range") == true, "\(failure?.what ?? "")")
  }

  /// A program of this name that sleeps is ended; one that is killed is told apart; neither leaves a file. The programs
  /// are fixtures, since one that a test writes cannot be started while a process that another test starts holds it open.
  @Test func `a gnuplot that hangs or dies is ended, and nothing is left of it`() throws {
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures")
    for (program, says) in [
      ("hanging", "still drawing after 1 seconds"), ("dying", "status 137"),
    ] {
      let gnuplot = try Gnuplot(path: fixtures.appending(path: program).path, limit: 0.5)
      let failure = #expect(throws: Failure.self) { try gnuplot.output(of: "") }
      #expect(failure?.what.contains(says) == true, "\(failure?.what ?? "")")
    }
  }

  @Test func `a path that cannot be written is named and nothing is left`() throws {
    try withTemporaryDirectory { directory in
      let missing = directory.appending(path: "none/figure.svg").path
      let failure = #expect(throws: Failure.self) { try figure.write(svg: missing) }
      #expect(failure?.description.contains(missing) == true)
      let taken = directory.appending(path: "folder.png")
      try FileManager.default.createDirectory(at: taken, withIntermediateDirectories: false)
      #expect(throws: Failure.self) { try figure.write(png: taken.path) }
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["folder.png"])
    }
  }
}
