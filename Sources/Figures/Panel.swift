import Files

/// One plot of a figure: axes with marks.
///
/// ```swift
/// Panel(title: "u | v = 1", x: Axis("u"), y: Axis("density"), [
///   .line(x: x, y: truth, label: "truth", color: .black),
///   .line(x: x, y: model, label: "model", dash: .dashed),
/// ])
/// ```
public struct Panel: Sendable, Equatable {
  /// Where the labels of the marks are explained.
  public enum Legend: Sendable, Equatable {
    /// Nowhere, or in a corner of the panel.
    case none, topLeft, topRight, bottomLeft, bottomRight
    /// Beside the panel, on its right.
    case outside
    /// Under the panel, in one row.
    case below
  }

  /// Above the panel; none when nil.
  public var title: Text?
  /// The horizontal axis.
  public var x: Axis
  /// The vertical axis.
  public var y: Axis
  /// What is drawn, in this order.
  public var marks: [Mark]
  /// Where the labels of the marks are explained.
  public var legend: Legend
  /// One unit has the same length on both axes.
  public var equalAspect: Bool
  /// Whether a scale of colours stands beside the panel, and what it is called.
  public var colorBar: ColorBar
  /// Whether light lines continue the ticks.
  public var grid: Bool

  /// Whether a scale of colours stands beside a panel, and what it is called.
  public enum ColorBar: Sendable, Equatable {
    /// No scale.
    case none
    /// A scale with a name, or without.
    case shown(Text?)
  }

  /// A panel of marks; at most one of them is a heat map, filled contour plot, matrix or image.
  public init(
    title: Text? = nil, x: Axis = Axis(), y: Axis = Axis(), legend: Legend = .topRight,
    equalAspect: Bool = false, colorBar: ColorBar = .none, grid: Bool = true, _ marks: [Mark]
  ) {
    require(
      marks.count(where: \.isRaster) <= 1,
      "Panel: one heat map, filled contour plot, matrix or image a panel")
    self.title = title
    self.x = x
    self.y = y
    self.legend = legend
    self.equalAspect = equalAspect
    self.colorBar = colorBar
    self.grid = grid
    self.marks = marks
  }

  /// An image without axes.
  public static func image(_ image: GrayImage, title: Text? = nil) -> Panel {
    Panel(
      title: title, x: .hidden, y: .hidden, equalAspect: true, grid: false,
      [.image(image, x: 0...Double(image.width), y: 0...Double(image.height))])
  }
}

extension Mark {
  var isRaster: Bool {
    if case .raster = shape { return true }
    return false
  }
}

extension Panel {
  var labels: [Text] { marks.compactMap(\.label) }

  var showsLegend: Bool { legend != .none && !labels.isEmpty }

  /// What the axes cover: the data, with room for symbols at the ends.
  func ranges() -> (x: ClosedRange<Double>, y: ClosedRange<Double>) {
    let extents = marks.map { $0.extent(x: x, y: y) }
    let isFilled = marks.contains(where: \.isRaster)
    let all = x.resolved(data: extents.flatMap(\.x).finiteRange, margin: 0)
    let symbols = zip(marks, extents).filter(\.0.hasSymbols).flatMap(\.1.x).finiteRange
    let padded =
      symbols.map { Axis(scale: x.scale).room(about: $0, in: all, fraction: 0.04) } ?? all
    let ys = extents.flatMap(\.y).finiteRange
    return (
      x.range != nil || isFilled ? all : padded, y.resolved(data: ys, margin: isFilled ? 0 : 0.06)
    )
  }
}

extension Mark {
  /// Whether the mark would be cut if the panel ended where its data end.
  var hasSymbols: Bool {
    switch shape {
    case .points, .linePoints, .errorBars: true
    default: false
    }
  }

  /// The coordinates that the axes have to cover.
  func extent(x xAxis: Axis, y yAxis: Axis) -> (x: [Double], y: [Double]) {
    func kept(_ xs: [Double], _ ys: [[Double]]) -> (x: [Double], y: [Double]) {
      let rows = xs.indices.filter { i in
        xAxis.admits(xs[i]) && ys.allSatisfy { yAxis.admits($0[i]) }
      }
      return (rows.map { xs[$0] }, ys.flatMap { column in rows.map { column[$0] } })
    }
    switch shape {
    case .line(let x, let y), .linePoints(let x, let y), .points(let x, let y),
      .steps(let x, let y):
      return kept(x, [y])
    case .lines(let x, let curves):
      let parts = curves.map { kept(x, [$0]) }
      return (parts.flatMap(\.x), parts.flatMap(\.y))
    case .band(let x, let lower, let upper): return kept(x, [lower, upper])
    case .errorBars(let x, let y, let lower, let upper): return kept(x, [y, lower, upper])
    case .arrows(let x, let y, let dx, let dy):
      let tips = kept(zip(x, dx).map(+), [zip(y, dy).map(+)])
      let tails = kept(x, [y])
      return (tails.x + tips.x, tails.y + tips.y)
    case .bars(let edges, let heights):
      let base = yAxis.scale == .linear ? [0.0] : []
      return (
        edges.flatMap { [$0.lowerBound, $0.upperBound] }, heights.filter(yAxis.admits) + base
      )
    case .contours(let field, _):
      return ([field.x[0], field.x[field.x.count - 1]], [field.y[0], field.y[field.y.count - 1]])
    case .raster(let raster, _, _, _):
      return (
        [raster.x.lowerBound, raster.x.upperBound], [raster.y.lowerBound, raster.y.upperBound]
      )
    case .verticalRule(let x): return (xAxis.admits(x) ? [x] : [], [])
    case .horizontalRule(let y): return ([], yAxis.admits(y) ? [y] : [])
    case .text: return ([], [])
    }
  }
}
