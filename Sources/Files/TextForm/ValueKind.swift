/// How a text becomes a value and a value a text: what help calls it, which texts are allowed. Options of commands
/// and options within a text form (`TextOption`) are of these kinds alike.
///
/// ```swift
/// ValueKind.integer(in: 1...)          // "20" → 20; "0" and "many" are refused
/// ValueKind.choice(of: Modality.self)  // "u" → .u
/// ```
public struct ValueKind<Value: Sendable>: Sendable {
  /// What stands for the value in help: `N`, `FILE`, `u|v`.
  public let placeholder: String
  /// The texts that are allowed, where they are few; help and suggestions come from them.
  public let choices: [String]
  /// Throws a `Failure` whose `what` says why the text is refused and whose `remedy` what to give.
  public let parse: @Sendable (String) throws -> Value
  /// The text that gives the value back.
  public let text: @Sendable (Value) -> String

  /// - Parameters:
  ///   - placeholder: what stands for the value in help.
  ///   - choices: the texts that are allowed, where they are few.
  ///   - text: the text that gives the value back.
  ///   - parse: throws a `Failure` whose `what` says why the text is refused and whose `remedy` what to give.
  public init(
    _ placeholder: String, choices: [String] = [],
    text: @escaping @Sendable (Value) -> String = { "\($0)" },
    parse: @escaping @Sendable (String) throws -> Value
  ) {
    self.placeholder = placeholder
    self.choices = choices
    self.parse = parse
    self.text = text
  }
}

extension ValueKind where Value == String {
  /// Any text but the empty one.
  public static func text(_ placeholder: String) -> ValueKind {
    ValueKind(placeholder) { text in
      guard !text.isEmpty else { throw Failure("the value is empty", remedy: "give a text") }
      return text
    }
  }

  /// The path of a file.
  public static var file: ValueKind { text("FILE") }
  /// The path of a file whose name ends in `suffix`.
  public static func file(_ suffix: String) -> ValueKind {
    ValueKind("FILE") { text in
      guard text.hasSuffix(suffix) else {
        throw Failure(
          "the name of the file '\(text)' does not end in \(suffix)",
          remedy: "name a file that does")
      }
      return text
    }
  }

  /// The path of a folder.
  public static var folder: ValueKind { text("DIR") }

  /// One of the given names.
  public static func choice(_ names: [String]) -> ValueKind {
    ValueKind(names.joined(separator: "|"), choices: names) { text in
      guard names.contains(text) else { throw notAmong(names, text) }
      return text
    }
  }
}

extension ValueKind where Value == Int {
  /// A whole number of at least `range.lowerBound`.
  public static func integer(in range: PartialRangeFrom<Int>, _ placeholder: String = "N")
    -> ValueKind
  {
    ValueKind(placeholder) { text in
      guard let value = Int(text), range.contains(value) else {
        throw Failure(
          "'\(text)' is not a whole number of at least \(range.lowerBound)",
          remedy: "give one, for example \(max(range.lowerBound, 10))")
      }
      return value
    }
  }

  /// A whole number between two others, both allowed.
  public static func integer(in range: ClosedRange<Int>, _ placeholder: String = "N") -> ValueKind {
    ValueKind(placeholder) { text in
      guard let value = Int(text), range.contains(value) else {
        throw Failure(
          "'\(text)' is not a whole number from \(range.lowerBound) to \(range.upperBound)",
          remedy: "give one, for example \(min(max(range.lowerBound, 10), range.upperBound))")
      }
      return value
    }
  }
}

extension ValueKind where Value == UInt64 {
  /// A whole number from 0 to 2⁶⁴ − 1.
  public static var seed: ValueKind {
    ValueKind("N") { text in
      guard let value = UInt64(text) else {
        throw Failure("'\(text)' is not a whole number from 0", remedy: "give one, for example 0")
      }
      return value
    }
  }
}

extension ValueKind where Value == Double {
  /// A finite number larger than zero.
  public static func positive(_ placeholder: String = "X") -> ValueKind {
    ValueKind(placeholder) { text in
      guard let value = Double(text), value > 0, value.isFinite else {
        throw Failure("'\(text)' is not a number above 0", remedy: "give one, for example 0.001")
      }
      return value
    }
  }

  /// A finite number from 0.
  public static func nonNegative(_ placeholder: String = "X") -> ValueKind {
    ValueKind(placeholder) { text in
      guard let value = Double(text), value >= 0, value.isFinite else {
        throw Failure("'\(text)' is not a number from 0", remedy: "give one, for example 0.1")
      }
      return value
    }
  }

  /// A number between two others, both allowed.
  public static func number(in range: ClosedRange<Double>, _ placeholder: String = "X") -> ValueKind
  {
    ValueKind(placeholder) { text in
      guard let value = Double(text), range.contains(value) else {
        throw Failure(
          "'\(text)' is not a number from \(range.lowerBound) to \(range.upperBound)",
          remedy: "give one, for example \(range.lowerBound)")
      }
      return value
    }
  }

  /// A number from 0 and below 1, a part of a whole.
  public static var fraction: ValueKind {
    ValueKind("FRACTION") { text in
      guard let value = Double(text), (0..<1).contains(value) else {
        throw Failure("'\(text)' is not a fraction", remedy: "give a number from 0 and below 1")
      }
      return value
    }
  }

  /// A number above 0 and below 1.
  public static var properFraction: ValueKind {
    ValueKind("FRACTION") { text in
      guard let value = Double(text), value > 0, value < 1 else {
        throw Failure(
          "'\(text)' is not a fraction",
          remedy: "give a number above 0 and below 1, for example 0.9")
      }
      return value
    }
  }
}

extension ValueKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
  /// One of an enumeration's cases, by its raw value.
  public static func choice(of type: Value.Type) -> ValueKind {
    let names = type.allCases.map(\.rawValue)
    return ValueKind(
      names.joined(separator: "|"), choices: names, text: \.rawValue
    ) { text in
      guard let value = Value(rawValue: text) else { throw notAmong(names, text) }
      return value
    }
  }
}

extension ValueKind where Value: TextForm {
  /// A value with a text form.
  public static func form(_ placeholder: String, choices: [String] = []) -> ValueKind {
    ValueKind(placeholder, choices: choices, text: \.description) { try Value($0) }
  }

  /// A value with a text form as an option of another: `/` stands in it for `:`.
  public static func nested(_ placeholder: String) -> ValueKind {
    ValueKind(placeholder, text: { $0.description.replacing(":", with: "/") }) {
      try Value($0.replacing("/", with: ":"))
    }
  }
}

extension ValueKind {
  /// Several values with commas between them, at least one: `1,5,10`.
  public static func list<Element>(of kind: ValueKind<Element>, count: Int? = nil) -> ValueKind
  where Value == [Element] {
    let placeholder =
      count.map { Array(repeating: kind.placeholder, count: $0).joined(separator: ",") }
      ?? "\(kind.placeholder),…"
    return ValueKind(
      placeholder, choices: kind.choices, text: { $0.map(kind.text).joined(separator: ",") }
    ) { text in
      let fields = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard count == nil || fields.count == count else {
        throw Failure(
          "'\(text)' has \(fields.count) values", remedy: "give \(placeholder), without spaces")
      }
      return try fields.map(kind.parse)
    }
  }

  /// A value or, as a word, none: `none`.
  public static func optional<Wrapped>(_ kind: ValueKind<Wrapped>, none word: String) -> ValueKind
  where Value == Wrapped? {
    ValueKind("\(kind.placeholder)|\(word)", text: { $0.map(kind.text) ?? word }) {
      $0 == word ? nil : try kind.parse($0)
    }
  }
}

private func notAmong(_ names: [String], _ text: String) -> Failure {
  let known = names.joined(separator: ", ")
  return Failure(
    "'\(text)' is none of \(known)",
    remedy: Suggestion.closest(to: text, among: names).map { "did you mean '\($0)'?" }
      ?? "give one of these")
}
