import Files

/// A figure: panels in rows and columns, with a title above and a note below.
///
/// A figure is a value; `write` draws it with gnuplot. Sizes are those of the panels' frames, in
/// points (1/72 inch); titles, labels and legends are added around them.
///
/// ```swift
/// let figure = Figure(title: "Conditionals", rows: [[given(v: 1), given(u: 1)]], note: "N = 10⁴")
/// try figure.write(svg: "figure2.svg", png: "figure2.png")
/// ```
public struct Figure: Sendable, Equatable {
  /// Over all panels; none when nil.
  public var title: Text?
  /// The panels row by row; rows may differ in length.
  public var rows: [[Panel]]
  /// Widths of the columns; the last serves all further columns.
  public var columnWidths: [Double]
  /// Heights of the rows; the last serves all further rows.
  public var rowHeights: [Double]
  /// A line under all panels, for settings; none when nil.
  public var note: Text?

  /// A figure of rows of panels, each row and the list of rows with at least one member.
  public init(
    title: Text? = nil, rows: [[Panel]], columnWidths: [Double] = [270],
    rowHeights: [Double] = [190], note: Text? = nil
  ) {
    require(
      !rows.isEmpty && rows.allSatisfy { !$0.isEmpty }, "Figure: every row needs a panel")
    require(
      !columnWidths.isEmpty && !rowHeights.isEmpty
        && (columnWidths + rowHeights).allSatisfy { $0 > 0 },
      "Figure: sizes must be positive")
    self.title = title
    self.rows = rows
    self.columnWidths = columnWidths
    self.rowHeights = rowHeights
    self.note = note
  }

  /// A figure of one panel.
  public init(
    _ panel: Panel, width: Double = 360, height: Double = 240, note: Text? = nil
  ) {
    self.init(rows: [[panel]], columnWidths: [width], rowHeights: [height], note: note)
  }
}
