import Files

/// Something drawn in a panel: a line, a band, an image, ….
///
/// Marks are drawn in their order. Values that are not finite, and values that are not positive on
/// a logarithmic axis, are gaps. A mark with a label appears in the legend; one without a colour
/// takes the next of `Color.cycle`.
///
/// ```swift
/// [.band(x: x, lower: low, upper: high, color: .blue), .line(x: x, y: mean, color: .blue)]
/// ```
public struct Mark: Sendable, Equatable {
  /// How a line is drawn.
  public enum Dash: Sendable, Equatable {
    /// Without gaps, or with strokes, dots, or both in turn.
    case solid, dashed, dotted, dashDotted
  }

  /// What stands at a point.
  public enum Symbol: Sendable, Equatable {
    /// A disc is filled, a circle is not; squares, triangles and diamonds are filled.
    case disc, circle, square, triangle, diamond, cross
  }

  /// Which end of a text, or its middle, stands at the given place.
  public enum Anchor: Sendable, Equatable {
    /// The beginning, the middle, or the end.
    case left, center, right
  }

  enum Shape: Sendable, Equatable {
    case line(x: [Double], y: [Double])
    case lines(x: [Double], curves: [[Double]])
    case linePoints(x: [Double], y: [Double])
    case points(x: [Double], y: [Double])
    case steps(x: [Double], y: [Double])
    case band(x: [Double], lower: [Double], upper: [Double])
    case bars(edges: [ClosedRange<Double>], heights: [Double])
    case errorBars(x: [Double], y: [Double], lower: [Double], upper: [Double])
    case arrows(x: [Double], y: [Double], dx: [Double], dy: [Double])
    case contours(ScalarField, levels: [Double])
    case raster(Raster, ColorMap, range: ClosedRange<Double>?, levels: [Double])
    case verticalRule(Double)
    case horizontalRule(Double)
    case text(Text, x: Double, y: Double, Anchor, ofPanel: Bool)
  }

  let shape: Shape
  var label: Text?
  var color: Color?
  var width = 1.6
  var dash = Dash.solid
  var symbol = Symbol.disc
  var size = 0.55
  var opacity = 1.0

  init(_ shape: Shape, label: Text? = nil, color: Color? = nil) {
    self.shape = shape
    self.label = label
    self.color = color
  }
}

// MARK: Curves and points

extension Mark {
  /// The points (x[i], y[i]) joined by straight lines.
  public static func line(
    x: [Double], y: [Double], label: Text? = nil, color: Color? = nil, width: Double = 1.6,
    dash: Dash = .solid, opacity: Double = 1
  ) -> Mark {
    check("line", x, y)
    var mark = Mark(.line(x: x, y: y), label: label, color: color)
    (mark.width, mark.dash, mark.opacity) = (width, dash, opacity)
    return mark
  }

  /// Several curves over the same x in one colour: samples of a function.
  public static func lines(
    x: [Double], curves: [[Double]], label: Text? = nil, color: Color? = nil, width: Double = 0.5,
    opacity: Double = 0.2
  ) -> Mark {
    for curve in curves { check("lines", x, curve) }
    var mark = Mark(.lines(x: x, curves: curves), label: label, color: color)
    (mark.width, mark.opacity) = (width, opacity)
    return mark
  }

  /// A line with a symbol at every point, for measurements at few places.
  public static func linePoints(
    x: [Double], y: [Double], label: Text? = nil, color: Color? = nil, width: Double = 1.6,
    dash: Dash = .solid, symbol: Symbol = .disc, size: Double = 0.55
  ) -> Mark {
    check("linePoints", x, y)
    var mark = Mark(.linePoints(x: x, y: y), label: label, color: color)
    (mark.width, mark.dash, mark.symbol, mark.size) = (width, dash, symbol, size)
    return mark
  }

  /// A symbol at every (x[i], y[i]).
  public static func points(
    x: [Double], y: [Double], label: Text? = nil, color: Color? = nil, symbol: Symbol = .disc,
    size: Double = 0.55, opacity: Double = 1
  ) -> Mark {
    check("points", x, y)
    var mark = Mark(.points(x: x, y: y), label: label, color: color)
    (mark.symbol, mark.size, mark.opacity) = (symbol, size, opacity)
    return mark
  }

  /// A staircase that has the height y[i] from x[i] to x[i + 1].
  public static func steps(
    x: [Double], y: [Double], label: Text? = nil, color: Color? = nil, width: Double = 1.6
  ) -> Mark {
    check("steps", x, y)
    var mark = Mark(.steps(x: x, y: y), label: label, color: color)
    mark.width = width
    return mark
  }

  /// A symbol at every (x[i], y[i]) with a vertical bar from `lower` to `upper`.
  public static func errorBars(
    x: [Double], y: [Double], lower: [Double], upper: [Double], label: Text? = nil,
    color: Color? = nil, symbol: Symbol = .disc, size: Double = 0.55
  ) -> Mark {
    check("errorBars", x, y, lower, upper)
    var mark = Mark(
      .errorBars(x: x, y: y, lower: lower, upper: upper), label: label, color: color)
    (mark.width, mark.symbol, mark.size) = (1.1, symbol, size)
    return mark
  }

  /// An arrow from every (x[i], y[i]) to (x[i] + dx[i], y[i] + dy[i]): a vector field.
  public static func arrows(
    x: [Double], y: [Double], dx: [Double], dy: [Double], label: Text? = nil,
    color: Color = .black, width: Double = 0.8
  ) -> Mark {
    check("arrows", x, y, dx, dy)
    var mark = Mark(.arrows(x: x, y: y, dx: dx, dy: dy), label: label, color: color)
    mark.width = width
    return mark
  }
}

// MARK: Areas

extension Mark {
  /// The area between two curves.
  public static func band(
    x: [Double], lower: [Double], upper: [Double], label: Text? = nil, color: Color? = nil,
    opacity: Double = 0.22
  ) -> Mark {
    check("band", x, lower, upper)
    var mark = Mark(.band(x: x, lower: lower, upper: upper), label: label, color: color)
    mark.opacity = opacity
    return mark
  }

  /// A bar of `heights[i]` and of width `width` about x[i].
  public static func bars(
    x: [Double], heights: [Double], width: Double = 0.8, label: Text? = nil,
    color: Color? = nil, opacity: Double = 1
  ) -> Mark {
    check("bars", x, heights)
    let edges = x.map { $0 - width / 2...$0 + width / 2 }
    var mark = Mark(.bars(edges: edges, heights: heights), label: label, color: color)
    mark.opacity = opacity
    return mark
  }

  /// A histogram: the bar of `heights[i]` reaches from `edges[i]` to `edges[i + 1]`.
  public static func histogram(
    edges: [Double], heights: [Double], label: Text? = nil, color: Color? = nil,
    opacity: Double = 0.75
  ) -> Mark {
    require(
      edges.count == heights.count + 1,
      "Mark.histogram: \(edges.count) edges for \(heights.count) bars")
    var mark = Mark(
      .bars(edges: zip(edges, edges.dropFirst()).map { $0...$1 }, heights: heights),
      label: label, color: color)
    mark.opacity = opacity
    return mark
  }

  /// A field as colours. Panels that are to be compared get the same `range`; without one the
  /// colours span the values. A panel holds one heat map, filled contour plot or image.
  public static func heatmap(
    _ field: ScalarField, map: ColorMap = .magnitude, range: ClosedRange<Double>? = nil
  ) -> Mark {
    Mark(.raster(field.raster(size: 240), map, range: range, levels: []))
  }

  /// A matrix as colours: row i and column j fill the unit square about (j, i), row 0 on top when
  /// the panel's y axis is left to the data.
  public static func matrix(
    _ rows: [[Double]], map: ColorMap = .magnitude, range: ClosedRange<Double>? = nil
  ) -> Mark {
    let width = rows.first?.count ?? 0
    require(
      width > 0 && rows.allSatisfy { $0.count == width }, "Mark.matrix: rows of unequal length")
    let raster = Raster(
      width: width, height: rows.count, values: Array(rows.reversed().joined()),
      x: -0.5...Double(width) - 0.5, y: -0.5...Double(rows.count) - 0.5)
    return Mark(
      .raster(raster.magnified(max(1, 240 / max(width, rows.count))), map, range: range, levels: [])
    )
  }

  /// The areas between the `levels` of a field, each in one colour; what lies below the first
  /// level has the map's first colour.
  public static func filledContours(
    _ field: ScalarField, levels: [Double], map: ColorMap = .density
  ) -> Mark {
    checkLevels("filledContours", levels)
    return Mark(.raster(field.raster(size: 400), map, range: nil, levels: levels))
  }

  /// The curves on which a field has the value of a level.
  public static func contours(
    _ field: ScalarField, levels: [Double], label: Text? = nil, color: Color = .black,
    width: Double = 0.8, dash: Dash = .solid
  ) -> Mark {
    checkLevels("contours", levels)
    var mark = Mark(.contours(field, levels: levels), label: label, color: color)
    (mark.width, mark.dash) = (width, dash)
    return mark
  }

  /// A grey image that fills the rectangle `x` × `y`.
  public static func image(
    _ image: GrayImage, x: ClosedRange<Double> = 0...1, y: ClosedRange<Double> = 0...1
  ) -> Mark {
    let rows = (0..<image.height).reversed().flatMap { row in
      image.pixels[row * image.width..<(row + 1) * image.width].map(Double.init)
    }
    let raster = Raster(width: image.width, height: image.height, values: rows, x: x, y: y)
    return Mark(
      .raster(raster.magnified(max(1, 112 / image.width)), .gray, range: 0...255, levels: []))
  }
}

// MARK: Rules and text

extension Mark {
  /// A vertical reference line across the panel.
  public static func vertical(
    at x: Double, label: Text? = nil, color: Color = .gray, width: Double = 1.1,
    dash: Dash = .dashed
  ) -> Mark {
    rule(.verticalRule(x), label, color, width, dash)
  }

  /// A horizontal reference line across the panel.
  public static func horizontal(
    at y: Double, label: Text? = nil, color: Color = .gray, width: Double = 1.1,
    dash: Dash = .dashed
  ) -> Mark {
    rule(.horizontalRule(y), label, color, width, dash)
  }

  /// Text at a place given in the panel's coordinates.
  public static func text(
    _ text: Text, x: Double, y: Double, anchor: Anchor = .left, color: Color = .black
  ) -> Mark {
    Mark(.text(text, x: x, y: y, anchor, ofPanel: false), color: color)
  }

  /// Text at a place given in fractions of the panel, (0, 0) its lower left corner.
  public static func text(
    _ text: Text, atFraction x: Double, _ y: Double, anchor: Anchor = .left,
    color: Color = .black
  ) -> Mark {
    Mark(.text(text, x: x, y: y, anchor, ofPanel: true), color: color)
  }

  private static func rule(
    _ shape: Shape, _ label: Text?, _ color: Color, _ width: Double, _ dash: Dash
  ) -> Mark {
    var mark = Mark(shape, label: label, color: color)
    (mark.width, mark.dash) = (width, dash)
    return mark
  }

  private static func check(_ name: String, _ columns: [Double]...) {
    require(
      Set(columns.map(\.count)).count == 1,
      "Mark.\(name): arrays of unequal length \(columns.map(\.count))")
  }

  private static func checkLevels(_ name: String, _ levels: [Double]) {
    require(
      !levels.isEmpty && levels.allSatisfy(\.isFinite)
        && zip(levels, levels.dropFirst()).allSatisfy(<),
      "Mark.\(name): levels must be finite and ascend, got \(levels)")
  }
}
