/// The parts of a text `NAME[:OPTION]…`, where an OPTION is `KEY=VALUE`, a flag `KEY`, or a value without a key.
///
/// Options are taken one by one, in any order but for those without a key; what is left at the end was unknown.
/// Where a VALUE is itself such a text, `/` stands in it for `:`, so that nothing needs quotes or escapes:
/// `mmd-joint:kernel-u=polynomial/3/0.5`.
///
/// ```swift
/// var fields = TextFields("sgd:momentum=0.9", of: "optimizer")
/// fields.name                                        // "sgd"
/// try fields.value("momentum", .fraction)            // 0.9
/// try fields.requireEmpty(usage: "sgd[:momentum=FRACTION]")
/// ```
public struct TextFields: Sendable {
  /// What kind of value the text is of, for failures: "loss".
  public let noun: String
  /// What stands before the first colon.
  public let name: String
  /// The options that have not been taken.
  public private(set) var rest: [String]

  /// - Parameter noun: what kind of value the text is of, for failures.
  public init(_ text: String, of noun: String) {
    let fields = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    self.noun = noun
    name = fields[0]
    rest = Array(fields.dropFirst())
  }

  /// Takes a flag out; false when it is not there.
  public mutating func flag(_ key: String) -> Bool {
    guard let place = rest.firstIndex(of: key) else { return false }
    rest.remove(at: place)
    return true
  }

  /// Takes the value of a key out; nil when the key is not there.
  /// - Throws: `Failure` naming the key when the value is refused.
  public mutating func value<Value>(_ key: String, _ kind: ValueKind<Value>) throws -> Value? {
    guard let place = rest.firstIndex(where: { $0.hasPrefix("\(key)=") }) else { return nil }
    return try parsed(String(rest.remove(at: place).dropFirst(key.count + 1)), key, kind)
  }

  /// Takes the first of the values without a key out; nil when there is none.
  /// - Throws: `Failure` naming `placeholder` when it is refused.
  public mutating func next<Value>(_ placeholder: String, _ kind: ValueKind<Value>) throws -> Value?
  {
    guard let place = rest.firstIndex(where: { !$0.contains("=") }) else { return nil }
    return try parsed(rest.remove(at: place), placeholder, kind)
  }

  /// - Parameter usage: the text with its options, as `NAME[:KEY=VALUE]…`.
  /// - Throws: `Failure` naming the first option that was not taken.
  public func requireEmpty(usage: String) throws {
    guard let first = rest.first else { return }
    let key = first.prefix { $0 != "=" }
    let keys = usage.split { "[]:|".contains($0) }.map { $0.prefix { $0 != "=" } }
    if keys.dropFirst().contains(key) {
      throw Failure(
        "'\(first)' is given twice or in a wrong form for the \(noun) \(name)",
        remedy: "use \(usage)")
    }
    throw Failure("the \(noun) \(name) has no option '\(first)'", remedy: "use \(usage)")
  }

  /// The failure of a name that is none of these.
  public func unknown(among names: [String]) -> Failure {
    let nearest = Suggestion.closest(to: name, among: names).map { "; did you mean \($0)?" } ?? ""
    return Failure(
      "unknown \(noun) '\(name)'",
      remedy: "use one of \(names.joined(separator: ", "))\(nearest)")
  }

  private func parsed<Value>(_ text: String, _ key: String, _ kind: ValueKind<Value>) throws
    -> Value
  {
    do {
      return try kind.parse(text)
    } catch let failure as Failure {
      throw Failure("\(failure.what) (\(key) of the \(noun) \(name))", remedy: failure.remedy)
    }
  }
}
