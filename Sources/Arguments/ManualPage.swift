extension Program {
  /// The manual page of the program, in the roff of `man`: every command with what it accepts, from the declarations.
  ///
  /// ```swift
  /// print(program.manualPage)  // to be written to share/man/man1/NAME.1
  /// ```
  public var manualPage: String {
    let name = root.name
    var lines = [
      ".TH \(name.uppercased()) 1 \"\" \"\(name) \(version)\"",
      ".SH NAME", "\(name) \\- \(Self.roff(root.summary.prefixLowercased))",
      ".SH SYNOPSIS", ".B \(name)", ".I COMMAND", "[\\fIOPTIONS\\fR]",
      ".SH DESCRIPTION",
    ]
    lines += Self.paragraphs(root.discussion)
    lines.append(".SH COMMANDS")
    lines += nodes.filter { $0.command.subcommands.isEmpty }.flatMap(section)
    lines += [".SH COMMON OPTIONS"] + common.arguments.map(\.summary).flatMap(Self.entry)
    return lines.joined(separator: "\n") + "\n"
  }

  private func section(_ node: Node) -> [String] {
    let command = node.command
    let positional = node.groups.flatMap(\.arguments).map(\.summary)
      .filter { $0.role == .positional }.map { " \\fI\(Self.roff($0.name))\\fR" }.joined()
    var lines = [
      ".SS \"\(root.name) \(node.words.joined(separator: " "))\(positional)\"",
      Self.roff(command.summary),
    ]
    lines += Self.paragraphs(command.discussion)
    if let listing = command.listing {
      lines += [".PP", ".I \(Self.roff(listing.title))"]
      lines += listing.entries.flatMap {
        [".TP", ".B \(Self.roff($0.name))", Self.roff($0.meaning)]
      }
    }
    for group in node.groups where !group.arguments.isEmpty && group.title != common.title {
      lines += [".PP", ".I \(Self.roff(group.title))"]
      lines += group.arguments.map(\.summary).flatMap(Self.entry)
    }
    for example in command.examples {
      lines += [".PP", Self.roff(example.meaning) + ":", ".PP", ".nf", ".RS 4"]
      lines += [Self.roff(example.line), ".RE", ".fi"]
    }
    return lines
  }

  private static func entry(_ summary: ArgumentSummary) -> [String] {
    let names =
      summary.role == .positional
      ? "\\fI\(roff(summary.name))\\fR"
      : summary.spellings.map { "\\fB\(roff($0))\\fR" }.joined(separator: ", ")
        + (summary.role == .flag ? "" : " \\fI\(roff(summary.placeholder))\\fR")
    let value = summary.defaultText.map { " [\($0)]" } ?? ""
    return [".TP", names, roff(summary.help + value)]
  }

  private static func paragraphs(_ text: String) -> [String] {
    text.isEmpty
      ? [] : text.components(separatedBy: "\n\n").flatMap { [".PP", roff($0)] }
  }

  /// The text on one line, with what roff would read as a request or an escape written out.
  private static func roff(_ text: String) -> String {
    let line = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      .replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return line.hasPrefix(".") || line.hasPrefix("'") ? "\\&\(line)" : line
  }
}

extension String {
  /// The same with a small first letter.
  fileprivate var prefixLowercased: String { prefix(1).lowercased() + dropFirst() }
}
