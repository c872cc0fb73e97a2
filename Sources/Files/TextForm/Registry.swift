import Synchronization

/// One thing that can be asked for by name, with its options: a loss, a tilting, an encoder.
///
/// ```swift
/// RegistryEntry<any Loss>("joint", JointLoss(), [.flag("all-pairs", \.normalizer, .allPairs)]) { $0 }
/// ```
public struct RegistryEntry<Value: Sendable>: Sendable {
  /// What stands before the first colon of its text.
  public let name: String
  /// Its text with all options: `joint[:all-pairs]`.
  public let usage: String
  /// What its name alone stands for; where an option is required, a value that lacks it.
  public let standard: Value
  /// Takes its options; the value, and the options as text.
  let read: @Sendable (inout TextFields) throws -> (value: Value, options: String)

  /// - Parameters:
  ///   - standard: the settings without options.
  ///   - options: which properties of the settings the text can change.
  ///   - check: throws where options do not go together.
  ///   - make: the value for settings.
  public init<Settings: Sendable>(
    _ name: String, _ standard: Settings, _ options: [TextOption<Settings>] = [],
    check: @escaping @Sendable (Settings) throws -> Void = { _ in },
    make: @escaping @Sendable (Settings) -> Value
  ) {
    self.name = name
    self.usage = name + options.usage()
    self.standard = make(standard)
    read = { fields in
      var settings = standard
      try options.read(&settings, from: &fields)
      try check(settings)
      return (make(settings), options.text(of: settings, standard: standard))
    }
  }
}

/// The things of one kind that can be asked for by name; a client can add its own.
public final class Registry<Value: Sendable>: Sendable {
  /// What kind of thing, for failures: "loss".
  public let noun: String
  private let entries: Mutex<[RegistryEntry<Value>]>

  /// - Parameter noun: what kind of thing, for failures.
  public init(_ noun: String, _ entries: [RegistryEntry<Value>]) {
    self.noun = noun
    self.entries = Mutex(entries)
  }

  /// Adds an entry, in place of one of the same name if there is one.
  public func register(_ entry: RegistryEntry<Value>) {
    entries.withLock { entries in
      entries.removeAll { $0.name == entry.name }
      entries.append(entry)
    }
  }

  /// What is known, in the order in which it was added.
  public var all: [RegistryEntry<Value>] { entries.withLock { $0 } }

  /// - Throws: `Failure` listing the names when there is none such.
  public func entry(for fields: TextFields) throws -> RegistryEntry<Value> {
    let all = all
    guard let match = all.first(where: { $0.name == fields.name }) else {
      throw fields.unknown(among: all.map(\.name))
    }
    return match
  }
}

/// A kind of thing that has a registry. One empty enumeration a kind: `Losses`, `Tiltings`, which names its `Value`.
public protocol Registrable: Sendable {
  /// What a name stands for.
  associatedtype Value: Sendable
  /// What is known by name.
  static var registry: Registry<Value> { get }
}

extension Registrable {
  /// One of its things.
  public typealias Entry = RegistryEntry<Value>

  /// Adds a client's own, in place of one of the same name if there is one.
  public static func register(_ entry: RegistryEntry<Value>) { registry.register(entry) }

  /// The names that are known.
  public static var names: [String] { registry.all.map(\.name) }

  /// What each name alone stands for.
  public static var all: [Value] { registry.all.map(\.standard) }

  /// The value that a text `NAME[:OPTION]…` stands for.
  /// - Throws: `Failure` listing the names, or the options of this one.
  public static func named(_ text: String) throws -> Value { try Registered<Self>(text).value }
}

extension ValueKind where Value == String {
  /// The text of one of a registry's values, with its options.
  public static func name<Kind: Registrable>(of kind: Kind.Type) -> ValueKind {
    let names = kind.names
    return ValueKind(names.joined(separator: "|"), choices: names) {
      try Registered<Kind>($0).description
    }
  }
}

/// One of a registry's values with the text that it came from: a setting.
///
/// Two are equal when they are written alike.
///
/// ```swift
/// let loss = try LossSettings("two-sided:weights=1,2")   // Registered<Losses>
/// loss.value                                             // ConditionalLoss
/// ```
public struct Registered<Kind: Registrable>: TextForm {
  /// What stands before the first colon.
  public let name: String
  /// The options that are not as the name alone has them, with a colon before each.
  public let options: String
  /// What the text stands for.
  public let value: Kind.Value

  /// What an entry's name alone stands for.
  public init(_ entry: RegistryEntry<Kind.Value>) {
    (name, options, value) = (entry.name, "", entry.standard)
  }

  /// - Throws: `Failure` listing the names, or the options of this one.
  public init(_ text: String) throws {
    var fields = TextFields(text, of: Kind.registry.noun)
    let entry = try Kind.registry.entry(for: fields)
    try self.init(entry, taking: &fields)
    try fields.requireEmpty(usage: entry.usage)
  }

  /// Takes the options of an entry out of `fields`, and leaves others there.
  /// - Throws: `Failure` when the value of an option is refused.
  public init(_ entry: RegistryEntry<Kind.Value>, taking fields: inout TextFields) throws {
    name = entry.name
    (value, options) = try entry.read(&fields)
  }

  /// The same with one option more, `KEY=VALUE` or a flag, in place of what it has for that key.
  /// - Throws: `Failure` when it has no such option, or the value is refused.
  public func with(_ option: String) throws -> Registered {
    func key(_ option: some StringProtocol) -> String { String(option.prefix { $0 != "=" }) }
    let others = options.split(separator: ":").filter { key($0) != key(option) }
    return try Registered(([name] + others.map(String.init) + [option]).joined(separator: ":"))
  }

  /// The text that gives the value back.
  public var description: String { name + options }

  /// Whether both are written alike.
  public static func == (a: Registered, b: Registered) -> Bool { a.description == b.description }

  /// By the text.
  public func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
