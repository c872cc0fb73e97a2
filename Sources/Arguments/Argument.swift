import Files

/// The declaration of one thing that a command accepts: an option with a value (`--epochs 20`), a
/// flag (`--resume`) or a positional argument (`RUN`).
///
/// ```swift
/// let epochs = Argument.option("epochs", .integer(in: 1...), default: 20, "passes over the pairs")
/// let resume = Argument.flag("resume", "go on from the last checkpoint")
/// // in run():
/// arguments[epochs]  // Int
/// ```
public struct Argument<Value: Sendable>: ArgumentDeclaration {
  /// What help and the parser need to know.
  public private(set) var summary: ArgumentSummary
  private let parse: @Sendable (String) throws -> Value
  /// nil: the argument is required.
  private let fallback: Value?

  private init(
    _ summary: ArgumentSummary, fallback: Value?,
    parse: @escaping @Sendable (String) throws -> Value
  ) {
    self.summary = summary
    self.fallback = fallback
    self.parse = parse
  }

  /// The value that a text stands for.
  /// - Throws: `Failure` when it stands for none.
  public func parsed(_ text: String) throws -> any Sendable { try parse(text) }
  /// The default; nil where the argument must be given.
  public var absent: (any Sendable)? { fallback }
}

/// What help and the parser need to know of an argument, whatever its value's type.
public struct ArgumentSummary: Sendable {
  /// How a user gives it: `--name VALUE`, `--name`, or a word by its place.
  public enum Role: Sendable { case option, flag, positional }

  /// How a user gives it.
  public let role: Role
  /// Without dashes for options and flags; as shown (`RUN`) for positional arguments.
  public let name: String
  /// Other names that are accepted, without dashes.
  public var aliases: [String] = []
  /// The letter after a single dash that means the same; nil when there is none.
  public let short: Character?
  /// What help shows for the value: `N`; empty for flags.
  public let placeholder: String
  /// Whether its value is the path of a file that the command writes.
  public var isWritten = false
  /// Whether all further words without a dash are its values.
  public var takesRest = false
  /// The only texts that are accepted, for help and completion; empty when others are.
  public let choices: [String]
  /// What help shows as default; nil when there is nothing to show.
  public let defaultText: String?
  /// Whether the command refuses to run without it.
  public let isRequired: Bool
  /// What it is for, in a few words.
  public let help: String

  /// As a line of usage shows it where it is positional: `RUN`, `RUN…`.
  var shownInUsage: String { takesRest ? "\(name)…" : name }

  /// As a user types it: `--epochs`, `RUN`.
  public var typed: String { place.typed }

  /// Where a failure of its value happened.
  public var place: Place { role == .positional ? .input(name) : .setting(name) }
}

/// An argument's declaration, whatever its value's type.
public protocol ArgumentDeclaration: Sendable {
  /// What help and the parser need to know.
  var summary: ArgumentSummary { get }
  /// The value that a text stands for; throws a `Failure`.
  func parsed(_ text: String) throws -> any Sendable
  /// The value when the argument is not given; nil when it must be.
  var absent: (any Sendable)? { get }
}

extension Argument {
  /// The same, with other names that people know it by.
  ///
  /// ```swift
  /// Argument.option("learning-rate", .positive(), default: 0.001, "step length").alias("lr")
  /// ```
  public func alias(_ names: String...) -> Argument {
    var copy = self
    copy.summary.aliases += names
    return copy
  }
}

extension Argument {
  /// The same, as the path of a file that the command writes: naming one that it reads, or writes besides, is refused.
  ///
  /// ```swift
  /// Argument.required("out", .file, "where the answer goes").writing
  /// ```
  public var writing: Argument {
    var copy = self
    copy.summary.isWritten = true
    return copy
  }
}

extension Argument {
  /// An option that must be given.
  public static func required(
    _ name: String, short: Character? = nil, _ kind: ValueKind<Value>, _ help: String
  ) -> Argument {
    Argument(
      ArgumentSummary(
        role: .option, name: name, short: short, placeholder: kind.placeholder,
        choices: kind.choices, defaultText: nil, isRequired: true, help: help),
      fallback: nil, parse: kind.parse)
  }

  /// An option with a default, which help shows as `shown`.
  public static func option(
    _ name: String, short: Character? = nil, _ kind: ValueKind<Value>, default value: Value,
    shown: String? = nil, _ help: String
  ) -> Argument {
    Argument(
      ArgumentSummary(
        role: .option, name: name, short: short, placeholder: kind.placeholder,
        choices: kind.choices, defaultText: shown ?? kind.text(value), isRequired: false,
        help: help),
      fallback: value, parse: kind.parse)
  }

  /// An option that may be left out, and then has no value.
  public static func option<Wrapped>(
    _ name: String, short: Character? = nil, _ kind: ValueKind<Wrapped>, shown: String? = nil,
    _ help: String
  ) -> Argument where Value == Wrapped? {
    Argument(
      ArgumentSummary(
        role: .option, name: name, short: short, placeholder: kind.placeholder,
        choices: kind.choices, defaultText: shown, isRequired: false, help: help),
      fallback: .some(nil), parse: kind.parse)
  }

  /// All arguments without a name from its place on, at least `fewest`; `name` is shown in capitals. It is the last one.
  public static func positionals<Item>(
    _ name: String, _ kind: ValueKind<Item>, atLeast fewest: Int, _ help: String
  ) -> Argument where Value == [Item] {
    var argument = Argument(
      ArgumentSummary(
        role: .positional, name: name, short: nil, placeholder: kind.placeholder,
        choices: kind.choices, defaultText: nil, isRequired: true, help: help),
      fallback: nil,
      parse: { text in
        let words = text.split(separator: Parser.rest, omittingEmptySubsequences: false)
        guard words.count >= fewest else {
          throw Failure(
            "there \(words.count == 1 ? "is" : "are") \(words.count) of at least \(fewest)",
            remedy: "give \(fewest) or more")
        }
        return try words.map { try kind.parse(String($0)) }
      })
    argument.summary.takesRest = true
    return argument
  }

  /// An argument without a name, by its place; `name` is shown in capitals.
  public static func positional(_ name: String, _ kind: ValueKind<Value>, _ help: String)
    -> Argument
  {
    Argument(
      ArgumentSummary(
        role: .positional, name: name, short: nil, placeholder: kind.placeholder,
        choices: kind.choices, defaultText: nil, isRequired: true, help: help),
      fallback: nil, parse: kind.parse)
  }
}

extension Argument {
  /// Something that, when it is named, has the value that `kind` gives to the text "true".
  public static func flag<Wrapped>(
    _ name: String, _ kind: ValueKind<Wrapped>, _ help: String
  ) -> Argument where Value == Wrapped? {
    Argument(
      ArgumentSummary(
        role: .flag, name: name, short: nil, placeholder: "", choices: [], defaultText: nil,
        isRequired: false, help: help),
      fallback: .some(nil), parse: { _ in try kind.parse("true") })
  }
}

extension Argument where Value == Bool {
  /// Something that is off unless named.
  public static func flag(_ name: String, short: Character? = nil, _ help: String) -> Argument {
    Argument(
      ArgumentSummary(
        role: .flag, name: name, short: short, placeholder: "", choices: [], defaultText: nil,
        isRequired: false, help: help),
      fallback: false, parse: { _ in true })
  }
}
