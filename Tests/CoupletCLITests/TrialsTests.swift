import CoupletCore
import Files
import Foundation
import Runs
import Testing

/// What was tried before a training, in the result of the training that was interrupted and went on.
@Suite struct TrialsTests {
  @Test func `a resumed run keeps what was tried before it`() throws {
    let folder = try ScratchFolder()
    let u = Tensor.normal([60, 2], key: Key(1))
    try Npy.write(u.numericArray, to: folder.path("u.npy"))
    try Npy.write((u * 2).numericArray, to: folder.path("v.npy"))
    func train(_ options: String) throws -> RunResult {
      let trained = try RunningCommand.run("train \(options) --quiet --out run", in: folder.url)
      #expect(trained.status == 0, "\(trained.error)")
      return try JSONDecoder().decode(
        RunResult.self, from: Data(contentsOf: URL(fileURLWithPath: folder.path("run/result.json")))
      )
    }
    let first = try train(
      "--u u.npy --v v.npy --encoder-u linear --encoder-v linear --dimension 2 --epochs 1")
    #expect(first.trials == nil)
    // As a training writes it that chooses its encoders.
    let trials = """
      [{"encoders":["mlp:8","mlp:8"],"rank":0.5,"loss":-1},{"encoders":["linear","linear"],"rank":0.25,"loss":-0.5}]
      """
    try trials.write(toFile: folder.path("run/trials.json"), atomically: false, encoding: .utf8)
    #expect(try train("--resume --epochs 2").trials?.map(\.rank) == [0.5, 0.25])
    // Of runs that have their trials in the result alone.
    try FileManager.default.removeItem(atPath: folder.path("run/trials.json"))
    #expect(try train("--resume --epochs 3").trials?.map(\.rank) == [0.5, 0.25])
  }

  /// The command that began the run goes on with it, though what it left open was decided then.
  @Test func `a dimension that was decided is kept when the same command resumes`() throws {
    let folder = try ScratchFolder()
    try folder.writePairs(200, slope: 1, noise: 0.3)
    let command =
      "train --u u.npy --v v.npy --dimension auto --encoder-u linear --encoder-v linear --quiet --out run"
    for options in ["--epochs 1", "--epochs 2 --resume"] {
      let trained = try RunningCommand.run("\(command) \(options)", in: folder.url)
      #expect(trained.status == 0, "\(trained.error)")
    }
    let settings = try String(contentsOfFile: folder.path("run/config.json"), encoding: .utf8)
    #expect(settings.contains("\"dimension\" : 2,"))
    let metrics = try String(contentsOfFile: folder.path("run/metrics.jsonl"), encoding: .utf8)
    #expect(metrics.split(separator: "\n").count == 2)
  }
}
