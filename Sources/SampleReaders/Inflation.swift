import Files

/// What comes out of compressed files, against what they hold.
enum Inflation {
  /// More than this is said: no measurements shrink so far.
  static let usual = 200

  /// Says when `count` bytes came out of far fewer.
  static func report(
    _ count: Int, from stored: Int, of name: String, _ report: (String) -> Void
  ) {
    guard count / usual > stored else { return }
    report(
      "\(name): \(Memory.text(count)) came out of \(Memory.text(stored)), more than \(usual) times as much"
    )
  }
}
