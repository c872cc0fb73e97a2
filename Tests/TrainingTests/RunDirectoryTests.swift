import Files
import Foundation
import Scratch
import TestModels
import Testing

@testable import CoupletCore
@testable import Training

@Suite struct RunDirectoryTests {
  private struct Settings: Codable, Equatable {
    var name = "first"
    var rate = 0.1
  }

  private func coupling(_ dimension: Int = 2) throws -> Coupling {
    Coupling(
      u: LinearEncoder(3, dimension, key: Key(1)), v: LinearEncoder(3, dimension, key: Key(2)),
      tilting: Cosine(), temperature: try Temperature(.fixed(0.1)))
  }

  private func metrics(_ epoch: Int) -> EpochMetrics {
    EpochMetrics(
      epoch: epoch, step: 4 * epoch, loss: -0.5, learningRate: 0.01, temperature: 0.07,
      seconds: 1.5)
  }

  /// A failure is one line that names the place.
  private func expectFailure(naming place: String, _ body: () throws -> Void) {
    let failure = #expect(throws: Failure.self, performing: body)
    #expect(failure?.description.contains(place) == true)
    #expect(failure?.description.contains("\n") == false)
  }

  @Test func configurationAndMetricsAreReadBack() throws {
    let scratch = try Scratch()
    let run = try RunDirectory(creating: scratch.path + "/runs/first")
    try run.writeConfiguration(Settings())
    #expect(try run.readConfiguration(Settings.self) == Settings())
    #expect(try run.metrics() == [])
    try run.append([metrics(1)])
    try run.append([metrics(2), metrics(3)])
    #expect(try run.metrics() == (1...3).map(metrics))
    #expect(try RunDirectory(opening: run.path).metrics().count == 3)
  }

  @Test func aRunIsNotOverwrittenAndWhatIsNoRunIsNotOpened() throws {
    let scratch = try Scratch()
    expectFailure(naming: scratch.path) { _ = try RunDirectory(opening: scratch.path) }
    let run = try RunDirectory(creating: scratch.path)
    try run.writeConfiguration(Settings())
    expectFailure(naming: scratch.path) { _ = try RunDirectory(creating: scratch.path) }
    let beneath = run.configurationFile + "/run"
    expectFailure(naming: beneath) { _ = try RunDirectory(creating: beneath) }
  }

  @Test func damagedFilesAreNamed() throws {
    let scratch = try Scratch()
    let run = try RunDirectory(creating: scratch.path)
    for text in ["", "{", "[1]", "{\"name\": 3, \"rate\": 1}", "{\"name\": \"x\"}"] {
      try Data(text.utf8).write(to: URL(filePath: run.configurationFile))
      expectFailure(naming: "config.json") { _ = try run.readConfiguration(Settings.self) }
    }
    try run.append([metrics(1)])
    try Data(try contents(run.metricsFile) + Data("{\"epoch\": 2,\n".utf8))
      .write(to: URL(filePath: run.metricsFile))
    expectFailure(naming: "line 2") { _ = try run.metrics() }
  }

  @Test func modelsAreReadBackWithWhatWasSavedBesideThem() throws {
    let scratch = try Scratch()
    let run = try RunDirectory(creating: scratch.path)
    let (saved, other) = (try coupling(), try coupling())
    expectFailure(naming: "has not finished") { _ = try run.loadModel(into: other) }
    withoutGradients { saved.parameters.tensors[0].fill(0.25) }
    try run.saveModel(saved, metadata: ["labels": "3"])
    try run.loadModel(into: other)
    #expect(try run.modelMetadata() == ["labels": "3"])
    #expect(distance(other.parameters.tensors[0], saved.parameters.tensors[0]) == 0)
    expectFailure(naming: "model.safetensors") { _ = try run.loadModel(into: try coupling(5)) }
    try contents(run.modelFile).dropLast(9).write(to: URL(filePath: run.modelFile))
    expectFailure(naming: "model.safetensors") { _ = try run.loadModel(into: other) }
  }
}
