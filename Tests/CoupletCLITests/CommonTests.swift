import Foundation
import Testing

@testable import Arguments
@testable import CoupletCLI

@Suite struct CommonTests {
  @Test(
    "wrong values of the common options are wrong usage, in one line",
    arguments: [
      (
        "doctor --threads 0",
        "'0' is not a whole number of at least 1, --threads — give one, for example 10"
      ),
      ("doctor --threads 4000", "4000 threads are too many, --threads — give at most 1024"),
      ("doctor --seed -1", "'-1' is not a whole number from 0, --seed — give one, for example 0"),
      (
        "doctor --device gpu",
        "unknown device 'gpu', --device — use cpu, cuda, cuda:N or mps"
      ),
      ("docter", "unknown command 'docter' — did you mean 'couplet doctor'?"),
    ])
  func wrongUsage(line: String, message: String) throws {
    let result = try RunningCommand.run(line)
    #expect(result.status == 64)
    #expect(result.error == "couplet: error: \(message)\n")
    #expect(result.output.isEmpty)
  }

  @Test("a result that cannot be written is a failure", .enabled(if: hasFullDevice))
  func fullDevice() throws {
    let process = Process()
    let errors = Pipe()
    process.executableURL = RunningCommand.executable
    process.arguments = ["doctor"]
    process.standardOutput = FileHandle(forWritingAtPath: "/dev/full")
    process.standardError = errors
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    let text = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
    #expect(text.hasPrefix("couplet: error: cannot write the result"))
    #expect(text.split(separator: "\n").count == 1)
  }

  private static var hasFullDevice: Bool { FileManager.default.fileExists(atPath: "/dev/full") }

  @Test("every command explains itself within 80 columns, with all common options")
  func help() throws {
    func check(_ path: [Command]) {
      let text = couplet.helpText(path)
      let command = path[path.count - 1]
      #expect(text.hasPrefix(command.summary.prefix(20)))
      let examples = command.examples.map { "  \($0.line)" }
      for line in text.split(separator: "\n") where !examples.contains(String(line)) {
        #expect(line.count <= 80, "\(line)")
      }
      #expect(command.subcommands.isEmpty == text.contains("--threads"))
      for next in command.subcommands { check(path + [next]) }
    }
    check([couplet.root])
  }

  @Test("every example of the help is a command line that parses")
  func examples() throws {
    func check(_ command: Command) throws {
      for example in command.examples {
        let words = example.line.split(separator: " ").map(String.init)
        #expect(words.first == "couplet")
        guard case .run(let parsed, _) = try couplet.request(Array(words.dropFirst())) else {
          Issue.record("\(example.line) asks for help")
          continue
        }
        #expect(parsed.name == command.name || !command.subcommands.isEmpty)
      }
      for next in command.subcommands { try check(next) }
    }
    try check(couplet.root)
  }
}
