import CArrow
import Files
import Foundation
import Scratch
import Testing

/// `FILE[:MEMBER]` and the options of reading, through every command.
@Suite(.enabled(if: ca_is_built(), "built without Arrow"))
struct ReadingOptionsTests {
  private func run(_ command: String, _ scratch: Scratch) throws -> RunningCommand.Result {
    try RunningCommand.run(command, in: URL(fileURLWithPath: scratch.path))
  }

  /// 60 rows x, y, kind; y of row 7 is missing where `gap`.
  private func table(gap: Bool = false) -> Data {
    var text = "x,y,kind\n"
    for row in 0..<60 {
      let x = Double(row * 37 % 60) / 60
      text += "\(x),\(gap && row == 7 ? "" : "\(x * x + 0.25)"),\(row % 2 == 0 ? "cat" : "dog")\n"
    }
    return Data(text.utf8)
  }

  @Test func `columns of a table go through every command`() throws {
    let scratch = try Scratch()
    try scratch.bytes("t.csv", table())
    for command in [
      "train --u t.csv:x,y --v t.csv:kind --epochs 1 --out run",
      "evaluate run", "evaluate run --u t.csv:x,y --v t.csv:kind",
      "retrieve run --of v --given t.csv:x,y", "classify run --u t.csv:x,y",
      "sample run --of u --given cat --gallery t.csv:x,y --out draws.npy",
      "finetune run --u t.csv:x,y --v t.csv:kind --epochs 1 --out tuned",
      "score --u t.csv:x,y --v t.csv:x,y", "theory --u t.csv:x --v t.csv:y",
    ] {
      let result = try run(command, scratch)
      #expect(result.status == 0, "\(command): \(result.error)")
    }
  }

  @Test func `missing values are refused by name, and left out when asked for`() throws {
    let scratch = try Scratch()
    try scratch.bytes("t.csv", table(gap: true))
    let train = "train --u t.csv:x,y --v t.csv:kind --epochs 1 --out run"
    let refused = try run(train, scratch)
    #expect(refused.status == 1)
    #expect(refused.error.contains("row 7, column 'y'"))
    let dropped = try run("\(train) --missing drop", scratch)
    #expect(dropped.status == 0, "\(dropped.error)")
    #expect(dropped.error.contains("1 of 60 pairs"))
    // The run keeps how its data are read.
    #expect(try run("evaluate run", scratch).status == 0)
  }

  /// A run fills later data with the means of its own, and marks the same columns, whichever gaps those have.
  @Test(arguments: ["mean", "mask"])
  func `gaps are filled as in the training`(missing: String) throws {
    let scratch = try Scratch()
    try scratch.bytes("t.csv", table(gap: true))
    let train = try run(
      "train --u t.csv:x,y --v t.csv:kind --missing \(missing) --epochs 2 --out run -q", scratch)
    #expect(train.status == 0, "\(train.error)")
    // The mean of y without row 7.
    let values = (0..<60).filter { $0 != 7 }.map { row -> Double in
      let x = Double(row * 37 % 60) / 60
      return x * x + 0.25
    }
    let mean = values.reduce(0, +) / 59
    for (name, y) in [("gap", ""), ("filled", "\(mean)")] {
      // Other rows would have other means.
      try scratch.bytes("\(name).csv", Data("x,y\n0.5,9\n0.25,\(y)\n0.75,8\n".utf8))
    }
    let gap = try run("classify run --u gap.csv:x,y --json -q", scratch)
    let filled = try run("classify run --u filled.csv:x,y --json -q", scratch)
    #expect(gap.status == 0 && filled.status == 0, "\(gap.error)\(filled.error)")
    // With a mark the model sees which of the two it is.
    #expect((gap.output == filled.output) == (missing == "mean"))
    #expect(try run("train --resume --out run -q", scratch).status == 0)
  }

  /// The same of arrays, in which NaN is a missing value: a later file is filled with the means of the training.
  @Test(arguments: ["drop", "mean", "mask"])
  func `gaps of arrays are treated as those of tables`(missing: String) throws {
    let scratch = try Scratch()
    func write(_ name: String, _ rows: [[Double]]) throws {
      try scratch.npy(name, NumericArray(rows.flatMap { $0 }, shape: [rows.count, 2]))
    }
    let rows = (0..<60).map { [Double($0 * 37 % 60) / 60, Double($0 % 7)] }
    try write("v", rows)
    try write("u", rows.enumerated().map { $0 == 7 ? [.nan, $1[1]] : $1 })
    let refused = try run("train --u u.npy --v v.npy --epochs 1 --out run", scratch)
    #expect(refused.status == 1 && refused.error.contains("row 7, column 0"), "\(refused.error)")
    let trained = try run(
      "train --u u.npy --v v.npy --missing \(missing) --epochs 1 --dimension 2 --out run", scratch)
    #expect(trained.status == 0, "\(trained.error)")
    #expect(trained.error.contains("1 of 60 pairs") == (missing == "drop"))
    #expect(try run("evaluate run", scratch).status == 0)
    guard missing != "drop" else { return }
    let mean = rows.enumerated().filter { $0.offset != 7 }.map { $1[0] }.reduce(0, +) / 59
    // Other rows would have other means.
    try write("gap", [[5, 9], [.nan, 4]])
    try write("filled", [[5, 9], [mean, 4]])
    let weights = try ["gap", "filled"].map { name in
      let found = try run(
        "retrieve run --of v --given \(name).npy --gallery v.npy -k 60 --json -q", scratch)
      #expect(found.status == 0, "\(found.error)")
      let results = try #require(try found.json()["results"] as? [[String: Any]])
      let matches = try #require(results[1]["matches"] as? [[String: Any]])
      return Dictionary(
        uniqueKeysWithValues: try matches.map {
          (try #require($0["index"] as? Int), try #require($0["weight"] as? Double))
        })
    }
    // With a mark the model sees which of the two it is; without one weights are the same up to single precision.
    let difference = weights[0].map { abs($1 - (weights[1][$0] ?? 0)) }.max() ?? 0
    #expect((difference < 1e-6) == (missing == "mean"), "\(difference)")
  }

  @Test func `what a side is taken for can be said`() throws {
    let scratch = try Scratch()
    try scratch.bytes("t.csv", table())
    let text = try run(
      "train --u t.csv:x,y --v t.csv:kind --space v=text --epochs 1 --out run", scratch)
    #expect(text.status == 0, "\(text.error)")
    #expect(text.error.contains("v texts"))
    let wrong = try run(
      "train --u t.csv:x,y --v t.csv:kind --space w=text --epochs 1 --out other", scratch)
    #expect(wrong.status == 64)
    #expect(wrong.error.contains("--space"))
    let headless = try run("theory --u t.csv:#1 --v t.csv:#2 --header no", scratch)
    #expect(headless.status == 1)
    #expect(headless.error.filter(\.isNewline).count == 1, "\(headless.error)")
  }
}
