import CoupletCore
import Files
import Foundation
import Scratch
import Testing

/// Ranks under mpirun against one process.
@Suite(.serialized) struct RanksTests {
  private static let mpirun = ["/usr/bin/mpirun", "/usr/local/bin/mpirun"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }
  private static var isPossible: Bool { mpirun != nil && Communicator.isBuiltIn }

  private struct Result {
    let status: Int32
    let output: String
    let seconds: Double
  }

  /// Runs the probe on so many ranks.
  private func run(_ ranks: Int, _ words: [String]) throws -> Result {
    let executable = try #require(
      Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        ?? Bundle.main.executableURL
    ).deletingLastPathComponent().appending(path: "TrainingProbe")
    let (process, output) = (Process(), Pipe())
    process.executableURL = URL(filePath: try #require(Self.mpirun))
    process.arguments =
      ["-n", "\(ranks)", "--oversubscribe", "--bind-to", "none", executable.path, "ranks"] + words
    process.environment = ProcessInfo.processInfo.environment.merging([
      "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
      // More ranks than cores: one that waits gives way. And no network, no shared memory across users.
      "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_MCA_btl": "self,vader",
      "OMPI_MCA_btl_vader_single_copy_mechanism": "none",
    ]) { $1 }
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    let start = ContinuousClock.now
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return Result(
      status: process.terminationStatus, output: text,
      seconds: (ContinuousClock.now - start) / .seconds(1))
  }

  /// For every loss, tilting and reference, dropout and chunks, batches that do not divide, and empty ranks.
  @Test(.enabled(if: isPossible, "needs MPI: scripts/setup.sh --mpi"), arguments: [1, 2, 3, 4])
  func lossAndGradientsAreThoseOfOneProcess(_ ranks: Int) throws {
    let result = try run(ranks, [])
    #expect(result.status == 0, "\(result.output)")
    let numbers = result.output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    try #require(numbers.count == 4, "\(result.output)")
    #expect(numbers[0] == Double(ranks))
    // Sums in other orders, in double and in single precision; weights after 50 steps of Adam.
    #expect(numbers[1] < 1e-10 && numbers[2] < 1e-5 && numbers[3] < 1e-8, "\(numbers)")
  }

  /// On the same number of ranks bit for bit, on another to rounding.
  @Test(.enabled(if: isPossible, "needs MPI: scripts/setup.sh --mpi"))
  func aKilledRankEndsTheRunWhichResumes() throws {
    let scratch = try Scratch()
    func weights(_ folder: String) throws -> [Float] {
      try Safetensors.read("\(scratch.path)/\(folder)/model.safetensors").entries
        .flatMap { $0.array.floats() }
    }
    #expect(try run(2, ["\(scratch.path)/whole"]).status == 0)
    for (folder, ranks) in [("same", 2), ("other", 3)] {
      let killed = try run(2, ["\(scratch.path)/\(folder)", "23"])
      #expect(killed.status != 0 && killed.seconds < 30)
      #expect(
        !FileManager.default.fileExists(atPath: "\(scratch.path)/\(folder)/model.safetensors"))
      #expect(try run(ranks, ["\(scratch.path)/\(folder)"]).status == 0)
      let (found, expected) = (try weights(folder), try weights("whole"))
      if ranks == 2 {
        #expect(found == expected)
      } else {
        // What Adam makes of the rounding of 27 steps.
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 0.02 })
      }
    }
  }
}
