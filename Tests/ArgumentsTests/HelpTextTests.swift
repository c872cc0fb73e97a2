import Testing

@testable import Arguments

@Suite struct HelpTextTests {
  @Test("the help of a command", arguments: ["draw --help", "draw -h", "help draw", "draw x -h"])
  func command(words: String) {
    let result = Sample.run(words)
    #expect(result.status == 0)
    #expect(
      result.output == """
        Draws shapes.

        usage: sample draw INPUT --out DIR [OPTIONS]

        A shape is drawn for every condition.

        Inputs
          circle   a round one
          polygon  one with corners

        Input
          INPUT                   what to read

        Drawing
          -o, --out DIR           where to write
          -n, --count N           draws [16]
          --rate, --speed, --pace X
                                  step length [0.5]
          --shape round|square    outline [round]
          --k N,…                 ranks [1,5]
          --given VALUE           the condition
          -r, --resume            go on

        Common options
          --quiet                 print no progress
          -h, --help              show this help

        Examples
          # draw sixteen
          sample draw FILE --out DIR

        """)
  }

  @Test("the help of the program", arguments: ["", "--help", "-h", "help"])
  func program(words: String) {
    let result = Sample.run(words)
    #expect(result.status == 0)
    #expect(
      result.output == """
        Draws and erases.

        usage: sample COMMAND [OPTIONS]

        Commands
          draw   Draws shapes.
          erase  Erases shapes.

        'sample COMMAND --help' explains a command.

        """)
  }

  @Test("the version")
  func version() {
    #expect(Sample.run("--version").output == "sample 1.2.3\n")
  }
}
