extension Program {
  /// A command with the words that lead to it, and what it accepts.
  struct Node {
    /// From the program to the command.
    let path: [Command]
    /// Its arguments, the common ones last; none where it only has subcommands.
    let groups: [Command.Group]

    /// What it does.
    var command: Command { path[path.count - 1] }
    /// The words after the program's name.
    var words: [String] { path.dropFirst().map(\.name) }
    /// Options and flags.
    var options: [ArgumentSummary] {
      groups.flatMap(\.arguments).map(\.summary).filter { $0.role != .positional }
    }
  }

  /// Every command of the program, itself first, each before those under it.
  var nodes: [Node] { nodes(under: [root]) }

  private func nodes(under path: [Command]) -> [Node] {
    [Node(path: path, groups: groups(of: path))]
      + path[path.count - 1].subcommands.flatMap { nodes(under: path + [$0]) }
  }
}

extension ArgumentSummary {
  /// All names with their dashes: `-k`, `--epochs`, `--lr`.
  var spellings: [String] {
    (short.map { ["-\($0)"] } ?? []) + ([name] + aliases).map { "--\($0)" }
  }
}
