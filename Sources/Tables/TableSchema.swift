import Files

/// A column of a table that is to be written.
///
/// ```swift
/// TableColumn.text("caption")
/// TableColumn("u", .float32, shape: [64])   // a vector in every row
/// ```
public struct TableColumn: Equatable, Sendable {
  /// Its name, which no other column has.
  public let name: String
  /// The type of its numbers; nil for texts.
  public let elementType: ElementType?
  /// The shape of a cell: `[]` for a single number or a text, `[64]` for a vector of 64 numbers.
  public let shape: [Int]

  /// Numbers; float16 and bfloat16 are written as float32.
  public init(_ name: String, _ elementType: ElementType, shape: [Int] = []) {
    (self.name, self.elementType, self.shape) = (name, elementType, shape)
  }

  private init(text name: String) { (self.name, elementType, shape) = (name, nil, []) }

  /// Texts.
  public static func text(_ name: String) -> TableColumn { TableColumn(text: name) }

  /// The numbers in a cell.
  public var width: Int { shape.reduce(1, *) }

  /// A name for each number of a cell: `rank`, or `u1`, `u2`, … of a vector, in row-major order.
  public var names: [String] { shape.isEmpty ? [name] : (0..<width).map { "\(name)\($0 + 1)" } }
}

/// The cells of a column in successive rows.
public enum TableCells: Equatable, Sendable {
  /// One text a row.
  case texts([String])
  /// rows × the shape of a cell, of the column's element type.
  case numbers(NumericArray)

  /// One number a row.
  public static func numbers<T: NumericElement>(_ values: [T]) -> TableCells {
    .numbers(NumericArray(values))
  }

  /// The number of rows in a column of this kind.
  func rows(_ column: TableColumn) -> Int {
    switch self {
    case .texts(let texts): texts.count
    case .numbers(let array): column.width > 0 ? array.count / column.width : array.shape.first ?? 0
    }
  }
}

/// What a table holds, and which of it is a plain array.
///
/// ```swift
/// TableSchema([.text("id"), TableColumn("u", .float32, shape: [64])], array: "u", rows: [120])
/// ```
public struct TableSchema: Sendable {
  /// The columns, in the order of their cells.
  public let columns: [TableColumn]
  /// The column that a format of one array holds; nil where the table is no array.
  let array: Int?
  /// The axes in front of the cells of that array; their product is the number of rows.
  let rows: [Int]

  /// - Parameters:
  ///   - columns: with different names.
  ///   - array: the name of the column that is the whole answer where a format holds one array only.
  ///   - rows: the axes in front of its cells: `[N]`, or `[conditions, draws]`.
  public init(_ columns: [TableColumn], array: String? = nil, rows: [Int] = []) {
    require(
      Set(columns.map(\.name)).count == columns.count, "TableSchema: two columns of one name")
    (self.columns, self.rows) = (columns, rows)
    self.array = array.flatMap { name in columns.firstIndex { $0.name == name } }
  }
}
