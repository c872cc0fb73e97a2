import Torch

/// Which pairs belong together (MATH §2, "Groups"): pairs of one group share a partner, five captions of one image
/// say; different groups are independent.
///
/// ```swift
/// let groups = Groups(["a", "b", "a"])
/// groups.numbers                      // [0, 1, 0]
/// groups.representatives(key: key)    // one row of each group: [2, 1], say
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

  /// The number of pairs of the largest group.
  public var largest: Int {
    var sizes = [Int](repeating: 0, count: count)
    for group in numbers { sizes[group] += 1 }
    return sizes.max() ?? 0
  }

  /// One row of each group, drawn with equal probabilities: independent pairs.
  public func representatives(key: Key) -> [Int] {
    members.enumerated().map { group, rows in
      rows.count == 1 ? rows[0] : rows[Int(key.word(group) % UInt64(rows.count))]
    }
  }

  /// One row of each group, several times, so that all rows of a group are taken in turn, from one drawn by the key
  /// on: as often as the largest group has rows, at most `limit` times. Each draw is of independent pairs, and the mean
  /// of a loss over the draws has its expectation over one with less scatter.
  public func draws(limit: Int = 8, key: Key) -> [[Int]] {
    let members = members
    let starts = members.indices.map { Int(key.word($0) % UInt64(members[$0].count)) }
    return (0..<min(limit, largest)).map { turn in
      members.indices.map { members[$0][(starts[$0] + turn) % members[$0].count] }
    }
  }

  /// The first row of each distinct candidate: rows of one group with equal marks are one.
  public func distinct(_ marks: [Int?]?) -> [Int] {
    guard let marks else { return Array(numbers.indices) }
    var seen: Set<[Int]> = []
    return numbers.indices.filter { row in
      guard let mark = marks[row] else { return true }
      return seen.insert([numbers[row], mark]).inserted
    }
  }

  /// The groups that join pairs which share a mark in any of several lists; a row without a mark shares nothing.
  public static func joining(_ lists: [[Int?]], count: Int) -> Groups {
    var parent = Array(0..<count)
    func root(_ row: Int) -> Int {
      var row = row
      while parent[row] != row {
        parent[row] = parent[parent[row]]
        row = parent[row]
      }
      return row
    }
    for marks in lists {
      var first: [Int: Int] = [:]
      for (row, mark) in marks.enumerated() {
        guard let mark else { continue }
        if let other = first[mark] { parent[root(row)] = root(other) } else { first[mark] = row }
      }
    }
    return Groups((0..<count).map(root))
  }
}
