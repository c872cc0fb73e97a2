/// One option of a value that has a text form, declared once: how it is written in a text, which property it sets,
/// and which values that property may have.
///
/// ```swift
/// let options: [TextOption<MLP.Settings>] = [
///   .first("WIDTHS", .list(of: .integer(in: 1...1_000_000)), \.widths, example: "512,256"),
///   .choice(\.activation),                      // mlp:512:tanh
///   .value("dropout", .fraction, \.dropout),    // mlp:512:dropout=0.1
/// ]
/// ```
public struct TextOption<Root: Sendable>: Sendable {
  /// As usage shows it: `[:dropout=FRACTION]`.
  public let usage: String
  let read: @Sendable (inout Root, inout TextFields) throws -> Void
  /// The option in the text of a value; nil where it is as in the standard value.
  let write: @Sendable (_ value: Root, _ standard: Root) -> String?

  /// A key with a value: `dropout=0.1`.
  public static func value<Value: Equatable>(
    _ key: String, _ kind: ValueKind<Value>,
    _ path: WritableKeyPath<Root, Value> & Sendable
  ) -> TextOption {
    TextOption(usage: "[:\(key)=\(kind.placeholder)]") { root, fields in
      if let value = try fields.value(key, kind) { root[keyPath: path] = value }
    } write: { root, standard in
      root[keyPath: path] == standard[keyPath: path]
        ? nil : "\(key)=\(kind.text(root[keyPath: path]))"
    }
  }

  /// A key with a value for a property that has none otherwise: `hidden=256`.
  public static func value<Value>(
    _ key: String, _ kind: ValueKind<Value>,
    _ path: WritableKeyPath<Root, Value?> & Sendable
  ) -> TextOption {
    TextOption(usage: "[:\(key)=\(kind.placeholder)]") { root, fields in
      if let value = try fields.value(key, kind) { root[keyPath: path] = value }
    } write: { root, _ in
      root[keyPath: path].map { "\(key)=\(kind.text($0))" }
    }
  }

  /// A key with a value that is found where the text lacks it, and is written from then on: a checksum of a file.
  /// - Parameter find: the value; throws a `Failure` when it cannot be found.
  public static func found<Value>(
    _ key: String, _ kind: ValueKind<Value>,
    _ path: WritableKeyPath<Root, Value?> & Sendable,
    by find: @escaping @Sendable (Root) throws -> Value
  ) -> TextOption {
    TextOption(usage: "[:\(key)=\(kind.placeholder)]") { root, fields in
      root[keyPath: path] = try fields.value(key, kind) ?? find(root)
    } write: { root, _ in
      root[keyPath: path].map { "\(key)=\(kind.text($0))" }
    }
  }

  /// A flag that gives a property one value: `no-bias`.
  public static func flag<Value: Equatable & Sendable>(
    _ key: String, _ path: WritableKeyPath<Root, Value> & Sendable, _ value: Value
  ) -> TextOption {
    TextOption(usage: "[:\(key)]") { root, fields in
      if fields.flag(key) { root[keyPath: path] = value }
    } write: { root, standard in
      root[keyPath: path] == value && standard[keyPath: path] != value ? key : nil
    }
  }

  /// A flag that makes a property true.
  public static func flag(_ key: String, _ path: WritableKeyPath<Root, Bool> & Sendable)
    -> TextOption
  { .flag(key, path, true) }

  /// The name of one case of an enumeration, without a key: `tanh`.
  public static func choice<Value>(_ path: WritableKeyPath<Root, Value> & Sendable) -> TextOption
  where
    Value: CaseIterable & RawRepresentable & Equatable & Sendable, Value.RawValue == String
  {
    let names = Value.allCases.map(\.rawValue)
    return TextOption(usage: "[:\(names.joined(separator: "|:"))]") { root, fields in
      if let name = names.first(where: { fields.flag($0) }), let value = Value(rawValue: name) {
        root[keyPath: path] = value
      }
    } write: { root, standard in
      root[keyPath: path] == standard[keyPath: path] ? nil : root[keyPath: path].rawValue
    }
  }

  /// A value without a key that must be given, before others without a key: `512,256`.
  public static func first<Value>(
    _ placeholder: String, _ kind: ValueKind<Value>,
    _ path: WritableKeyPath<Root, Value> & Sendable, example: String
  ) -> TextOption {
    TextOption(usage: ":\(placeholder)") { root, fields in
      guard let value = try fields.next(placeholder, kind) else {
        throw Failure(
          "the \(fields.noun) \(fields.name) lacks \(placeholder)",
          remedy: "say, \(fields.name):\(example)")
      }
      root[keyPath: path] = value
    } write: { root, _ in
      kind.text(root[keyPath: path])
    }
  }
}

extension Array {
  /// Takes what these options know out of `fields` into `root`.
  public func read<Root>(_ root: inout Root, from fields: inout TextFields) throws
  where Element == TextOption<Root> {
    for option in self { try option.read(&root, &fields) }
  }

  /// The options of `root` that are not as in `standard`, with a colon before each.
  public func text<Root>(of root: Root, standard: Root) -> String
  where Element == TextOption<Root> {
    compactMap { $0.write(root, standard) }.map { ":\($0)" }.joined()
  }

  /// All options as usage shows them.
  public func usage<Root>() -> String where Element == TextOption<Root> {
    map(\.usage).joined()
  }
}
