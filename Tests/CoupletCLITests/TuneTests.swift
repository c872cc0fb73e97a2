import Files
import Foundation
import Testing
import Torch

/// `couplet tune` as a user runs it.
struct TuneTests {
  private let scratch: ScratchFolder

  init() throws {
    scratch = try ScratchFolder()
    let u = Tensor.normal([240, 4], key: Key(0))
    for (name, tensor) in [("u", u), ("v", u + .normal([240, 4], key: Key(1)))] {
      try Npy.write(tensor.numericArray, to: scratch.path("\(name).npy"))
    }
  }

  private func couplet(_ line: String) throws -> RunningCommand.Result {
    try RunningCommand.run(line, in: scratch.url)
  }

  private func contents(_ file: String) throws -> Data {
    try Data(contentsOf: scratch.url.appending(path: file))
  }

  /// The plan repeated, and the winner's settings alone, give the same model to the bit.
  @Test func `the plan and the settings that won can be repeated`() throws {
    let options = "--encoder-u linear --encoder-v linear --loss two-sided --threads 1 -q"
    let found = try couplet(
      "tune --u u.npy --v v.npy \(options) --budget 3s --out best --json")
    try #require(found.status == 0, "\(found.error)")
    let json = try found.json()
    let trials = try #require(json["trials"] as? [[String: Any]])
    let training = try #require(json["training"] as? [String: Any])
    #expect(training["run"] as? String == "best" && trials.count >= 2)
    #expect((trials[0]["settings"] as? [String: String])?["encoder-u"] == nil)
    let model = try contents("best/model.safetensors")
    #expect(try couplet("train --config best/config.json --threads 1 --out alone -q").status == 0)
    #expect(try contents("alone/model.safetensors") == model)
    #expect(try contents("alone/config.json") == contents("best/config.json"))
    let again = try couplet("tune --plan best/tune/plan.json --threads 1 --out again -q")
    #expect(again.status == 0, "\(again.error)")
    #expect(try contents("again/model.safetensors") == model)
    #expect(try contents("again/tune/trials.jsonl") == contents("best/tune/trials.jsonl"))
    let taken = try couplet("tune --plan best/tune/plan.json --out again -q")
    #expect(taken.status == 1 && taken.error.contains("the folder already holds a run"))
    let resumed = try couplet("tune --resume --threads 1 --out best --json -q")
    #expect(try (resumed.json()["trials"] as? [[String: Any]])?.count == trials.count)
  }

  @Test func `what has no effect, or cannot be, is refused`() throws {
    for (line, status, what) in [
      ("--budget 0s", 64, "'0s' is not a time"),
      ("--budget 1m --validation 0", 64, "no validation pairs"),
      ("--resume", 64, "there is no tuning in run to resume"),
      ("--online", 64, "trials are compared on pairs that are there"),
      ("--plan u.npy", 1, "no plan of a tuning"),
    ] {
      let result = try couplet("tune --u u.npy --v v.npy --out run \(line)")
      #expect(result.status == Int32(status) && result.error.contains(what), "\(result.error)")
      #expect(result.error.contains("couplet: error: "))
    }
  }
}
