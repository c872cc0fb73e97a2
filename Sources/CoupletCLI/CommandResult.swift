import Files

/// What a command found: one value, from which both its JSON and its text for people follow.
///
/// JSON members are those that the value encodes, in their order; nil is null (`JSON(encoding:)`).
protocol CommandResult: Encodable {
  /// For people, whole lines.
  var text: String { get }
}

/// Values by names that are known when they are found, in this order: members of an object.
struct Named<Value: Encodable>: Encodable {
  let members: [(name: String, value: Value)]

  init(_ members: [(name: String, value: Value)]) { self.members = members }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Name.self)
    for (name, value) in members { try container.encode(value, forKey: Name(stringValue: name)) }
  }

  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
