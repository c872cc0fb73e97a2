import Files

/// Turns the words after a command into the values of its arguments.
///
/// `--name VALUE`, `--name=VALUE`, `-n VALUE` and `-nVALUE` are accepted; `--` ends the options. A
/// word after an option is its value even when it begins with a dash (`--given -1.5`), unless it is
/// itself an option of the command.
struct Parser {
  /// Parts the words of one argument; no word of a command line holds it.
  static let rest: Character = "\0"

  private let typed: String
  private let declarations: [any ArgumentDeclaration]

  init(path: [Command], groups: [Command.Group]) {
    typed = path.map(\.name).joined(separator: " ")
    declarations = groups.flatMap(\.arguments)
  }

  /// Whether `--help` or `-h` is among the options.
  func asksForHelp(_ words: ArraySlice<String>) -> Bool {
    words.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
  }

  func parse(_ words: ArraySlice<String>) throws -> ParsedArguments {
    var words = words
    var texts: [String: String] = [:]
    var positionals: [String] = []
    while let word = words.popFirst() {
      if word == "--" {
        positionals += words
        break
      }
      guard Self.looksLikeOption(word) else {
        positionals.append(word)
        continue
      }
      let (summary, attached) = try option(word)
      let value = try attached ?? self.value(of: summary, from: &words)
      guard texts.updateValue(value, forKey: summary.name) == nil else {
        throw UsageError("\(summary.typed) is given twice", remedy: "give it once")
      }
    }
    try assign(positionals, to: &texts)
    let values = try values(texts)
    try requireApart(values.written, texts)
    return values
  }

  /// A dash alone is a value, and so is a negative number.
  private static func looksLikeOption(_ word: String) -> Bool {
    word.hasPrefix("-") && word != "-" && Double(word) == nil
  }

  /// The option that a word names, and the value attached to it, if any.
  private func option(_ word: String) throws -> (ArgumentSummary, attached: String?) {
    if word.hasPrefix("--") {
      let parts = word.dropFirst(2).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = parts.first.map(String.init) ?? ""
      if let summary = named(name) {
        guard parts.count == 1 || summary.role == .option else {
          throw UsageError("--\(name) takes no value", remedy: "write --\(name) alone")
        }
        return (summary, parts.count == 2 ? String(parts[1]) : nil)
      }
      throw unknown("--\(name)", remedy: suggestion(name))
    }
    let letter = word[word.index(after: word.startIndex)]
    guard let summary = declarations.map(\.summary).first(where: { $0.short == letter }) else {
      throw unknown("-\(letter)", remedy: suggestion(String(word.dropFirst())))
    }
    let rest = word.dropFirst(2)
    guard rest.isEmpty || summary.role == .option else {
      throw UsageError("-\(letter) takes no value", remedy: "write -\(letter) alone")
    }
    return (summary, rest.isEmpty ? nil : String(rest.hasPrefix("=") ? rest.dropFirst() : rest))
  }

  private func named(_ name: String) -> ArgumentSummary? {
    declarations.map(\.summary).first {
      $0.role != .positional && ($0.name == name || $0.aliases.contains(name))
    }
  }

  private func value(of summary: ArgumentSummary, from words: inout ArraySlice<String>) throws
    -> String
  {
    guard summary.role == .option else { return "" }
    guard let next = words.first, !isOption(next) else {
      throw UsageError(
        "\(summary.typed) needs a value",
        remedy: "write \(summary.typed) \(summary.placeholder)")
    }
    words.removeFirst()
    return next
  }

  private func isOption(_ word: String) -> Bool {
    word == "--" || (Self.looksLikeOption(word) && (try? option(word)) != nil)
  }

  private func assign(_ positionals: [String], to texts: inout [String: String]) throws {
    let expected = declarations.map(\.summary).filter { $0.role == .positional }
    for (summary, text) in zip(expected, positionals) { texts[summary.name] = text }
    if let last = expected.last, last.takesRest {
      let words = positionals.dropFirst(expected.count - 1)
      if !words.isEmpty { texts[last.name] = words.joined(separator: String(Self.rest)) }
    } else if positionals.count > expected.count {
      throw UsageError(
        "unexpected argument '\(positionals[expected.count])'",
        remedy: "see '\(typed) --help'")
    }
  }

  private func values(_ texts: [String: String]) throws -> ParsedArguments {
    var values: [String: any Sendable] = [:]
    for declaration in declarations {
      let summary = declaration.summary
      if let text = texts[summary.name] {
        do {
          values[summary.name] = try declaration.parsed(text)
        } catch let failure as Failure {
          throw UsageError(failure.at(summary.place))
        }
      } else if let absent = declaration.absent {
        values[summary.name] = absent
      } else {
        let usage = summary.role == .option ? " \(summary.placeholder)" : ""
        throw UsageError(
          "\(summary.typed) is missing",
          remedy: "give \(summary.typed)\(usage): \(summary.help); see '\(typed) --help'")
      }
    }
    return ParsedArguments(
      values: values, given: Set(texts.keys),
      written: declarations.map(\.summary).filter(\.isWritten).compactMap { summary in
        texts[summary.name].map { (summary.name, $0) }
      })
  }

  /// Refuses to write a file that another argument names, which would lose what it holds.
  private func requireApart(
    _ written: [(option: String, path: String)], _ texts: [String: String]
  ) throws {
    for (option, path) in written {
      for other in declarations.map(\.summary) where other.name != option {
        let words = texts[other.name]?.split(separator: Parser.rest).map(String.init) ?? []
        guard words.contains(where: { Self.names($0, path) }) else { continue }
        throw UsageError(
          "\(other.typed) and --\(option) name one file, which would be overwritten",
          at: .setting(option, value: path), remedy: "name another file")
      }
    }
  }

  /// Whether `text` is the path of the same file, alone or with `:MEMBER`.
  private static func names(_ text: String, _ path: String) -> Bool {
    var fields = text.split(separator: ":", omittingEmptySubsequences: false)
    while !fields.isEmpty {
      if Folder.areSame(fields.joined(separator: ":"), path) { return true }
      fields.removeLast()
    }
    return false
  }

  private func unknown(_ word: String, remedy: String) -> UsageError {
    UsageError("unknown option '\(word)' of '\(typed)'", remedy: remedy)
  }

  private func suggestion(_ name: String) -> String {
    let names = declarations.map(\.summary).filter { $0.role != .positional }.map(\.name)
    return Suggestion.closest(to: name, among: names).map { "did you mean '--\($0)'?" }
      ?? "see '\(typed) --help'"
  }
}
