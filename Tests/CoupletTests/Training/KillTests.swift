import Couplet
import Foundation
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

  private func launch(_ folder: String) throws -> Process {
    let process = Process()
    process.executableURL = KillTests.probe
    process.arguments = [folder]
    try process.run()
    return process
  }

  /// When something in the folder last appeared, disappeared or was renamed; nil before there is a folder.
  private func lastChange(_ folder: String) -> Date? {
    let attributes = try? FileManager.default.attributesOfItem(atPath: folder)
    return attributes?[.modificationDate] as? Date
  }

  @Test func killedAnywhereItEndsTheSame() throws {
    let scratch = try Scratch()
    let (whole, killed) = (scratch.path + "/whole", scratch.path + "/killed")
    let uninterrupted = try launch(whole)
    uninterrupted.waitUntilExit()
    #expect(uninterrupted.terminationStatus == 0)

    // From 0 to 45 ms after the process begins to write: a step and its checkpoint take some of these.
    var kills = 0
    for delay in stride(from: 0.0, to: 0.05, by: 0.005) {
      let before = lastChange(killed)
      let process = try launch(killed)
      while process.isRunning && lastChange(killed) == before {
        Thread.sleep(forTimeInterval: 0.001)
      }
      Thread.sleep(forTimeInterval: delay)
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      if process.terminationReason == .uncaughtSignal { kills += 1 }
    }
    #expect(kills >= 3)

    let last = try launch(killed)
    last.waitUntilExit()
    #expect(last.terminationStatus == 0)
    try ResumeTests.expectSame(killed, whole)
    // Nothing is left over of the writes that were cut short.
    let names = try FileManager.default.contentsOfDirectory(atPath: killed).sorted()
    #expect(names == ["checkpoint", "metrics.jsonl", "model.safetensors"])
  }
}
