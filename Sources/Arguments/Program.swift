import Files

/// Whoever read standard output has closed it (`couplet … | head -1`): nobody wants the rest, and nothing is wrong.
public struct OutputClosed: Error {
  /// The error, which says all.
  public init() {}
}

/// The whole program: its commands, and the options that all of them share.
public struct Program: Sendable {
  /// The command that the program's name alone stands for, with all others under it.
  public let root: Command
  /// What `--version` prints after the name.
  public let version: String
  /// The options of every command, declared once.
  public let common: Command.Group

  /// A program of a command and its subcommands; `--help` is added to the common options.
  public init(_ root: Command, version: String, common: [any ArgumentDeclaration]) {
    self.root = root
    self.version = version
    self.common = Command.Group(
      "Common options", common + [Argument.flag("help", short: "h", "show this help")])
  }

  /// Runs the command that `words` (without the program's name) ask for.
  ///
  /// - Parameters:
  ///   - output: writes to standard output; throws `OutputClosed` when nobody reads it any more, as other commands do.
  ///   - error: writes one line to standard error.
  /// - Returns: 0; 1 for a failure while working; 64 for wrong usage.
  public func run(
    _ words: [String], output: (String) throws -> Void, error: (String) -> Void
  ) -> Int32 {
    do {
      switch try request(words) {
      case .text(let text): try output(text)
      case .run(let command, let arguments): try command.run?(arguments)
      }
      return 0
    } catch is OutputClosed {
      return 0
    } catch let usage as UsageError {
      error("\(root.name): error: \(Self.line(usage.failure))")
      return 64
    } catch let failure as Failure {
      error("\(root.name): error: \(Self.line(failure))")
      return 1
    } catch let unforeseen {
      error("\(root.name): error: \("\(unforeseen)".printable(Failure.longestPart))")
      return 1
    }
  }

  /// `what, where — what to do`, in one line.
  public static func line(_ failure: Failure) -> String {
    [
      failure.what, failure.place == .none ? "" : ", \(failure.place.typed)",
      failure.remedy.isEmpty ? "" : " — \(failure.typedRemedy)",
    ].map { $0.printable(Failure.longestPart) }.joined()
  }

  enum Request {
    case text(String)
    case run(Command, ParsedArguments)
  }

  /// What the words ask for: a text to show or a command to run.
  func request(_ words: [String]) throws -> Request {
    var words = words[...]
    let wantsHelp = words.first == "help"
    if wantsHelp { words.removeFirst() }

    var path = [root]
    while let command = path.last, !command.subcommands.isEmpty {
      guard let word = words.first, !["--help", "-h"].contains(word) else {
        return .text(helpText(path))
      }
      if word == "--version", path.count == 1 { return .text("\(root.name) \(version)\n") }
      guard let next = command.subcommands.first(where: { $0.name == word }) else {
        throw unknown(word, in: path)
      }
      path.append(next)
      words.removeFirst()
    }

    let parser = Parser(path: path, groups: groups(of: path))
    if wantsHelp || parser.asksForHelp(words) { return .text(helpText(path)) }
    return .run(path[path.count - 1], try parser.parse(words))
  }

  func helpText(_ path: [Command]) -> String {
    HelpText(path: path, groups: groups(of: path)).text
  }

  func groups(of path: [Command]) -> [Command.Group] {
    guard let command = path.last, command.run != nil else { return [] }
    return command.groups + [common]
  }

  private func unknown(_ word: String, in path: [Command]) -> UsageError {
    let typed = path.map(\.name).joined(separator: " ")
    let names = path[path.count - 1].subcommands.map(\.name)
    let isOption = word.hasPrefix("-")
    return UsageError(
      isOption ? "option '\(word)' comes before a command" : "unknown command '\(word)'",
      remedy: isOption
        ? "name the command first: \(names.joined(separator: ", "))"
        : Suggestion.closest(to: word, among: names).map { "did you mean '\(typed) \($0)'?" }
          ?? "see '\(typed) --help'")
  }
}
