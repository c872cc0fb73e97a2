import Foundation

/// Where everything of a figure stands, in points from its upper left corner.
///
/// Margins are those of the most demanding panel of a column or row, so that frames align.
struct Layout {
  /// The frame of a panel.
  struct Frame: Equatable {
    var left: Double
    var top: Double
    var width: Double
    var height: Double
  }

  private(set) var frames: [[Frame]] = []
  private(set) var width = 0.0
  private(set) var height = 0.0
  /// The note broken into lines that fit.
  private(set) var note: Text?

  static let lineHeight = 15.0
  private static let characterWidth = 6.2
  private static let edge = 6.0

  init(_ figure: Figure) {
    let columns = figure.rows.map(\.count).max() ?? 0
    func column(_ j: Int) -> [Panel] { figure.rows.compactMap { j < $0.count ? $0[j] : nil } }
    let widths = (0..<columns).map { figure.columnWidths[min($0, figure.columnWidths.count - 1)] }
    let heights = figure.rows.indices.map {
      figure.rowHeights[min($0, figure.rowHeights.count - 1)]
    }

    var lefts: [Double] = []
    width = Self.edge
    for j in 0..<columns {
      width += column(j).map(Self.leftMargin).max() ?? 0
      lefts.append(width)
      width += widths[j] + (column(j).map(Self.rightMargin).max() ?? 0)
    }
    width = (width + Self.edge).rounded(.up)

    height = Self.edge + (figure.title == nil ? 0 : 24)
    for (i, row) in figure.rows.enumerated() {
      height += row.map(Self.topMargin).max() ?? 0
      frames.append(
        row.indices.map { j in
          Frame(left: lefts[j], top: height, width: widths[j], height: heights[i])
        })
      height += heights[i] + (zip(row, widths).map(Self.bottomMargin).max() ?? 0)
    }
    let charactersInNote = Int((width - 20) / 5.1)
    note = figure.note?.wrapped(at: charactersInNote)
    height += note.map { 8 + 13 * Double($0.lineCount) } ?? 0
    height = (height + Self.edge).rounded(.up)
  }

  private static func textWidth(_ text: Text) -> Double {
    let lines = text.plain.split(separator: "\n")
    return characterWidth * Double(lines.map(\.count).max() ?? 0)
  }

  private static func leftMargin(_ panel: Panel) -> Double {
    let label = panel.y.label == nil ? 0 : 18.0
    switch panel.y.ticks {
    case .none, .unlabelled: return label + 12
    case .labelled(_, let names): return label + 14 + (names.map(textWidth).max() ?? 0)
    case .at(let values):
      return label + 14 + characterWidth * Double(values.map { Axis.short($0).count }.max() ?? 0)
    case .automatic: return label + max(40, 14 + characterWidth * longestTick(panel))
    }
  }

  /// The characters of the longest label of round numbers beside a panel of usual height.
  private static func longestTick(_ panel: Panel) -> Double {
    guard panel.y.scale == .linear else { return 4 }
    let range = panel.ranges().y
    let step = Axis.step(over: range, length: 180, spacing: 28)
    let (low, high) = (
      (range.lowerBound / step).rounded(.up), (range.upperBound / step).rounded(.down)
    )
    // Steps so small beside the values that they cannot be counted have long labels.
    guard abs(low) < 1e12, abs(high) < 1e12, low <= high else { return 12 }
    let ticks = Int(low)...Int(high)
    return Double(ticks.map { String(format: "%g", Double($0) * step).count }.max() ?? 0)
  }

  private static func rightMargin(_ panel: Panel) -> Double {
    var margin = 12.0
    if case .shown(let label) = panel.colorBar { margin += 58 + (label == nil ? 0 : 16) }
    if panel.legend == .outside && panel.showsLegend {
      margin += 36 + (panel.labels.map(textWidth).max() ?? 0)
    }
    return margin
  }

  private static func topMargin(_ panel: Panel) -> Double {
    panel.title.map { 16 + lineHeight * Double($0.lineCount) } ?? 12
  }

  /// The space for ticks and label under a panel, before a legend there.
  static func axisSpace(_ panel: Panel) -> Double {
    (panel.x.ticks == .none ? 6 : 24)
      + (panel.x.label.map { lineHeight * Double($0.lineCount) + 4 } ?? 0)
  }

  private static func bottomMargin(_ panel: Panel, width: Double) -> Double {
    guard panel.legend == .below && panel.showsLegend else { return axisSpace(panel) }
    let columns = legendColumns(panel, width: width)
    return axisSpace(panel) + 6 + 16 * Double((panel.labels.count + columns - 1) / columns)
  }

  /// How many entries of the legend under a panel stand in one row.
  static func legendColumns(_ panel: Panel, width: Double) -> Int {
    let entry = 46 + (panel.labels.map(textWidth).max() ?? 0)
    return min(panel.labels.count, max(1, Int(width / entry)))
  }
}
