extension JSON {
  /// What a value encodes itself as: members in the order in which they are encoded, those of a dictionary by their
  /// keys (whole numbers first, by size), nil as null. Values that share an encoder are members of one object.
  ///
  /// ```swift
  /// struct Answer: Encodable { var rows = 3; var level: Double? }
  /// try JSON(encoding: Answer()).text   // {"rows":3,"level":null}
  /// ```
  /// - Throws: what the value's `encode(to:)` throws.
  public init(encoding value: some Encodable) throws { self = try JSONNode.value(of: value) }
}

/// A JSON value while it is encoded.
private final class JSONNode {
  private enum Content {
    case value(JSON)
    case members([(key: String, node: JSONNode)])
    case items([JSONNode])
  }

  private var content: Content?

  init(_ value: JSON? = nil) { content = value.map(Content.value) }

  var json: JSON {
    switch content {
    // Nothing was encoded: an object without members.
    case nil: .object([])
    case .value(let value): value
    case .members(let members): .object(members.map { .init($0.key, $0.node.json) })
    case .items(let items): .array(items.map(\.json))
    }
  }

  func set(_ value: JSON) { content = .value(value) }

  func member(_ key: String, _ node: JSONNode) {
    guard case .members(let members) = content else { return content = .members([(key, node)]) }
    content = .members(members + [(key, node)])
  }

  func item(_ node: JSONNode) {
    guard case .items(let items) = content else { return content = .items([node]) }
    content = .items(items + [node])
  }

  func beginItems() { if content == nil { content = .items([]) } }

  var itemCount: Int { if case .items(let items) = content { items.count } else { 0 } }

  static func value(of value: some Encodable) throws -> JSON {
    switch value {
    case let json as JSON: return json
    case let numbers as [Double]: return .numbers(numbers)
    case let numbers as [Int]: return .array(numbers)
    case let texts as [String]: return .array(texts.map(JSON.string))
    case let list as any EncodableList: return .array(try list.items())
    case let dictionary as any EncodableDictionary: return .object(try dictionary.members())
    default:
      let node = JSONNode()
      try value.encode(to: JSONValueEncoder(node: node))
      return node.json
    }
  }
}

/// Lists need no container for every item.
private protocol EncodableList {
  func items() throws -> [JSON]
}

extension Array: EncodableList where Element: Encodable {
  fileprivate func items() throws -> [JSON] { try map { try JSONNode.value(of: $0) } }
}

/// Dictionaries have no order of their own.
private protocol EncodableDictionary {
  func members() throws -> [JSON.Member]
}

extension Dictionary: EncodableDictionary where Key == String, Value: Encodable {
  fileprivate func members() throws -> [JSON.Member] {
    try sorted {
      (Int($0.key) ?? .max, $0.key) < (Int($1.key) ?? .max, $1.key)
    }.map { .init($0.key, try JSONNode.value(of: $0.value)) }
  }
}

extension JSON: Encodable {
  /// As it is by `JSON(encoding:)`; as values of these kinds by other encoders.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let values): try container.encode(values)
    case .numbers(let values): try container.encode(values)
    case .object(let members):
      try container.encode(Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first })
    }
  }
}

private struct JSONValueEncoder: Encoder {
  let node: JSONNode
  let codingPath: [any CodingKey] = []
  let userInfo: [CodingUserInfoKey: Any] = [:]

  func container<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    KeyedEncodingContainer(Members(node: node))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.beginItems()
    return Items(node: node)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { Single(node: node) }

  private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let node: JSONNode
    let codingPath: [any CodingKey] = []

    private func put(_ value: JSON, _ key: Key) { node.member(key.stringValue, JSONNode(value)) }

    func encodeNil(forKey key: Key) { put(.null, key) }
    func encode<T: Encodable>(_ value: T, forKey key: Key) throws {
      put(try JSONNode.value(of: value), key)
    }

    // Each is a requirement of its own, whose default leaves nil out.
    func encodeIfPresent(_ value: Bool?, forKey key: Key) {
      put(value.map(JSON.bool) ?? .null, key)
    }
    func encodeIfPresent(_ value: String?, forKey key: Key) { put(.optional(value), key) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) { put(.optional(value), key) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) {
      put(value.map(JSON.integer) ?? .null, key)
    }
    func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws {
      put(try value.map { try JSONNode.value(of: $0) } ?? .null, key)
    }

    func nestedContainer<Nested>(keyedBy type: Nested.Type, forKey key: Key)
      -> KeyedEncodingContainer<Nested>
    {
      KeyedEncodingContainer(Members<Nested>(node: child(key)))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
      JSONValueEncoder(node: child(key)).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { JSONValueEncoder(node: node) }
    func superEncoder(forKey key: Key) -> any Encoder { JSONValueEncoder(node: child(key)) }

    private func child(_ key: Key) -> JSONNode {
      let child = JSONNode()
      node.member(key.stringValue, child)
      return child
    }
  }

  private struct Items: UnkeyedEncodingContainer {
    let node: JSONNode
    let codingPath: [any CodingKey] = []
    var count: Int { node.itemCount }

    func encodeNil() { node.item(JSONNode(.null)) }
    func encode<T: Encodable>(_ value: T) throws {
      node.item(JSONNode(try JSONNode.value(of: value)))
    }

    func nestedContainer<Nested>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
      KeyedEncodingContainer(Members<Nested>(node: child()))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
      JSONValueEncoder(node: child()).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { JSONValueEncoder(node: child()) }

    private func child() -> JSONNode {
      let child = JSONNode()
      node.item(child)
      return child
    }
  }

  private struct Single: SingleValueEncodingContainer {
    let node: JSONNode
    let codingPath: [any CodingKey] = []

    func encodeNil() { node.set(.null) }
    func encode(_ value: Bool) { node.set(.bool(value)) }
    func encode(_ value: String) { node.set(.string(value)) }
    func encode(_ value: Double) { node.set(.number(value)) }
    func encode(_ value: Float) { node.set(.number(Double(value))) }
    func encode(_ value: Int) { node.set(.integer(value)) }
    func encode(_ value: Int8) { node.set(.integer(Int(value))) }
    func encode(_ value: Int16) { node.set(.integer(Int(value))) }
    func encode(_ value: Int32) { node.set(.integer(Int(value))) }
    func encode(_ value: Int64) { node.set(.integer(Int(value))) }
    func encode(_ value: UInt8) { node.set(.integer(Int(value))) }
    func encode(_ value: UInt16) { node.set(.integer(Int(value))) }
    func encode(_ value: UInt32) { node.set(.integer(Int(value))) }
    func encode(_ value: UInt) { node.set(Self.number(UInt64(value))) }
    func encode(_ value: UInt64) { node.set(Self.number(value)) }
    func encode<T: Encodable>(_ value: T) throws { node.set(try JSONNode.value(of: value)) }

    private static func number(_ value: UInt64) -> JSON {
      Int(exactly: value).map(JSON.integer) ?? .number(Double(value))
    }
  }
}
