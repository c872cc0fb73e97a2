import Foundation
import Testing

@testable import Arguments

@Suite struct CompletionTests {
  /// The words that bash offers for the last of `words`, by its own completion.
  static func offered(_ words: [String]) throws -> [String] {
    let script =
      Sample.program.completion(for: .bash)
      + "COMP_WORDS=(\(words.map { "'\($0)'" }.joined(separator: " "))); COMP_CWORD=\(words.count - 1)\n"
      + "_sample; printf '%s\\n' \"${COMPREPLY[@]}\"\n"
    return try Self.output("bash", ["-c", script]).split(separator: "\n").map(String.init)
  }

  static func output(_ program: String, _ words: [String]) throws -> String {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + words
    process.standardOutput = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: output, as: UTF8.self)
  }

  @Test(
    "bash offers commands, options and values",
    arguments: [
      (["sample", ""], ["draw", "erase"]),
      (["sample", "e"], ["erase"]),
      (["sample", "erase", ""], ["draw"]),
      (["sample", "draw", "--sh"], ["--shape"]),
      (["sample", "erase", "draw", "FILE", "--sp"], ["--speed"]),
      (["sample", "draw", "--shape", ""], ["round", "square"]),
      (["sample", "draw", "--shape", "s"], ["square"]),
      // A file, which bash offers by itself where the script has nothing.
      (["sample", "draw", "--out", "x"], []),
      (["sample", "draw", "--resume", "--qui"], ["--quiet"]),
    ]) func bash(words: [String], expected: [String]) throws
  {
    #expect(try Self.offered(words) == expected)
  }

  /// Of what declarations say, nothing may end a quoted word of a script.
  @Test("quotes and brackets of a help text do not end a word", arguments: Shell.allCases)
  func quotes(shell: Shell) throws {
    let odd = Argument.flag("odd", "it's [odd]: very")
    let program = Program(
      Command(
        "tool", "It's a tool.",
        subcommands: [Command("do", "Doesn't.", [.init("X", [odd])]) { _ in }]),
      version: "1", common: [])
    let script = program.completion(for: shell)
    #expect(script.contains("odd") && script.contains("do"))
    let installed = try Self.output("sh", ["-c", "command -v \(shell.rawValue) || true"])
    guard !installed.isEmpty else { return }
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data(script.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let check = "\(shell.rawValue) -n \(file.path) && echo sound"
    #expect(try Self.output("sh", ["-c", check]) == "sound\n")
  }

  @Test func `the manual page names every option with its help`() {
    let page = Sample.program.manualPage
    for text in [
      "\\fB\\-\\-rate\\fR, \\fB\\-\\-speed\\fR", "step length [0.5]",
      ".SS \"sample erase draw \\fIINPUT\\fR\"", "sample draw FILE \\-\\-out DIR",
    ] {
      #expect(page.contains(text), "\(text)")
    }
    // A line that begins with a dot is a request of man's.
    let known = ["TH", "SH", "SS", "B", "I", "PP", "TP", "nf", "fi", "RS", "RE"]
    for line in page.split(separator: "\n") where line.hasPrefix(".") {
      #expect(known.contains(String(line.dropFirst().prefix { $0.isLetter })), "\(line)")
    }
  }
}
