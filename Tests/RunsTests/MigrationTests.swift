import CoupletCore
import Files
import Foundation
import Testing
import Training

@testable import Runs

/// Runs that version 0.1.0 made, with what it said of them (`Fixtures/0.1.0`).
struct MigrationTests {
  /// A copy of a run, whose data lie beside it.
  private func copy(_ run: String, in scratch: Scratch) throws -> String {
    let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/0.1.0")
    let folder = URL(fileURLWithPath: scratch.path).appendingPathComponent("runs")
    try FileManager.default.copyItem(at: fixtures, to: folder)
    let path = "\(folder.path)/\(run)"
    let text = try String(contentsOfFile: "\(path)/config.json", encoding: .utf8)
    try text.replacing("DIR/", with: "\(folder.path)/")
      .write(toFile: "\(path)/config.json", atomically: true, encoding: .utf8)
    return path
  }

  @Test func `a run of 0.1.0 is evaluated as it was then`() throws {
    let scratch = try Scratch()
    let run = try TrainedRun(copy("whole", in: scratch))
    #expect(run.configuration.loss.description == "joint:all-pairs")
    #expect(run.configuration.optimizer.description == "adamw:weight-decay=0.02")
    #expect(run.configuration.schedule == .cosine(warmup: 0.1))
    #expect(run.configuration[.u].reference == .queue(40))
    let report = try run.coupling.evaluate(
      on: run.testData().pairs, loss: run.configuration.loss.value)
    // What version 0.1.0 printed: evaluate.json.
    #expect(abs(try #require(report.loss) - -0.7689123153686523) < 1e-5)
    #expect(report.accuracy == 1)
    #expect(report.recall["u"] == ["1": 1, "5": 1, "10": 1])
  }

  @Test func `a run of 0.1.0 is resumed from its checkpoint`() throws {
    let scratch = try Scratch()
    let directory = try RunDirectory(opening: copy("half", in: scratch))
    let settings = try directory.readSettings()
    let data = try settings.source().read()
    let training = try settings.parts(of: data).training
    let coupling = try settings.coupling(training: training)
    try settings.trainer().fit(coupling, to: training, in: directory, resume: true)
    let metrics = try directory.metrics()
    #expect(metrics.map(\.epoch) == Array(1...settings.epochs))
  }
}
