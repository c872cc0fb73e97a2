import Files
import Foundation

/// A panel drawn as elements of a page: text in the page's font, colours that follow its scheme, labels beside the
/// data instead of a legend on it.
///
/// The drawing is 400 units wide, so that on a narrow screen (390 px) its 13-unit text is still 11 px high. Curves
/// are named at their right end; labels that would meet are moved apart.
struct PageDrawing {
  private let panel: Panel
  private let ranges: (x: ClosedRange<Double>, y: ClosedRange<Double>)
  private let names: [Name]
  private let left: Double
  private let right: Double
  private let top: Double
  private let bottom: Double
  private let height: Double
  static let width = 400.0
  private static let character = 6.7
  private static let line = 16.0

  /// The label of a mark beside the panel, in lines, where its mark ends.
  private struct Name {
    let lines: [String]
    let ink: String
    var y: Double
  }

  /// - Parameter aspect: height over width of the frame; that of the units where the panel asks for equal ones.
  init(_ panel: Panel, aspect: Double) {
    self.panel = panel
    ranges = panel.ranges()
    let inks = Self.inks(of: panel.marks)
    let labelled = zip(panel.marks, inks).filter { $0.0.label != nil && !$0.0.isVerticalRule }
    var names = labelled.map { mark, ink in
      Name(lines: Self.lines(mark.label?.plain ?? "", limit: 15), ink: ink, y: 0)
    }
    let widest = names.flatMap(\.lines).map(\.count).max() ?? 0
    // Which ticks there will be depends on the height, which depends on the width: room for any of them.
    let vertical = ranges.y
    let ticks = stride(from: 60.0, through: 300, by: 20).flatMap {
      panel.y.marks(over: vertical, length: $0, spacing: 34)
    }
    left = 10 + Self.character * Double(ticks.map(\.label.count).max() ?? 0) + 4
    right = Self.width - (widest == 0 ? 12 : Self.character * Double(widest) + 14)
    top = (panel.title == nil ? 0 : 20) + (panel.y.label == nil ? 10 : 30)
    let units =
      (ranges.y.upperBound - ranges.y.lowerBound)
      / (ranges.x.upperBound - ranges.x.lowerBound)
    let frame = (right - left) * (panel.equalAspect ? units : aspect)
    bottom = top + min(max(frame, 60), 300)
    let tickLines = Self.tickLabels(panel.x, ranges.x, length: right - left).map(\.lines.count)
      .max()
    height = bottom + 8 + Self.line * Double(tickLines ?? 0) + (panel.x.label == nil ? 4 : 20)
    let (range, low, high) = (ranges.y, bottom, top)
    for (index, entry) in labelled.enumerated() {
      names[index].y =
        entry.0.end(x: panel.x, y: panel.y)
        .map { Self.place($0, panel.y, range, from: low, to: high) } ?? high
    }
    self.names = Self.apart(names, from: top, to: bottom)
  }

  /// The elements `<svg>…</svg>`; `title` is read aloud in place of the picture.
  func svg(title: String) -> String {
    let size = "\(Self.number(Self.width)) \(Self.number(height))"
    return """
      <svg viewBox="0 0 \(size)" role="img" aria-label="\(Report.escaped(title))">
      \((frame + zip(panel.marks, Self.inks(of: panel.marks)).map(element) + labels).joined(separator: "\n"))
      </svg>
      """
  }

  // MARK: Frame

  private var frame: [String] {
    var parts: [String] = []
    for tick in panel.y.marks(over: ranges.y, length: bottom - top, spacing: 34) {
      let at = y(tick.value)
      if panel.grid {
        parts.append(
          "<line class=\"grid\" x1=\"\(n(left))\" x2=\"\(n(right))\" y1=\"\(n(at))\" y2=\"\(n(at))\"/>"
        )
      }
      parts.append(text(tick.label, x: left - 8, y: at + 4, anchor: "end"))
    }
    for tick in Self.tickLabels(panel.x, ranges.x, length: right - left) {
      for (row, line) in tick.lines.enumerated() {
        parts.append(
          text(line, x: x(tick.value), y: bottom + 18 + Self.line * Double(row), anchor: "middle"))
      }
    }
    if let title = panel.title {
      parts.append(text(title.plain, x: left, y: 16, anchor: "start", class: "title"))
    }
    if let label = panel.y.label { parts.append(text(label.plain, x: left, y: top - 12)) }
    if let label = panel.x.label {
      parts.append(text(label.plain, x: right, y: height - 6, anchor: "end"))
    }
    return parts
  }

  private static func tickLabels(_ axis: Axis, _ range: ClosedRange<Double>, length: Double)
    -> [(value: Double, lines: [String])]
  {
    let ticks = axis.marks(over: range, length: length, spacing: 48)
    let limit = Int(length / Double(max(ticks.count, 1)) / character)
    return ticks.map { ($0.value, lines($0.label, limit: max(limit, 6))) }
  }

  private var labels: [String] {
    names.flatMap { name in
      name.lines.enumerated().map { row, line in
        text(
          line, x: right + 8, y: name.y + 4 + Self.line * Double(row),
          style: "fill:\(name.ink)")
      }
    }
  }

  // MARK: Marks

  private func element(_ mark: Mark, _ ink: String) -> String {
    let pen =
      "stroke:\(ink);stroke-width:\(n(mark.width * 1.2))\(mark.dash.style)"
      + (mark.opacity < 1 ? ";stroke-opacity:\(n(mark.opacity))" : "")
    switch mark.shape {
    case .line(let xs, let ys): return path(xs, ys, pen)
    case .lines(let xs, let curves): return curves.map { path(xs, $0, pen) }.joined()
    case .steps(let xs, let ys): return path(Self.staircase(xs).x, Self.staircase(ys).y, pen)
    case .linePoints(let xs, let ys): return path(xs, ys, pen) + discs(xs, ys, mark, ink)
    case .points(let xs, let ys): return discs(xs, ys, mark, ink)
    case .band(let xs, let lower, let upper): return band(xs, lower, upper, mark, ink)
    case .bars(let edges, let heights): return bars(edges, heights, mark, ink)
    case .errorBars(let xs, let ys, let lower, let upper):
      let bars = xs.indices.map { path([xs[$0], xs[$0]], [lower[$0], upper[$0]], pen) }
      return bars.joined() + discs(xs, ys, mark, ink)
    case .verticalRule(let at):
      guard panel.x.admits(at) else { return "" }
      let note = mark.label.map { verticalNote($0.plain, at: x(at)) } ?? ""
      return rule(x(at), x(at), top, bottom, pen) + note
    case .horizontalRule(let at):
      return panel.y.admits(at) ? rule(left, right, y(at), y(at), pen) : ""
    case .text(let words, let atX, let atY, let anchor, let ofPanel):
      let place =
        ofPanel
        ? (left + atX * (right - left), bottom - atY * (bottom - top)) : (x(atX), y(atY))
      return text(words.plain, x: place.0, y: place.1 + 4, anchor: anchor.svg)
    case .arrows, .contours, .raster: return ""
    }
  }

  private func verticalNote(_ words: String, at place: Double) -> String {
    let fits = place + 5 + Self.character * Double(words.count) < right
    return text(words, x: place + (fits ? 5 : -5), y: top + 10, anchor: fits ? "start" : "end")
  }

  private func path(_ xs: [Double], _ ys: [Double], _ pen: String) -> String {
    let pieces = xs.indices.split { !panel.x.admits(xs[$0]) || !panel.y.admits(ys[$0]) }
    let lines = pieces.map { piece in
      "M" + piece.map { "\(n(x(xs[$0]))) \(n(y(ys[$0])))" }.joined(separator: "L")
    }
    return lines.isEmpty
      ? "" : "<path class=\"curve\" style=\"\(pen)\" d=\"\(lines.joined())\"/>"
  }

  private func discs(_ xs: [Double], _ ys: [Double], _ mark: Mark, _ ink: String) -> String {
    let radius = n(mark.size * 4.6)
    return zip(xs, ys).filter { panel.x.admits($0.0) && panel.y.admits($0.1) }.map {
      let place = "cx=\"\(n(x($0.0)))\" cy=\"\(n(y($0.1)))\" r=\"\(radius)\""
      return mark.symbol == .circle
        ? "<circle \(place) style=\"fill:none;stroke:\(ink)\"/>"
        : "<circle \(place) style=\"fill:\(ink);fill-opacity:\(n(mark.opacity))\"/>"
    }.joined()
  }

  private func band(
    _ xs: [Double], _ lower: [Double], _ upper: [Double], _ mark: Mark, _ ink: String
  ) -> String {
    let pieces = xs.indices.split {
      !panel.x.admits(xs[$0]) || !panel.y.admits(lower[$0]) || !panel.y.admits(upper[$0])
    }
    return pieces.map { piece in
      let there = piece.map { "\(n(x(xs[$0]))) \(n(y(upper[$0])))" }
      let back = piece.reversed().map { "\(n(x(xs[$0]))) \(n(y(lower[$0])))" }
      return "<path style=\"fill:\(ink);fill-opacity:\(n(min(mark.opacity, 0.25)))\" "
        + "d=\"M\((there + back).joined(separator: "L"))Z\"/>"
    }.joined()
  }

  private func bars(
    _ edges: [ClosedRange<Double>], _ heights: [Double], _ mark: Mark, _ ink: String
  ) -> String {
    let base =
      panel.y.scale == .linear ? y(min(max(0, ranges.y.lowerBound), ranges.y.upperBound)) : bottom
    return zip(edges, heights).filter { panel.y.admits($0.1) }.map { edge, height in
      let (from, to, end) = (x(edge.lowerBound), x(edge.upperBound), y(height))
      return
        "<rect x=\"\(n(from + 0.5))\" width=\"\(n(max(to - from - 1, 0.5)))\" y=\"\(n(min(end, base)))\" "
        + "height=\"\(n(abs(base - end)))\" style=\"fill:\(ink);fill-opacity:\(n(mark.opacity))\"/>"
    }.joined()
  }

  private func rule(_ x1: Double, _ x2: Double, _ y1: Double, _ y2: Double, _ pen: String) -> String
  {
    "<line style=\"\(pen)\" x1=\"\(n(x1))\" x2=\"\(n(x2))\" y1=\"\(n(y1))\" y2=\"\(n(y2))\"/>"
  }

  /// The corners of a staircase with a step at every value.
  private static func staircase(_ values: [Double]) -> (x: [Double], y: [Double]) {
    let doubled = values.flatMap { [$0, $0] }
    return (Array(doubled.dropFirst()), Array(doubled.dropLast()))
  }

  // MARK: Places

  private func x(_ value: Double) -> Double {
    Self.place(value, panel.x, ranges.x, from: left, to: right)
  }

  private func y(_ value: Double) -> Double {
    Self.place(value, panel.y, ranges.y, from: bottom, to: top)
  }

  private static func place(
    _ value: Double, _ axis: Axis, _ range: ClosedRange<Double>, from: Double, to: Double
  ) -> Double {
    let scaled =
      axis.scale == .logarithmic
      ? log(value / range.lowerBound) / log(range.upperBound / range.lowerBound)
      : (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    return from + min(max(scaled, -0.02), 1.02) * (to - from)
  }

  /// Names in the order of their places, moved so that none meets another: down first, then up from the bottom.
  private static func apart(_ names: [Name], from top: Double, to bottom: Double) -> [Name] {
    var names = names.sorted { $0.y < $1.y }
    func height(_ name: Name) -> Double { line * Double(name.lines.count) }
    for index in names.indices.dropFirst() {
      names[index].y = max(names[index].y, names[index - 1].y + height(names[index - 1]))
    }
    var floor = bottom + 6
    for index in names.indices.reversed() {
      names[index].y = min(names[index].y, floor - height(names[index]) + line - 4)
      floor = names[index].y - line + 4
    }
    return names
  }

  // MARK: Text

  private func text(
    _ words: String, x: Double, y: Double, anchor: String = "start", class name: String = "tick",
    style: String? = nil
  ) -> String {
    let shown = style.map { " style=\"\($0)\"" } ?? ""
    return "<text class=\"\(name)\" x=\"\(n(x))\" y=\"\(n(y))\" text-anchor=\"\(anchor)\"\(shown)>"
      + "\(Report.escaped(words))</text>"
  }

  /// `words` broken at spaces, and after dashes, into lines of at most `limit` characters where that is possible.
  private static func lines(_ words: String, limit: Int) -> [String] {
    var lines = [""]
    for word in words.replacing("–", with: "– ").split(separator: " ") {
      let last = lines[lines.count - 1]
      let space = last.isEmpty || last.hasSuffix("–") ? "" : " "
      if last.isEmpty || last.count + space.count + word.count <= limit {
        lines[lines.count - 1] = last + space + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }

  private static func inks(of marks: [Mark]) -> [String] {
    var taken = 0
    return marks.map { mark in
      if let color = mark.color { return color.ink }
      defer { taken += 1 }
      return Color.cycle[taken % Color.cycle.count].ink
    }
  }

  private static func number(_ value: Double) -> String {
    let rounded = (value * 100).rounded() / 100
    return Int(exactly: rounded).map(String.init) ?? "\(rounded)"
  }

  private func n(_ value: Double) -> String { Self.number(value) }
}

extension Color {
  /// The colour on a page: one of the page's own, which differ between light and dark, or this very colour.
  var ink: String {
    switch self {
    case .blue: "var(--a)"
    case .vermilion: "var(--b)"
    case .green: "var(--c)"
    case .purple: "var(--d)"
    case .orange: "var(--warn)"
    case .sky: "var(--e)"
    case .black: "var(--ink)"
    case .gray: "var(--soft)"
    default: "rgb(\(red),\(green),\(blue))"
    }
  }
}

extension Mark {
  var isVerticalRule: Bool {
    if case .verticalRule = shape { return true }
    return false
  }

  /// Whether a page draws the mark itself, without gnuplot.
  var isForPages: Bool {
    switch shape {
    case .arrows, .contours, .raster: false
    default: true
    }
  }

  /// The height at which the mark ends on the right, where its name stands; nil for what has no end.
  func end(x: Axis, y: Axis) -> Double? {
    func last(_ xs: [Double], _ ys: [Double]) -> Double? {
      zip(xs, ys).filter { x.admits($0.0) && y.admits($0.1) }.last?.1
    }
    switch shape {
    case .line(let xs, let ys), .linePoints(let xs, let ys), .steps(let xs, let ys):
      return last(xs, ys)
    case .lines(let xs, let curves): return curves.first.flatMap { last(xs, $0) }
    case .band(let xs, let lower, let upper):
      return last(xs, zip(lower, upper).map { ($0 + $1) / 2 })
    case .errorBars(let xs, let ys, _, _): return last(xs, ys)
    case .horizontalRule(let at): return y.admits(at) ? at : nil
    default: return nil
    }
  }
}

extension Mark.Dash {
  fileprivate var style: String {
    switch self {
    case .solid: ""
    case .dashed: ";stroke-dasharray:5 4"
    case .dotted: ";stroke-dasharray:1.5 3"
    case .dashDotted: ";stroke-dasharray:6 3 1.5 3"
    }
  }
}

extension Mark.Anchor {
  fileprivate var svg: String {
    switch self {
    case .left: "start"
    case .center: "middle"
    case .right: "end"
    }
  }
}

extension Axis {
  /// The ticks that are drawn over `range` on `length` units, at least `spacing` apart where they are not given.
  func marks(over range: ClosedRange<Double>, length: Double, spacing: Double)
    -> [(value: Double, label: String)]
  {
    switch ticks {
    case .none: return []
    case .at(let values): return values.filter(range.contains).map { ($0, Self.short($0)) }
    case .labelled(let values, let labels):
      return zip(values, labels).filter { range.contains($0.0) }.map { ($0.0, $0.1.plain) }
    case .unlabelled: return round(range, length, spacing).map { ($0, "") }
    case .automatic:
      return round(range, length, spacing).map {
        ($0, String(format: "%g", $0).replacing("-", with: "−"))
      }
    }
  }

  private func round(_ range: ClosedRange<Double>, _ length: Double, _ spacing: Double) -> [Double]
  {
    guard scale == .logarithmic else {
      let step = Self.step(over: range, length: length, spacing: spacing)
      let (low, high) = (range.lowerBound / step, range.upperBound / step)
      // Steps so small beside the values that they cannot be counted give the ends.
      guard abs(low) < 1e12, abs(high) < 1e12 else { return [range.lowerBound, range.upperBound] }
      return
        (Int(
          (low - 1e-9).rounded(.up))...max(
          Int((low - 1e-9).rounded(.up)), Int((high + 1e-9).rounded(.down))))
        .map { Double($0) * step }
    }
    let decades =
      Int(log10(range.lowerBound).rounded(.down))...Int(log10(range.upperBound).rounded(.up))
    let few = decades.count < 4
    return decades.flatMap { decade in
      (few ? [1.0, 2, 5] : [1.0]).map { $0 * pow(10, Double(decade)) }
    }
    .filter(range.contains)
  }
}

extension Figure {
  /// The figure as elements of a page, one drawing a panel in rows; nil when a panel holds fields, arrows or images,
  /// which gnuplot draws.
  func pageElements(title: String) -> String? {
    guard rows.joined().allSatisfy({ $0.marks.allSatisfy(\.isForPages) }) else { return nil }
    return rows.enumerated().map { row, panels in
      let drawings = panels.enumerated().map { column, panel in
        let width = columnWidths[min(column, columnWidths.count - 1)]
        let height = rowHeights[min(row, rowHeights.count - 1)]
        return PageDrawing(panel, aspect: height / width).svg(
          title: panel.title.map { "\($0.plain). \(title)" } ?? title)
      }
      return panels.count == 1
        ? drawings[0] : "<div class=\"panels\">\(drawings.joined(separator: "\n"))</div>"
    }.joined(separator: "\n")
  }
}
