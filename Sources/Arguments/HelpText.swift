/// The text of `--help`, for the program or one command: 80 columns, whatever the terminal, so that
/// it can be compared and pasted.
struct HelpText {
  let path: [Command]
  let groups: [Command.Group]

  private static let width = 80

  var text: String {
    guard let command = path.last else { return "" }
    var blocks = [Self.wrapped(command.summary), usage(command)]
    if !command.discussion.isEmpty {
      blocks.append(
        command.discussion.split(separator: "\n\n").map { Self.wrapped(String($0)) }
          .joined(separator: "\n\n"))
    }
    if !command.subcommands.isEmpty {
      let rows = command.subcommands.map { ($0.name, $0.summary) }
      blocks.append(Self.table("Commands", rows, column: Self.column(rows.map(\.0))))
    }
    if let listing = command.listing {
      let rows = listing.entries.map { ($0.name, $0.meaning) }
      blocks.append(Self.table(listing.title, rows, column: Self.column(rows.map(\.0))))
    }
    let summaries = groups.flatMap(\.arguments).map(\.summary)
    let column = Self.column(summaries.map(Self.left))
    blocks += groups.filter { !$0.arguments.isEmpty }.map { group in
      let rows = group.arguments.map { (Self.left($0.summary), Self.right($0.summary)) }
      return Self.table(group.title, rows, column: column)
    }
    if !command.examples.isEmpty {
      let lines = command.examples.flatMap { ["  # \($0.meaning)", "  \($0.line)"] }
      blocks.append((["Examples"] + lines).joined(separator: "\n"))
    }
    if !command.subcommands.isEmpty {
      blocks.append("'\(typed) COMMAND --help' explains a command.")
    }
    return blocks.joined(separator: "\n\n") + "\n"
  }

  private var typed: String { path.map(\.name).joined(separator: " ") }

  private func usage(_ command: Command) -> String {
    let summaries = groups.flatMap(\.arguments).map(\.summary)
    let positional = summaries.filter { $0.role == .positional }.map(\.shownInUsage)
    let required = summaries.filter { $0.role == .option && $0.isRequired }
      .map { "\($0.typed) \($0.placeholder)" }
    let rest = command.subcommands.isEmpty ? ["[OPTIONS]"] : ["COMMAND", "[OPTIONS]"]
    return (["usage:", typed] + positional + required + rest).joined(separator: " ")
  }

  private static func left(_ summary: ArgumentSummary) -> String {
    if summary.role == .positional { return summary.name }
    let placeholder = listsChoices(summary) ? "NAME" : summary.placeholder
    let names = [summary.typed] + summary.aliases.map { "--\($0)" }
    return (summary.short.map { "-\($0), " } ?? "") + names.joined(separator: ", ")
      + (summary.role == .flag ? "" : " \(placeholder)")
  }

  private static func right(_ summary: ArgumentSummary) -> String {
    var text = summary.help
    if summary.role == .option, listsChoices(summary) {
      text += ": " + summary.choices.joined(separator: ", ")
    }
    if let value = summary.defaultText { text += " [\(value)]" }
    return text
  }

  /// Long lists of choices are named in the explanation, not beside the option.
  private static func listsChoices(_ summary: ArgumentSummary) -> Bool {
    !summary.choices.isEmpty && summary.placeholder.count > 16
  }

  /// Where the right column of a list starts.
  private static func column(_ left: [String]) -> Int {
    min(26, (left.map(\.count).max() ?? 0) + 4)
  }

  /// A titled list in two columns; a left part that is too long gets a line of its own.
  private static func table(
    _ title: String, _ rows: [(left: String, right: String)], column: Int
  ) -> String {
    let body = rows.flatMap { row -> [String] in
      let right = lines(row.right, width: width - column)
      let indented = right.map { String(repeating: " ", count: column) + $0 }
      let left = "  \(row.left)"
      guard left.count + 2 <= column, let first = right.first else { return [left] + indented }
      let gap = String(repeating: " ", count: column - left.count)
      return [left + gap + first] + indented.dropFirst()
    }
    return ([title] + body).joined(separator: "\n")
  }

  private static func wrapped(_ text: String) -> String {
    lines(text, width: width).joined(separator: "\n")
  }

  private static func lines(_ text: String, width: Int) -> [String] {
    var lines = [""]
    for word in text.split(whereSeparator: \.isWhitespace) {
      for (place, part) in parts(of: word, width: width).enumerated() {
        let last = lines[lines.count - 1]
        let joint = last.isEmpty || place > 0 ? "" : " "
        if last.isEmpty || last.count + joint.count + part.count <= width {
          lines[lines.count - 1] += joint + part
        } else {
          lines.append(String(part))
        }
      }
    }
    return lines
  }

  /// A word that is longer than a line, cut before its brackets.
  private static func parts(of word: Substring, width: Int) -> [Substring] {
    guard word.count > width else { return [word] }
    let starts = [word.startIndex] + word.indices.dropFirst().filter { word[$0] == "[" }
    return zip(starts, starts.dropFirst() + [word.endIndex]).map { word[$0..<$1] }
  }
}
