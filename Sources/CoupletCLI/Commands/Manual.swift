import Arguments

/// `couplet manual`: the manual page.
enum Manual {
  static let command = Command(
    "manual", "Prints the manual page, in the format of man.",
    discussion: "'couplet manual | man -l -' shows it."
  ) { arguments in
    let common = try Common(arguments)
    let page = couplet.manualPage
    try Console.show(Page(page: page), as: common)
  }

  private struct Page: CommandResult {
    let page: String

    var text: String { page }
  }
}
