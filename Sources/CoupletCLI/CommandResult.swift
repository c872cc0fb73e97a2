import Files

/// What a command found: one value, from which both its JSON and its text for people follow.
///
/// JSON members are those that the value encodes, in their order; nil is null (`JSON(encoding:)`).
protocol CommandResult: Encodable {
  /// For people, whole lines.
  var text: String { get }
}
