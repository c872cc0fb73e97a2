/// A shell that completes the words of a program.
public enum Shell: String, CaseIterable, Sendable {
  case bash, zsh, fish
}

extension Program {
  /// A script that teaches `shell` the commands, the options and the values that an option may have; where a value
  /// is a file, or anything else, the shell offers files.
  ///
  /// ```swift
  /// print(program.completion(for: .bash))  // to be sourced, or put where the shell looks for completions
  /// ```
  public func completion(for shell: Shell) -> String {
    switch shell {
    case .bash: bashCompletion
    case .zsh: zshCompletion
    case .fish: fishCompletion
    }
  }

  // MARK: bash

  /// The words so far lead to a command; the word before may be an option with a value.
  private var bashCompletion: String {
    let name = root.name
    let commands = nodes.dropFirst().map { "'\($0.words.joined(separator: " "))'" }
    let values = nodes.flatMap { node in
      node.options.filter { $0.role == .option }.map { option in
        let keys = option.spellings.map { "'\(Self.key(node, $0))'" }.joined(separator: "|")
        return "    \(keys)) words='\(option.choices.joined(separator: " "))' ;;"
      }
    }
    let options = nodes.map {
      "    '\($0.words.joined(separator: " "))') words='\(($0.command.subcommands.map(\.name) + $0.options.flatMap(\.spellings)).joined(separator: " "))' ;;"
    }
    return """
      # Completion of \(name) for bash.
      _\(name)() {
        local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} at='' words='' i
        for ((i = 1; i < COMP_CWORD; i++)); do
          case "${at:+$at }${COMP_WORDS[i]}" in
        \(commands.joined(separator: "|")))
              at="${at:+$at }${COMP_WORDS[i]}" ;;
          esac
        done
        case "$at $before" in
      \(values.joined(separator: "\n"))
        *) case "$at" in
      \(options.joined(separator: "\n"))
        esac ;;
        esac
        COMPREPLY=($(compgen -W "$words" -- "$word"))
      }
      complete -o default -F _\(name) \(name)

      """
  }

  private static func key(_ node: Node, _ spelling: String) -> String {
    node.words.joined(separator: " ") + " " + spelling
  }

  // MARK: zsh

  private var zshCompletion: String {
    let functions = nodes.map { node -> String in
      let function = (["_\(root.name)"] + node.words).joined(separator: "-")
      let below = node.command.subcommands
      guard below.isEmpty else {
        let names = below.map { "'\($0.name):\(Self.zshText($0.summary))'" }
        let cases = below.map { "    \($0.name)) \(function)-\($0.name) ;;" }
        return """
          \(function)() {
            local state line
            _arguments -C '1: :->command' '*:: :->rest'
            case $state in
            command) local -a commands=(\(names.joined(separator: " "))); _describe command commands ;;
            rest) case $line[1] in
          \(cases.joined(separator: "\n"))
            esac ;;
            esac
          }
          """
      }
      let options = node.options.flatMap(Self.zshOptions)
      return "\(function)() {\n  _arguments -s \\\n"
        + (options + ["'*:file:_files'"]).map { "    \($0)" }.joined(separator: " \\\n") + "\n}"
    }
    return "#compdef \(root.name)\n# Completion of \(root.name) for zsh.\n"
      + functions.joined(separator: "\n") + "\n"
      // Read by the shell's own loading of functions, or sourced.
      + "if [ \"$funcstack[1]\" = _\(root.name) ]; then _\(root.name) \"$@\"; else compdef _\(root.name) \(root.name); fi\n"
  }

  private static func zshOptions(_ option: ArgumentSummary) -> [String] {
    option.spellings.map { spelling in
      let value =
        option.role == .flag
        ? ""
        : option.choices.isEmpty
          ? ":\(zshText(option.placeholder)):_files"
          : ":\(zshText(option.name)):(\(option.choices.joined(separator: " ")))"
      return "'\(spelling)[\(zshText(option.help))]\(value)'"
    }
  }

  /// Without what ends a description or a quoted word.
  private static func zshText(_ text: String) -> String {
    text.replacing("'", with: "’").replacing("[", with: "(").replacing("]", with: ")")
      .replacing(":", with: "\\:")
  }

  // MARK: fish

  private var fishCompletion: String {
    let name = root.name
    let lines = nodes.flatMap { node -> [String] in
      let condition = Self.fishCondition(node)
      let commands = node.command.subcommands.map {
        "complete -c \(name) -f \(condition) -a \($0.name) -d '\(Self.fishText($0.summary))'"
      }
      return commands
        + node.options.map { option in
          let names =
            (option.short.map { ["-s \($0)"] } ?? [])
            + ([option.name] + option.aliases).map { $0.count > 1 ? "-l \($0)" : "-s \($0)" }
          let value =
            option.role == .flag
            ? ""
            : option.choices.isEmpty ? " -r" : " -x -a '\(option.choices.joined(separator: " "))'"
          return
            "complete -c \(name) \(condition) \(names.joined(separator: " "))\(value) -d '\(Self.fishText(option.help))'"
        }
    }
    return "# Completion of \(name) for fish.\n" + lines.joined(separator: "\n") + "\n"
  }

  /// Whether the words so far lead to the command, and not to one under it.
  private static func fishCondition(_ node: Node) -> String {
    let seen = node.words.map { "__fish_seen_subcommand_from \($0)" }
    let below = node.command.subcommands.map(\.name)
    let notBelow =
      below.isEmpty
      ? [] : ["not __fish_seen_subcommand_from \(below.joined(separator: " "))"]
    return "-n '\((seen + notBelow).joined(separator: "; and "))'"
  }

  private static func fishText(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
  }
}
