/// How marks read in a gnuplot script: their rows of data and their style.
extension Mark {
  /// The colour, with its transparency.
  var ink: String { (color ?? .black).script(opacity: opacity) }

  /// The options of a line.
  var pen: String {
    let pattern =
      switch dash {
      case .solid: "solid"
      case .dashed: "(7,4)"
      case .dotted: "(1.5,3)"
      case .dashDotted: "(8,3,1.5,3)"
      }
    return "linetype 1 linewidth \(width) dashtype \(pattern) linecolor \(ink)"
  }

  private var symbolOptions: String {
    let (type, scale) =
      switch symbol {
      case .disc: (7, 1.0)
      case .circle: (6, 1.0)
      case .square: (5, 0.9)
      case .triangle: (9, 1.15)
      case .diamond: (13, 1.2)
      case .cross: (2, 1.0)
      }
    return "pointtype \(type) pointsize \(size * scale)"
  }

  /// How gnuplot draws the rows.
  var style: String {
    switch shape {
    case .line, .lines: "with lines \(pen)"
    case .linePoints: "with linespoints \(pen) \(symbolOptions)"
    case .points: "with points \(symbolOptions) linecolor \(ink)"
    case .steps: "with steps \(pen)"
    case .band: "using 1:2:3 with filledcurves fillcolor \(ink) fillstyle solid noborder"
    case .bars:
      "using 1:2:3:4:5:6 with boxxyerror fillcolor \(ink) fillstyle solid "
        + "border linecolor rgb '#FFFFFF' linewidth 0.5"
    case .errorBars:
      // Arrows with flat heads, since gnuplot's own error bars leave a gap about the symbol.
      "using 1:3:(0):($4-$3) with vectors heads size character 0.35,90 nofilled \(pen)"
    case .arrows: "using 1:2:3:4 with vectors head size screen 0.008,20,60 filled \(pen)"
    case .contours, .raster, .verticalRule, .horizontalRule, .text: ""
    }
  }

  /// The rows of data; nil where a value has no place on its axis.
  func rows(x xAxis: Axis, y yAxis: Axis) -> [String?] {
    func rows(_ x: [Double], _ ys: [[Double]]) -> [String?] {
      x.indices.map { i in
        let values = ys.map { $0[i] }
        guard xAxis.admits(x[i]), values.allSatisfy(yAxis.admits) else { return nil }
        return ([x[i]] + values).map { "\($0)" }.joined(separator: " ")
      }
    }
    switch shape {
    case .line(let x, let y), .linePoints(let x, let y), .points(let x, let y),
      .steps(let x, let y):
      return rows(x, [y])
    case .lines(let x, let curves):
      return Array(curves.map { rows(x, [$0]) }.joined(separator: [nil]))
    case .band(let x, let lower, let upper): return rows(x, [lower, upper])
    case .errorBars(let x, let y, let lower, let upper): return rows(x, [y, lower, upper])
    case .arrows(let x, let y, let dx, let dy):
      return x.indices.map { i in
        let row = [x[i], y[i], dx[i], dy[i]]
        return row.allSatisfy(\.isFinite) ? row.map { "\($0)" }.joined(separator: " ") : nil
      }
    case .bars(let edges, let heights):
      let base = yAxis.scale == .linear ? 0 : Double.leastNormalMagnitude
      return zip(edges, heights).map { edge, height in
        guard yAxis.admits(height), xAxis.admits(edge.lowerBound) else { return nil }
        let middle = (edge.lowerBound + edge.upperBound) / 2
        return "\(middle) \(height) \(edge.lowerBound) \(edge.upperBound) \(base) \(height)"
      }
    case .contours, .raster, .verticalRule, .horizontalRule, .text: return []
    }
  }
}

extension [String?] {
  /// The pieces between the nils.
  func runs() -> [[String]] {
    split(separator: nil).map { $0.compactMap { $0 } }
  }
}
