import CArrow
import CoupletCore
import Files
import Foundation
import SampleReaders
import Testing

/// Answers as tables: the values are those of the same command's JSON, and the rows bear the user's identifiers.
@Suite(.enabled(if: ca_is_built(), "built without Arrow"))
struct AnswerTableTests {
  private static let count = 40
  /// One run for all tests, on two tables whose rows have keys: `k0`, `k1`, … of u, and 1000, 1001, … of v.
  private static let made = Result {
    let folder = try ScratchFolder()
    let latent = Tensor.normal([count, 2], key: Key(1))
    try write("u", latent, (0..<count).map { "k\($0)" }, in: folder)
    let v = latent + .normal([count, 2], key: Key(3)) * 0.3
    try write("v", v, (0..<count).map { "\(1000 + $0)" }, in: folder)
    try write("classes", .normal([3, 2], key: Key(9)), ["a", "b", "c"], in: folder)
    for (name, text) in [("names", "cat\ndog\nfox"), ("short", "a\nb")] {
      try text.write(toFile: folder.path("\(name).txt"), atomically: false, encoding: .utf8)
    }
    let trained = try RunningCommand.run(
      "train --u u.csv:x* --v v.csv:x* --encoder-u linear --encoder-v linear --temperature 0.5 --dimension 2 --epochs 1 --quiet --out run",
      in: folder.url)
    try #require(trained.status == 0, "\(trained.error)")
    return folder
  }
  private let folder: ScratchFolder

  init() throws { folder = try Self.made.get() }

  private static func write(
    _ name: String, _ values: Tensor, _ keys: [String], in folder: ScratchFolder
  ) throws {
    let rows = values.to(.float64).array(Double.self)
    let lines = keys.enumerated().map { row, key in "\(key),\(rows[2 * row]),\(rows[2 * row + 1])" }
    try (["key,x1,x2"] + lines).joined(separator: "\n")
      .write(toFile: folder.path("\(name).csv"), atomically: false, encoding: .utf8)
  }

  @discardableResult
  private func couplet(_ line: String) throws -> RunningCommand.Result {
    let result = try RunningCommand.run(line, in: folder.url)
    #expect(result.status == 0, "\(line): \(result.error)")
    return result
  }

  /// Of the JSON, whose numbers this reads to the last bit.
  private struct Retrieved: Decodable {
    struct Result: Decodable {
      struct Match: Decodable {
        let index: Int
        let weight: Double
      }
      let matches: [Match]
      let effectiveSampleSize: Double
    }
    let results: [Result]
    var matches: [Result.Match] { results.flatMap(\.matches) }
  }

  private struct Drawn: Decodable {
    struct Result: Decodable { let indices: [Int] }
    let results: [Result]
  }

  private struct Classified: Decodable {
    let classes: [Int]
    let probabilities: [[Double]]
  }

  private func json<Answer: Decodable>(_ line: String) throws -> Answer {
    try JSONDecoder().decode(
      Answer.self, from: Data(couplet("\(line) --json --quiet").output.utf8))
  }

  private func numbers(_ text: String) throws -> [Double] {
    try SampleReaders.read(folder.path(text), SampleOptions(space: .real)).all().to(.float64)
      .array(Double.self)
  }

  private func ids(_ text: String) throws -> [String] {
    try SampleReaders.identifiers(folder.path(text)).texts
  }

  @Test(arguments: ["csv", "parquet"])
  func `retrieved candidates are those of the JSON, under their identifiers`(format: String) throws
  {
    let question = "retrieve run --of v --given u.csv:x* --gallery v.csv:x* -k 3"
    let answer: Retrieved = try json(question)
    let printed = try couplet(
      "\(question) --given-ids key --ids key --out a.\(format) --json --quiet"
    ).json()
    #expect(printed["queries"] as? Int == Self.count && printed["rows"] as? Int == 3 * Self.count)
    let file = "a.\(format)"
    #expect(
      try ids("\(file):query") == (0..<Self.count).flatMap { Array(repeating: "k\($0)", count: 3) })
    #expect(try numbers("\(file):rank") == (0..<Self.count).flatMap { _ in [1, 2, 3] })
    #expect(try ids("\(file):id") == answer.matches.map { "\(1000 + $0.index)" })
    #expect(try numbers("\(file):probability") == answer.matches.map(\.weight))
    #expect(
      try numbers("\(file):effective_sample_size")
        == answer.results.flatMap { Array(repeating: $0.effectiveSampleSize, count: 3) })
  }

  @Test func `without identifiers rows go by their numbers in the user's file`() throws {
    let answer: Retrieved = try json("retrieve run --of u --given 0,7 -k 2")
    let rows = answer.matches.map { "\($0.index)" }
    try couplet("retrieve run --of u --given 0,7 -k 2 --out b.jsonl --quiet")
    let lines = try String(contentsOfFile: folder.path("b.jsonl"), encoding: .utf8)
      .split(separator: "\n")
    #expect(lines.count == 4 && lines[2].hasPrefix("{\"query\":7,\"rank\":1,\"id\":\(rows[2]),"))
    // The test pairs, by the keys of the whole file.
    try couplet(
      "retrieve run --of u --given 0,7 -k 2 --ids key --given-ids key --out b.csv --quiet")
    #expect(try ids("b.csv:id") == rows.map { "k\($0)" })
    #expect(try ids("b.csv:query") == ["1000", "1000", "1007", "1007"])
  }

  @Test func `embeddings are the same in every format`() throws {
    for name in ["e.npy", "e.csv", "e.parquet"] {
      let option = name == "e.npy" ? "" : " --ids key"
      try couplet("embed run --u u.csv:x* --out \(name)\(option) --quiet")
    }
    let embedded = try Npy.read(folder.path("e.npy"))
    #expect(embedded.shape == [Self.count, 2])
    for (file, columns) in [("e.csv", "u1..u2"), ("e.parquet", "u")] {
      #expect(try numbers("\(file):\(columns)").map { Float($0) } == embedded.floats())
      #expect(try ids("\(file):id") == (0..<Self.count).map { "k\($0)" })
    }
  }

  @Test func `draws are the rows of the candidates that they name`() throws {
    let line = "sample run --of v --given 3,5 --count 6 --gallery v.csv:x* --seed 4"
    let answer: Drawn = try json("\(line) --out d.npy")
    let drawn = answer.results.flatMap(\.indices)
    try couplet("\(line) --ids key --given-ids key --out d.parquet --quiet")
    #expect(try ids("d.parquet:id") == drawn.map { "\(1000 + $0)" })
    #expect(
      try ids("d.parquet:condition") == ["k3", "k5"].flatMap { Array(repeating: $0, count: 6) })
    #expect(try numbers("d.parquet:draw") == (0..<12).map { Double($0 % 6 + 1) })
    let array = try Npy.read(folder.path("d.npy"))
    #expect(array.shape == [2, 6, 2])
    #expect(try numbers("d.parquet:v") == array.doubles())
    let all = try numbers("v.csv:x*")
    #expect(array.doubles() == drawn.flatMap { all[2 * $0..<2 * $0 + 2] })
  }

  @Test func `classes have a column each, named as the user says`() throws {
    let line = "classify run --u u.csv:x* --labels classes.csv:x*"
    let answer: Classified = try json(line)
    let (classes, probabilities) = (answer.classes, answer.probabilities)
    try couplet("\(line) --ids key --names names.txt --out c.csv --quiet")
    #expect(try ids("c.csv:id") == (0..<Self.count).map { "k\($0)" })
    #expect(try ids("c.csv:label") == classes.map { ["cat", "dog", "fox"][$0] })
    #expect(try numbers("c.csv:probability_*") == probabilities.flatMap { $0 })
    #expect(try numbers("c.csv:probability") == zip(probabilities, classes).map { $0[$1] })
    // By default by their rows.
    try couplet("\(line) --names key --out c.parquet --quiet")
    #expect(try ids("c.parquet:label") == classes.map { ["a", "b", "c"][$0] })
  }

  @Test func `what does not fit together is said in one line, and nothing is written`() throws {
    for (line, what) in [
      ("retrieve run --of v --given 0 --out a.npy", "does not end in .csv, .parquet or .jsonl"),
      ("retrieve run --of v --given 0 --ids key", "identifiers are for tables"),
      ("embed run --u u.csv:x* --ids key --out a.npy", "no room for identifiers"),
      ("embed run --u u.csv:x* --ids nose --out none.csv", "there is no column 'nose'"),
      ("embed run --u u.csv:x* --ids short.txt --out none.csv", "2 identifiers for 40 rows"),
      (
        "retrieve run --of v --given 0,1 --together --given-ids key --out none.csv",
        "exclude each other"
      ),
    ] {
      let result = try RunningCommand.run(line, in: folder.url)
      let lines = result.error.split(separator: "\n").filter { !$0.contains("first row") }
      #expect(result.status > 0 && lines.count == 1, "\(line): \(result.error)")
      #expect(lines.last?.contains(what) == true, "\(line): \(result.error)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("none.csv")))
  }
}
