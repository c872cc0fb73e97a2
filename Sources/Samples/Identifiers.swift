/// What rows are called in answers: by whole numbers or by texts, one for each.
///
/// ```swift
/// try SampleReaders.identifiers("products.csv:sku", rows: 1000)
/// Identifiers.numbers([17, 4]).select([1])   // .numbers([4])
/// ```
public enum Identifiers: Equatable, Sendable {
  /// Whole numbers: identifiers, or the numbers of rows.
  case numbers([Int])
  /// Texts.
  case texts([String])

  /// Of labels: the numbers 0 … K − 1 where they are called so, and their names otherwise.
  public init(_ labels: LabelSet) {
    self = labels.areNumbers ? .numbers(Array(0..<labels.count)) : .texts(labels.names)
  }

  /// From texts; numbers where all of them are whole numbers as they are usually written, so that `007` stays a text.
  public init(cells: [String]) {
    let numbers = cells.map { text in Int(text).flatMap { String($0) == text ? $0 : nil } }
    let whole = numbers.compactMap { $0 }
    self = whole.count == cells.count ? .numbers(whole) : .texts(cells)
  }

  /// The number of rows.
  public var count: Int {
    switch self {
    case .numbers(let numbers): numbers.count
    case .texts(let texts): texts.count
    }
  }

  /// Those of some rows, in that order.
  public func select(_ rows: some Sequence<Int>) -> Identifiers {
    switch self {
    case .numbers(let numbers): .numbers(rows.map { numbers[$0] })
    case .texts(let texts): .texts(rows.map { texts[$0] })
    }
  }

  /// All of them as texts.
  public var texts: [String] {
    switch self {
    case .numbers(let numbers): numbers.map(String.init)
    case .texts(let texts): texts
    }
  }
}
