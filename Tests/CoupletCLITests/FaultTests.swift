import Foundation
import Testing

/// Calls to the system that fail, kills in place of them, and memory that is refused, some for each of four commands that
/// write: what was there
/// stays whole, and the same command works. scripts/faults.sh has all calls of all commands.
struct FaultTests {
  #if os(Linux)
    @Test(arguments: ["train", "field", "sample", "retrieve-parquet"])
    func `a call that fails loses nothing`(command: String) throws {
      let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../scripts/faults.sh").standardizedFileURL
      let process = Process()
      let output = Pipe()
      process.executableURL = script
      process.arguments = ["--quick", command]
      process.environment = ProcessInfo.processInfo.environment
        .merging(["COUPLET": RunningCommand.executable.path]) { $1 }
      process.standardOutput = output
      process.standardError = output
      try process.run()
      let text = String(
        decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationStatus == 0, "\(text)")
      #expect(text.contains("5 trials, 0 problems"), "\(text)")
    }
  #endif
}
