/// Values by names that are known when they are found, in this order: members of an object.
///
/// ```swift
/// try JSON(encoding: Named([("v", 2), ("u", 1)])).text   // {"v":2,"u":1}
/// ```
package struct Named<Value: Encodable>: Encodable {
  /// In the order in which they are written.
  package let members: [(name: String, value: Value)]

  /// Members in this order.
  package init(_ members: [(name: String, value: Value)]) { self.members = members }

  /// The value of a name, nil for none.
  package subscript(name: String) -> Value? { members.first { $0.name == name }?.value }

  package func encode(to encoder: any Encoder) throws {
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
