/// The gnuplot script that draws a figure, without its terminal.
///
/// Data stand in the script itself, so a script depends on nothing and the same figure always has
/// the same script.
struct Script {
  private(set) var lines: [String]
  private let layout: Layout

  var width: Double { layout.width }
  var height: Double { layout.height }
  var text: String { lines.joined(separator: "\n") + "\n" }

  init(_ figure: Figure) {
    layout = Layout(figure)
    let ink = Color.black.script()
    let frame = Color(0x4D4D4D).script()
    lines = [
      "set encoding utf8",
      "set border 15 front linewidth 0.8 linecolor \(frame)",
      "set cbtics out scale 0.5 font ',10.5' textcolor \(ink)",
      "set grid back linetype 1 linewidth 0.6 linecolor rgb '#E4E4E4', "
        + "linetype 1 linewidth 0.6 linecolor rgb '#F1F1F1'",
      "set style fill solid noborder",

      "set minussign",
    ]
    var panels: [[String]] = []
    for (i, row) in figure.rows.enumerated() {
      for (j, panel) in row.enumerated() {
        var drawing = PanelDrawing(panel, frame: layout.frames[i][j], name: "p\(i + 1)_\(j + 1)")
        drawing.draw(in: layout)
        lines += drawing.data
        panels.append(drawing.commands)
      }
    }
    lines.append("set multiplot")
    addHeadings(figure)
    for (index, panel) in panels.enumerated() {
      lines += panel
      if index == 0 { lines += ["unset label 1", "unset label 2"] }
    }
    lines.append("unset multiplot")
  }

  /// The title and the note, as labels of the first panel.
  private mutating func addHeadings(_ figure: Figure) {
    if let title = figure.title {
      let y = layout.fraction(y: 18)
      lines.append(
        "set label 1 \(title.bold.quoted) at screen 0.5,\(y) center font ',14' "
          + "textcolor \(Color.black.script())")
    }
    if let note = layout.note {
      let top = layout.height - 13 * Double(note.lineCount) + 3
      lines.append(
        "set label 2 \(note.quoted) at screen \(layout.fraction(x: 12)),\(layout.fraction(y: top)) "
          + "left font ',10' textcolor rgb '#595959'")
    }
  }
}

extension Layout {
  /// A place as the fraction of the page that gnuplot asks for, from the left …
  func fraction(x: Double) -> Double { Self.rounded(x / width) }

  /// … and from the bottom.
  func fraction(y: Double) -> Double { Self.rounded(1 - y / height) }

  private static func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
}
