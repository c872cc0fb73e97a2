/// The commands that draw one panel, and the data they draw.
struct PanelDrawing {
  private(set) var data: [String] = []
  private(set) var commands: [String] = []

  private let panel: Panel
  private let frame: Layout.Frame
  private let name: String
  private let ranges: (x: ClosedRange<Double>, y: ClosedRange<Double>)
  private var objects: [String] = []
  private var elements: [String] = []

  init(_ panel: Panel, frame: Layout.Frame, name: String) {
    self.panel = panel
    self.name = name
    ranges = panel.ranges()
    self.frame = panel.equalAspect ? Self.withEqualAspect(frame, ranges) : frame
  }

  mutating func draw(in layout: Layout) {
    let isOverFill = panel.marks.contains(where: \.isRaster)
    commands = [
      "set lmargin at screen \(layout.fraction(x: frame.left))",
      "set rmargin at screen \(layout.fraction(x: frame.left + frame.width))",
      "set tmargin at screen \(layout.fraction(y: frame.top))",
      "set bmargin at screen \(layout.fraction(y: frame.top + frame.height))",
      "set title \((panel.title ?? "").quoted) font ',12.5' offset 0,-0.4",
      panel.grid && !isOverFill ? "set grid xtics ytics" : "unset grid",
    ]
    commands += panel.x.script(name: "x", range: ranges.x, length: frame.width)
    commands += panel.y.script(name: "y", range: ranges.y, length: frame.height)
    commands.append("unset colorbox")
    drawMarks(layout)
    commands += objects
    commands.append(legend(layout))
    if elements.isEmpty { elements = ["NaN notitle"] }
    commands.append("plot " + elements.joined(separator: ", \\\n  "))
    commands += ["unset arrow", "unset label"]
  }

  private mutating func drawMarks(_ layout: Layout) {
    var taken = 0
    for (index, mark) in panel.marks.enumerated() {
      var mark = mark
      if mark.color == nil {
        mark.color = Color.cycle[taken % Color.cycle.count]
        if !mark.isRaster { taken += 1 }
      }
      let block = "$\(name)_\(index + 1)"
      switch mark.shape {
      case .raster(let raster, let map, let range, let levels):
        addRaster(raster, block: block, map: map, range: range, levels: levels, layout)
      case .contours(let field, let levels):
        addContours(field, levels: levels, block: block, mark)
      case .verticalRule(let x):
        addRule(mark, panel.x.admits(x), from: "first \(x),graph 0", to: "first \(x),graph 1")
      case .horizontalRule(let y):
        addRule(mark, panel.y.admits(y), from: "graph 0,first \(y)", to: "graph 1,first \(y)")
      case .text(let text, let x, let y, let anchor, let ofPanel):
        let system = ofPanel ? "graph" : "first"
        objects.append(
          "set label \(text.quoted) at \(system) \(x),\(system) \(y) \(anchor) front font ',11' "
            + "textcolor \(mark.ink)")
      case .errorBars(let x, let y, _, _):
        var bars = mark
        bars.label = nil
        addCurve(bars, block: block)
        var symbols = Mark(.points(x: x, y: y), label: mark.label, color: mark.color)
        (symbols.symbol, symbols.size) = (mark.symbol, mark.size)
        addCurve(symbols, block: "\(block)_symbols")
      default:
        addCurve(mark, block: block)
      }
    }
  }

  // MARK: Marks

  /// A mark whose data are rows of numbers: in the pieces between its gaps.
  private mutating func addCurve(_ mark: Mark, block: String) {
    let runs = mark.rows(x: panel.x, y: panel.y).runs()
    guard !runs.isEmpty else {
      if mark.label != nil { elements.append("keyentry with lines \(mark.pen) \(title(of: mark))") }
      return
    }
    // A blank line ends a curve but not the area between two; two end a data set.
    let isBand = if case .band = mark.shape { true } else { false }
    data.append("\(block) << EOD")
    data.append(
      runs.map { $0.joined(separator: "\n") }.joined(separator: isBand ? "\n\n\n" : "\n\n"))
    data.append("EOD")
    for index in isBand ? runs.indices : 0..<1 {
      let place = isBand ? "\(block) index \(index)" : block
      elements.append("\(place) \(mark.style) \(index == 0 ? title(of: mark) : "notitle")")
    }
  }

  private mutating func addRule(_ mark: Mark, _ isAdmitted: Bool, from: String, to: String) {
    if isAdmitted { objects.append("set arrow from \(from) to \(to) nohead \(mark.pen)") }
    if mark.label != nil { elements.append("keyentry with lines \(mark.pen) \(title(of: mark))") }
  }

  private mutating func addContours(
    _ field: ScalarField, levels: [Double], block: String, _ mark: Mark
  ) {
    // gnuplot fails when there is no contour to draw.
    let levels = levels.filter { level in
      field.range.map { $0.lowerBound < level && level < $0.upperBound } ?? false
    }
    guard !levels.isEmpty else {
      if mark.label != nil { elements.append("keyentry with lines \(mark.pen) \(title(of: mark))") }
      return
    }
    data.append("\(block)_field << EOD")
    for (j, y) in field.y.enumerated() {
      for (i, x) in field.x.enumerated() {
        let value = field.values[j * field.x.count + i]
        data.append("\(x) \(y) \(value.isFinite ? "\(value)" : "NaN")")
      }
      data.append("")
    }
    let list = levels.map { "\($0)" }.joined(separator: ",")
    data += [
      "EOD", "set table \(block)", "set contour base", "unset surface",
      "set cntrparam levels discrete \(list)",
      "splot \(block)_field with lines", "unset table", "unset contour",
    ]
    elements.append("\(block) using 1:2 with lines \(mark.pen) \(title(of: mark))")
  }

  private mutating func addRaster(
    _ raster: Raster, block: String, map: ColorMap, range: ClosedRange<Double>?,
    levels: [Double], _ layout: Layout
  ) {
    data.append("\(block) << EOD")
    for row in 0..<raster.height {
      let values = raster.values[row * raster.width..<(row + 1) * raster.width]
      data.append(
        values.map { value in
          if !value.isFinite { return "NaN" }
          return levels.isEmpty ? "\(Float(value))" : "\(levels.count { $0 <= value })"
        }.joined(separator: " "))
    }
    data.append("EOD")
    let dx = (raster.x.upperBound - raster.x.lowerBound) / Double(raster.width)
    let dy = (raster.y.upperBound - raster.y.lowerBound) / Double(raster.height)
    let x0 = raster.x.lowerBound + dx / 2
    let y0 = raster.y.lowerBound + dy / 2
    elements.append(
      "\(block) matrix using (\(x0)+\(dx)*$1):(\(y0)+\(dy)*$2):3 with image notitle")
    commands.append(map.script)
    if levels.isEmpty {
      let span = Axis().resolved(data: range ?? raster.values.finiteRange, margin: 0)
      commands.append("set palette maxcolors 0")
      commands.append("set cbrange [\(span.lowerBound):\(span.upperBound)]")
      commands.append("set cbtics \(Axis.step(over: span, length: frame.height, spacing: 30))")
    } else {
      let ticks = levels.enumerated().map { "'\(Axis.short($1))' \(Double($0) + 0.5)" }
      commands.append("set palette maxcolors \(levels.count + 1)")
      commands.append("set cbrange [-0.5:\(Double(levels.count) + 0.5)]")
      commands.append("set cbtics (\(ticks.joined(separator: ", ")))")
    }
    addColorBar(layout)
  }

  private mutating func addColorBar(_ layout: Layout) {
    guard case .shown(let label) = panel.colorBar else { return }
    let x = layout.fraction(x: frame.left + frame.width + 12)
    let y = layout.fraction(y: frame.top + frame.height)
    let width = 11 / layout.width
    let height = frame.height / layout.height
    commands.append(
      "set colorbox vertical user origin screen \(x),\(y) size screen \(width),\(height) border")
    commands.append("set cblabel \((label ?? "").quoted) offset 0.6,0")
  }

  // MARK: Legend and frame

  private func title(of mark: Mark) -> String {
    guard let label = mark.label, panel.legend != .none else { return "notitle" }
    return "title \(label.quoted)"
  }

  private func legend(_ layout: Layout) -> String {
    let place: String
    switch panel.legend {
    case .none: return "unset key"
    case .topLeft: place = "inside top left vertical Left reverse"
    case .topRight: place = "inside top right vertical Left reverse"
    case .bottomLeft: place = "inside bottom left vertical Left reverse"
    case .bottomRight: place = "inside bottom right vertical Left reverse"
    case .outside:
      let x = layout.fraction(x: frame.left + frame.width + 8)
      place = "at screen \(x),\(layout.fraction(y: frame.top)) left top vertical Left reverse"
    case .below:
      let x = layout.fraction(x: frame.left + frame.width / 2)
      let y = layout.fraction(y: frame.top + frame.height + Layout.axisSpace(panel) + 4)
      let columns = Layout.legendColumns(panel, width: frame.width)
      place = "at screen \(x),\(y) center top horizontal maxcols \(columns) Left reverse"
    }
    return "set key \(place) samplen 1.6 spacing 1.1 font ',10.5' "
      + "textcolor \(Color.black.script()) noopaque nobox"
  }

  /// The largest frame inside `frame` in which one unit is as long on both axes.
  private static func withEqualAspect(
    _ frame: Layout.Frame, _ ranges: (x: ClosedRange<Double>, y: ClosedRange<Double>)
  ) -> Layout.Frame {
    let units = (
      x: ranges.x.upperBound - ranges.x.lowerBound, y: ranges.y.upperBound - ranges.y.lowerBound
    )
    let scale = min(frame.width / units.x, frame.height / units.y)
    let (width, height) = (scale * units.x, scale * units.y)
    return Layout.Frame(
      left: frame.left + (frame.width - width) / 2, top: frame.top + (frame.height - height) / 2,
      width: width, height: height)
  }
}
