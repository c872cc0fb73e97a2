import Files
import Foundation
import Testing
import Torch

/// The built command, run as a user runs it.
enum RunningCommand {
  struct Result {
    let status: Int32
    let output: String
    let error: String

    /// Standard output read as one JSON object and nothing else.
    func json() throws -> [String: Any] {
      let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
      return try #require(object as? [String: Any])
    }
  }

  /// The command is built beside the tests.
  static let executable: URL = {
    let folder =
      Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
      ?? Bundle.main.executableURL ?? URL(fileURLWithPath: CommandLine.arguments[0])
    return folder.deletingLastPathComponent().appending(path: "couplet")
  }()

  /// Runs `couplet WORDS` in `folder` and waits for its end.
  /// - Parameter watch: called while it runs.
  static func run(
    _ words: [String], in folder: URL? = nil, environment: [String: String] = [:],
    watch: (Process) throws -> Void = { _ in }
  ) throws -> Result {
    // Files, not pipes: a full pipe would stop the command.
    let files = try [ScratchFile(), ScratchFile()]
    let process = Process()
    process.executableURL = executable
    process.arguments = words
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = files[0].handle
    process.standardError = files[1].handle
    try process.run()
    try watch(process)
    process.waitUntilExit()
    // A signal is told apart from an exit status: a trap must never look like a failure.
    let status =
      process.terminationReason == .exit
      ? process.terminationStatus : -process.terminationStatus
    return Result(status: status, output: try files[0].text(), error: try files[1].text())
  }

  static func run(_ line: String, in folder: URL? = nil) throws -> Result {
    try run(line.split(separator: " ").map(String.init), in: folder)
  }
}

/// A file that is removed with its owner.
private final class ScratchFile {
  private let url = FileManager.default.temporaryDirectory.appending(
    path: "couplet-test-\(UUID().uuidString)")
  let handle: FileHandle

  init() throws {
    try Data().write(to: url)
    handle = try FileHandle(forWritingTo: url)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func text() throws -> String { String(decoding: try Data(contentsOf: url), as: UTF8.self) }
}

/// A new folder, removed with its owner.
final class ScratchFolder: Sendable {
  let url = FileManager.default.temporaryDirectory.appending(
    path: "couplet-test-\(UUID().uuidString)")

  init() throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }

  /// Runs `couplet LINE` here.
  func run(_ line: String) throws -> RunningCommand.Result { try RunningCommand.run(line, in: url) }

  /// Writes `u.npy` and `v.npy`: normal pairs v = slope · u + noise · ε in two coordinates.
  func writePairs(_ count: Int, slope: Double = 1, noise: Double = 1) throws {
    let u = Tensor.normal([count, 2], key: Key(1))
    let v = u * slope + Tensor.normal([count, 2], key: Key(2)) * noise
    try Npy.write(u.numericArray, to: path("u.npy"))
    try Npy.write(v.numericArray, to: path("v.npy"))
  }
}
