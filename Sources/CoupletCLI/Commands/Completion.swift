import Arguments

/// `couplet completion`: what a shell needs to complete the words of a command line.
enum Completion {
  private static let shell = Argument.positional(
    "SHELL", .choice(of: Shell.self), "the shell: bash, zsh or fish")

  static let command = Command(
    "completion", "Prints a script that completes commands, options and values in a shell.",
    discussion: """
      'make install' puts these scripts where the shells look for them. To try one: \
      'source <(couplet completion bash)'.
      """,
    [.init("Input", [shell])],
    examples: [
      .init("couplet completion bash", "the words of couplet, for bash")
    ]
  ) { arguments in
    let common = try Common(arguments)
    let script = couplet.completion(for: arguments[shell])
    try Console.show(Script(script: script), as: common)
  }

  private struct Script: CommandResult {
    let script: String

    var text: String { script }
  }
}
