/// Which pairs belong together (MATH §2, "Groups"): pairs of one group share a partner, five captions of one image
/// say; different groups are independent.
///
/// ```swift
/// let groups = Groups(["a", "b", "a"])
/// groups.numbers   // [0, 1, 0]
/// groups.count     // 2
/// ```
public struct Groups: Equatable, Sendable {
  /// The group of each pair, 0 … count − 1 in the order in which groups first occur.
  public let numbers: [Int]
  /// The number of groups.
  public let count: Int

  /// Pairs with equal marks form a group.
  public init<Mark: Hashable>(_ marks: [Mark]) {
    var known: [Mark: Int] = [:]
    numbers = marks.map { mark in
      if let number = known[mark] { return number }
      known[mark] = known.count
      return known.count - 1
    }
    count = known.count
  }

  /// Whether every pair is a group of its own.
  public var areTrivial: Bool { count == numbers.count }

  /// The groups of some of the pairs, numbered anew.
  public func select(_ rows: [Int]) -> Groups { Groups(rows.map { numbers[$0] }) }

  /// The rows of each group, in order.
  public var members: [[Int]] {
    var members = [[Int]](repeating: [], count: count)
    for (row, group) in numbers.enumerated() { members[group].append(row) }
    return members
  }
}
