import Files
import Foundation
import Testing
import Torch

/// `couplet compare` on runs of its own making.
struct CompareTests {
  private let scratch: ScratchFolder

  init() throws {
    scratch = try ScratchFolder()
    let u = Tensor.normal([260, 4], key: Key(0))
    for (name, tensor) in [("u", u), ("v", u + .normal([260, 4], key: Key(1)))] {
      try Npy.write(tensor.numericArray, to: scratch.path("\(name).npy"))
    }
  }

  private func couplet(_ line: String) throws -> RunningCommand.Result {
    try RunningCommand.run(line, in: scratch.url)
  }

  private func train(_ options: String, out: String) throws {
    let result = try couplet(
      "train --u u.npy --v v.npy --encoder-u linear --encoder-v linear --epochs 3 -q --out \(out) \(options)"
    )
    #expect(result.status == 0, "\(result.error)")
  }

  @Test func `settings that differ, and results as the runs hold them`() throws {
    try train("", out: "a")
    try train("--learning-rate 0.01 --dimension 4", out: "b")
    let found = try couplet("compare a b --json")
    #expect(found.status == 0 && found.error.isEmpty, "\(found.error)")
    let json = try found.json()
    #expect(json["sameTestPairs"] as? Bool == true)
    #expect(json["differingSettings"] as? [String] == ["dimension", "learning-rate"])
    let runs = try #require(json["runs"] as? [[String: Any]])
    #expect(
      runs.map { $0["settings"] as? [String: String] } == [
        ["dimension": "64", "learning-rate": "0.001"], ["dimension": "4", "learning-rate": "0.01"],
      ])
    for (name, run) in zip(["a", "b"], runs) {
      let data = try Data(contentsOf: scratch.url.appending(path: "\(name)/result.json"))
      let kept = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
      let test = try #require(run["test"] as? [String: Any])
      let keptTest = try #require(kept["test"] as? [String: Any])
      #expect(test["recall"] as? NSDictionary == keptTest["recall"] as? NSDictionary)
      #expect(test["loss"] as? Double == keptTest["loss"] as? Double)
      #expect(run["testPairs"] as? Int == 26)
      #expect((run["baselines"] as? [String: Any])?.keys.sorted() == ["embeddings", "linear"])
    }
    let text = try couplet("compare a b").output
    #expect(text.contains("\nlearning-rate") && !text.contains("\nbatch "))
    #expect(text.contains("\ntest recall@10 of u "))
  }

  @Test func `other test pairs are told apart, and what is no run is refused`() throws {
    try train("", out: "a")
    try train("--seed 1", out: "b")
    let found = try couplet("compare a b")
    #expect(found.status == 0 && found.error.contains("tested on different pairs"))
    #expect(found.output.contains(/test pairs +26 \(A\) +26 \(B\)\n/))
    let none = try couplet("compare a u.npy")
    #expect(none.status == 1 && none.error.contains("not a run"))
    #expect(try couplet("compare a").status == 64)
  }
}
