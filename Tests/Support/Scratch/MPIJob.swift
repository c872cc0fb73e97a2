import Foundation

/// Programs under mpirun, for tests.
public enum MPIJob {
  /// Where mpirun is; nil where there is none.
  public static let mpirun = ["/usr/bin/mpirun", "/usr/local/bin/mpirun"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  /// How a job ended.
  public struct Result {
    /// mpirun's.
    public let status: Int32
    /// Standard output of all ranks.
    public let output: String
    /// Standard error of all ranks, and mpirun's own.
    public let error: String
    /// From start to end.
    public let seconds: Double
  }

  /// A program that was built beside the tests.
  public static func program(_ name: String) -> URL {
    let tests =
      Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
      ?? Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
    return tests.deletingLastPathComponent().appending(path: name)
  }

  /// Runs a program on so many ranks, more than cores if need be, as root if need be.
  public static func run(
    _ ranks: Int, _ program: URL, _ words: [String], in folder: URL? = nil
  ) throws -> Result {
    let (process, output) = (Process(), Pipe())
    let errors = FileManager.default.temporaryDirectory.appending(
      path: "couplet-test-\(UUID().uuidString)")
    try Data().write(to: errors)
    defer { try? FileManager.default.removeItem(at: errors) }
    process.executableURL = URL(filePath: mpirun ?? "mpirun")
    process.arguments =
      ["-n", "\(ranks)", "--oversubscribe", "--bind-to", "none", program.path] + words
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging([
      "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
      // More ranks than cores: one that waits gives way. And no network, no shared memory across users.
      "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_btl": "self,vader",
      "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
    ]) { $1 }
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: errors)
    let start = ContinuousClock.now
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus, output: text,
      error: String(decoding: try Data(contentsOf: errors), as: UTF8.self),
      seconds: (ContinuousClock.now - start) / .seconds(1))
  }
}
