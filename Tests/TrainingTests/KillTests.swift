import CoupletCore
import Foundation
import Scratch
import TestModels
import Testing

/// Training that is killed (SIGKILL) again and again, and resumed, ends with the same bytes as training that is
/// not. The process is TrainingProbe, which writes a checkpoint after every step and so is hit while it writes
/// one more often than not.
@Suite struct KillTests {
  private static var probe: URL {
    // Executables are built beside the bundle of the tests.
    let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
    let product = bundle ?? URL(filePath: CommandLine.arguments[0])
    return product.deletingLastPathComponent().appending(path: "TrainingProbe")
  }

  private func launch(_ folder: String, _ options: [String]) throws -> Process {
    let process = Process()
    process.executableURL = KillTests.probe
    process.arguments = [folder] + options
    try process.run()
    return process
  }

  /// When something in the folder last appeared, disappeared or was renamed; nil before there is a folder.
  private func lastChange(_ folder: String) -> Date? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: folder)
    return attributes?[.modificationDate] as? Date
  }

  /// Lets the training in the folder go on, and kills it a while after something has happened; false when it had
  /// ended by then.
  private func killOnce(
    _ folder: String, _ options: [String], when hasHappened: () -> Bool, delay: Double = 0
  ) throws -> Bool {
    let process = try launch(folder, options)
    while process.isRunning && !hasHappened() { usleep(200) }
    Thread.sleep(forTimeInterval: delay)
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    return process.terminationReason == .uncaughtSignal
  }

  @Test(arguments: [[], ["best"]])
  func killedAnywhereItEndsTheSame(_ options: [String]) throws {
    let scratch = try Scratch()
    let (whole, killed) = (scratch.path + "/whole", scratch.path + "/killed")
    let uninterrupted = try launch(whole, options)
    uninterrupted.waitUntilExit()
    #expect(uninterrupted.terminationStatus == 0)

    // From 0 to 45 ms after the process begins to write: a step and its checkpoint take some of these.
    var kills = 0
    for delay in stride(from: 0.0, to: 0.05, by: 0.01) {
      let before = lastChange(killed)
      if try killOnce(killed, options, when: { lastChange(killed) != before }, delay: delay) {
        kills += 1
      }
    }
    #expect(kills >= 3)

    // As soon as a half-written checkpoint is seen, until that was twice there when the process was dead.
    let partial = killed + "/checkpoint.partial"
    var halfWritten = 0
    for _ in 0..<20 where halfWritten < 2 {
      _ = try killOnce(killed, options, when: { FileManager.default.fileExists(atPath: partial) })
      if FileManager.default.fileExists(atPath: partial) { halfWritten += 1 }
    }
    #expect(halfWritten == 2)

    let last = try launch(killed, options)
    last.waitUntilExit()
    #expect(last.terminationStatus == 0)
    try ResumeTests.expectSame(killed, whole)
    // Nothing is left over of the writes that were cut short.
    let names = try FileManager.default.contentsOfDirectory(atPath: killed).sorted()
    #expect(names == [".lock", "checkpoint", "metrics.jsonl", "model.safetensors"])
  }
}
