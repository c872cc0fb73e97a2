import Files

/// One setting of a run, declared once: its key, where it is kept, which values it has, what help says of it. The
/// key in `config.json` and the option of a command are one word, `learningRate` and `--learning-rate`.
///
/// ```swift
/// Setting("learning-rate", .positive(), \.learningRate, help: "the learning rate")
/// Setting("clip", .positive(), \.clip, help: "the largest norm of a gradient")   // a Double?, which may be absent
/// ```
public struct Setting<Root: Sendable>: Sendable {
  /// What is done to settings.
  /// - Throws: `Failure` when they do not allow it.
  public typealias Change = @Sendable (inout Root) throws -> Void

  /// In words with hyphens: `learning-rate`.
  public let key: String
  /// What stands for the value in help; empty for a flag.
  public let placeholder: String
  /// The texts that are allowed, where they are few.
  public let choices: [String]
  /// One sentence.
  public let help: String
  /// What help shows as default, in place of the default's text.
  private let shown: String?
  /// What a text changes.
  /// - Throws: `Failure` saying why the text is refused.
  public let change: @Sendable (String) throws -> Change
  /// The value as text; nil when there is none.
  public let text: @Sendable (Root) -> String?

  /// The key in JSON: `learningRate`.
  public var jsonKey: String { Self.jsonKey(key) }

  /// The key in JSON of a key in words.
  static func jsonKey(_ key: String) -> String {
    let words = key.split(separator: "-")
    return words.prefix(1).joined() + words.dropFirst().map(\.capitalized).joined()
  }

  /// What help shows as default, where `standard` is what holds when nothing is said.
  public func defaultText(_ standard: Root) -> String? { shown ?? text(standard) }

  /// A setting that always has a value.
  public init<Value: Sendable>(
    _ key: String, _ kind: ValueKind<Value>, _ path: WritableKeyPath<Root, Value> & Sendable,
    shown: String? = nil, help: String
  ) {
    (self.key, self.shown, self.help) = (key, shown, help)
    (placeholder, choices) = (kind.placeholder, kind.choices)
    text = { kind.text($0[keyPath: path]) }
    change = { text in
      let value = try kind.parse(text)
      return { $0[keyPath: path] = value }
    }
  }

  /// A setting that may be absent.
  /// - Parameter none: the text that makes it so.
  public init<Value: Sendable>(
    _ key: String, _ kind: ValueKind<Value>, _ path: WritableKeyPath<Root, Value?> & Sendable,
    none: String? = nil, shown: String? = nil, help: String
  ) {
    (self.key, self.shown, self.help) = (key, shown ?? none, help)
    (placeholder, choices) = (
      ([kind.placeholder] + [none].compactMap { $0 }).joined(separator: "|"), kind.choices
    )
    text = { $0[keyPath: path].map(kind.text) }
    change = { text in
      let value = text == none ? nil : try kind.parse(text)
      return { $0[keyPath: path] = value }
    }
  }

  /// A word for a part of another setting, which is written down there.
  /// - Parameter set: what a value of it changes.
  public init<Value: Sendable>(
    _ key: String, _ kind: ValueKind<Value>, shown: String? = nil, help: String,
    set: @escaping @Sendable (inout Root, Value) throws -> Void
  ) {
    (self.key, self.shown, self.help) = (key, shown, help)
    (placeholder, choices) = (kind.placeholder, kind.choices)
    text = { _ in nil }
    change = { text in
      let value = try kind.parse(text)
      return { try set(&$0, value) }
    }
  }

  /// An option of a setting that has options of its own: `--weights 1,2` beside `--loss two-sided` for
  /// `--loss two-sided:weights=1,2`. Its value is written down with that setting.
  public init<Kind: Registrable>(
    _ key: String, _ placeholder: String,
    optionOf path: WritableKeyPath<Root, Registered<Kind>> & Sendable, shown: String? = nil,
    help: String
  ) {
    self.init(key, .text(placeholder), shown: shown, help: help) {
      // Where the value has options itself, `/` stands for `:`.
      $0[keyPath: path] = try $0[keyPath: path].with("\(key)=\($1.replacing(":", with: "/"))")
    }
  }
}

extension ValueKind where Value == Bool {
  /// True when it is named.
  public static var flag: ValueKind { ValueKind("") { $0 != "false" } }
}
