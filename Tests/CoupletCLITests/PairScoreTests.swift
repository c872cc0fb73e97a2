import CoupletCore
import Files
import Foundation
import Testing

/// Runs with a pair score (MATH §14), asked what a run can be asked.
@Suite struct PairScoreTests {
  private let folder: ScratchFolder

  /// u is v turned by 0 or half a turn, with noise: no product of coordinates tells them from others.
  init() throws {
    folder = try ScratchFolder()
    let v = Tensor.normal([260, 2], key: Key(1))
    let sign = Tensor.uniform([260, 1], key: Key(2)).greater(than: 0.5).to(.float32) * 2 - 1
    try Npy.write(v.numericArray, to: folder.path("v.npy"))
    try Npy.write(
      (v * sign + .normal([260, 2], key: Key(3)) * 0.1).numericArray, to: folder.path("u.npy"))
  }

  private func couplet(_ words: String...) throws -> RunningCommand.Result {
    try RunningCommand.run(
      words.flatMap { $0.split(separator: " ").map(String.init) }, in: folder.url)
  }

  private func train(_ options: String) throws -> RunningCommand.Result {
    try couplet(
      "train --data . --batch 64 --learning-rate 0.01 --held-out 0.2 --quiet --json --out run",
      options)
  }

  @Test func aRunAloneIsEvaluatedSearchedAndSampled() throws {
    let trained = try train(
      "--tilting pair:width=16:blocks=1:negatives=15 --loss anchored --epochs 30")
    #expect(trained.status == 0, "\(trained.error)")
    let settings = try String(contentsOfFile: folder.path("run/config.json"), encoding: .utf8)
    #expect(settings.contains("\"tilting\" : \"pair:width=16:blocks=1:negatives=15\""))
    #expect(settings.contains("\"encoder\" : \"fixed:standardized\""))
    let evaluated = try couplet("evaluate run --diagnostics --json")
    #expect(evaluated.status == 0, "\(evaluated.error)")
    let found = try evaluated.json()
    // A product of coordinates knows nothing of these pairs: recall at 10 of 52 by chance is 0.19.
    let recall = try #require((found["recall"] as? [String: [String: Double]])?["u"]?["10"])
    #expect(recall > 0.5)
    #expect((found["calibration"] as? [String: Any])?.count == 2)
    let retrieved = try couplet("retrieve run --of u --given 0 -k 3 --json")
    #expect(retrieved.status == 0, "\(retrieved.error)")
    let reranked = try couplet("retrieve run --of u --given 0 --rerank 5")
    #expect(reranked.status == 1 && reranked.error.contains("no pair score that corrects"))
    let sampled = try couplet(
      "sample run --of u --given 0 --method hmc --prior gaussian:0,1 --chains 8 --warm-up 8 --count 8 --out draws.npy --json"
    )
    #expect(sampled.status == 0, "\(sampled.error)")
    let resumed = try couplet("train --resume --out run --epochs 31 --quiet")
    #expect(resumed.status == 0, "\(resumed.error)")
  }

  @Test func aCorrectionIsTrainedWithItsEncoders() throws {
    let result = try train(
      "--tilting pair:width=8:blocks=1:correcting=cosine --encoder-u mlp:8 --encoder-v mlp:8 --dimension 4 --epochs 2"
    )
    #expect(result.status == 0, "\(result.error)")
    let settings = try String(contentsOfFile: folder.path("run/config.json"), encoding: .utf8)
    #expect(settings.contains("\"learnTemperature\" : true"))
    let model = try Safetensors.read(folder.path("run/model.safetensors")).tensors()
    #expect(model["pair.input.weight"]?.shape == [8, 8])
    #expect(model["temperature.logarithm"] != nil)
    let exported = try couplet("export run --to exported")
    #expect(exported.status == 0, "\(exported.error)")
    // Of all 52 candidates the best by the pair score, and of one the best by the cosine.
    let all = try matches("retrieve run --of u --given v.npy -k 52 --json")
    #expect(try matches("retrieve run --of u --given v.npy -k 52 --rerank 52 --json") == all)
    let one = try matches("retrieve run --of u --given v.npy -k 3 --rerank 1 --json")
    #expect(one.count == 260 && one.allSatisfy { $0.count == 1 })
    // What takes products of embeddings alone says so.
    let labels = (0..<260).map { "\($0 % 3)" }.joined(separator: "\n") + "\n"
    try labels.write(toFile: folder.path("labels.csv"), atomically: true, encoding: .utf8)
    let tuned = try couplet("finetune run --u u.npy --v labels.csv --out tuned")
    #expect(tuned.status == 1 && tuned.error.contains("the run has a pair score"))
  }

  /// The candidates of each condition, best first.
  private func matches(_ words: String) throws -> [[Int]] {
    let result = try couplet(words)
    #expect(result.status == 0, "\(result.error)")
    let results = try #require(try result.json()["results"] as? [[String: Any]])
    return try results.map {
      try #require($0["matches"] as? [[String: Any]]).compactMap { $0["index"] as? Int }
    }
  }

  @Test(arguments: [
    ("--tilting pair --temperature 0.5", "a pair score alone has no temperature"),
    ("--tilting pair --reference-v queue:100", "takes no queue"),
    ("--tilting pair:correcting=pair", "a pair score does not correct another"),
    ("--tilting pair:negatives=0", "'0' is not a whole number from 1"),
  ])
  func whatDoesNotGoTogetherIsRefusedInOneLine(_ options: String, _ reason: String) throws {
    let result = try train(options)
    #expect(result.status == 64 && result.error.contains(reason), "\(result.error)")
    #expect(result.error.split(separator: "\n").count <= 2)
  }

  @Test func embeddingsAloneHaveNoPairScore() throws {
    let result = try couplet("score --u u.npy --v v.npy --tilting pair")
    #expect(result.status == 64 && result.error.contains("a pair score is learned"))
  }
}
