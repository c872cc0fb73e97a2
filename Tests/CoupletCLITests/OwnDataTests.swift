import Files
import Foundation
import Scratch
import Testing
import Torch

/// Pairs that share a partner, data that change or move, rows that are named: what a run knows of its data.
struct OwnDataTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func couplet(_ line: String) throws -> RunningCommand.Result {
    try RunningCommand.run(line, in: URL(fileURLWithPath: scratch.path))
  }

  private func save(_ tensor: Tensor, _ name: String) throws {
    try Npy.write(tensor.numericArray, to: "\(scratch.path)/\(name)")
  }

  private func rows(_ file: String) throws -> [Int] {
    try Npy.read("\(scratch.path)/\(file)").integers(name: file)
  }

  /// Forty images with five captions each that have nothing to do with them: new images are found by chance, and a
  /// split by rows would have learned them by heart.
  @Test func `captions of one image stay together`() throws {
    let images = (0..<200).map { $0 / 5 }
    try save(Tensor.normal([40, 16], key: Key(0)).indexSelect(Tensor(images)), "u.npy")
    try save(.normal([200, 16], key: Key(1)), "v.npy")
    let options =
      "--encoder-u mlp:64 --encoder-v mlp:64 --epochs 60 --held-out 0.25 --validation 0 --batch 32 --json"
    let found = try couplet("train --u u.npy --v v.npy \(options) --out run")
    #expect(found.status == 0, "\(found.error)")
    #expect(found.error.contains("200 pairs form 40 groups"))
    let (training, test) = (try rows("run/split/training.npy"), try rows("run/split/test.npy"))
    #expect((training + test).sorted() == Array(0..<200))
    #expect(Set(training.map { images[$0] }).isDisjoint(with: test.map { images[$0] }))
    let report = try couplet("evaluate run --json").json()
    #expect(report["groups"] as? Int == 10)
    // Given an image, five of fifty captions are right; given a caption, one of ten images is. Chance finds a tenth
    // of either, and 50 draws are below 0.4 with a probability of 1 − 10⁻⁹.
    let recall = try #require(report["recall"] as? [String: [String: Double]])
    #expect(recall["u"]?["1"] ?? 1 < 0.4)
    // The same with the groups in a file; without any, the images that were trained on are found again.
    try save(Tensor(images), "images.npy")
    let given = try couplet("train --u u.npy --v v.npy \(options) --groups images.npy --out given")
    #expect(given.status == 0, "\(given.error)")
    #expect(try rows("given/split/test.npy") == test)
    let none = try couplet("train --u u.npy --v v.npy \(options) --groups none --out none")
    #expect(none.status == 0, "\(none.error)")
    let alone = try rows("none/split/test.npy")
    #expect(
      !Set(try rows("none/split/training.npy").map { images[$0] }).isDisjoint(
        with: alone.map { images[$0] }))
  }

  /// A perfect model of pairs that share a partner finds all of them.
  @Test func `equal partners do not make recall zero`() throws {
    let u = Tensor.normal([50, 4], key: Key(0)).indexSelect(Tensor((0..<100).map { $0 / 2 }))
    try save(u, "u.npy")
    let report = try couplet("score --u u.npy --v u.npy --json").json()
    let recall = try #require(report["recall"] as? [String: [String: Double]])
    #expect(recall["u"]?["1"] == 1 && recall["v"]?["1"] == 1)
    #expect(report["groups"] as? Int == 50)
  }

  /// A file of groups moves with the data, or stays: either way only the pairs that were kept are evaluated.
  @Test func `moved data with groups in a file are known again`() throws {
    let u = Tensor.normal([60, 3], key: Key(0))
    try save(u, "u.npy")
    try save(u, "v.npy")
    try save(Tensor((0..<60).map { $0 / 3 }), "groups.npy")
    #expect(
      try couplet("train --u u.npy --v v.npy --groups groups.npy --epochs 2 --out run -q").status
        == 0)
    let before = try couplet("evaluate run --json").json() as NSDictionary
    for name in ["u", "v", "groups"] {
      try FileManager.default.copyItem(
        atPath: "\(scratch.path)/\(name).npy", toPath: "\(scratch.path)/new-\(name).npy")
    }
    for groups in ["", "--groups new-groups.npy"] {
      let moved = try couplet("evaluate run --u new-u.npy --v new-v.npy \(groups) --json")
      #expect(try moved.json() as NSDictionary == before)
    }
    // Groups that have changed are refused, as data are.
    try save(Tensor((0..<60).map { $0 / 2 }), "groups.npy")
    let changed = try couplet("evaluate run")
    #expect(changed.status == 1 && changed.error.contains("groups.npy"))
  }

  @Test func `groups of a column of a table`() throws {
    var text = "image,x,y\n"
    for row in 0..<60 { text += "i\(row % 20),\(row * row % 7).5,\(row * 31 % 11).25\n" }
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/t.csv"))
    let result = try couplet(
      "train --u t.csv:x --v t.csv:y --space u=real,v=real --groups image --epochs 2 --out run -q")
    #expect(result.status == 0, "\(result.error)")
    let parts = try ["training", "test"].map {
      Set(try rows("run/split/\($0).npy").map { $0 % 20 })
    }
    #expect(parts[0].isDisjoint(with: parts[1]))
    let wrong = try couplet("train --u t.csv:x --v t.csv:y --groups nothing --out none")
    #expect(wrong.status == 64 && wrong.error.contains("there is no file 'nothing', and no column"))
  }

  /// Data of another content are refused by name, wherever they lie; the same content passes.
  @Test func `changed data are refused and moved data pass`() throws {
    let u = Tensor.normal([80, 3], key: Key(0))
    try save(u, "u.npy")
    try save(u + 0.1, "v.npy")
    let train = "train --u u.npy --v v.npy --epochs 4 --out run -q"
    #expect(try couplet(train).status == 0)
    let before = try couplet("evaluate run --json").json() as NSDictionary
    try save(u + 0.2, "v.npy")
    for line in ["evaluate run", "train --resume --out run", "retrieve run --of u --given 0"] {
      let result = try couplet(line)
      #expect(result.status == 1, "\(line)")
      #expect(
        result.error.contains("the file has changed since the run began, \(scratch.path)/v.npy"))
    }
    try FileManager.default.createDirectory(
      atPath: "\(scratch.path)/new", withIntermediateDirectories: true)
    try save(u, "new/a.npy")
    try save(u + 0.1, "new/b.npy")
    let moved = try couplet("evaluate run --u new/a.npy --v new/b.npy --json")
    #expect(try moved.json() as NSDictionary == before)
    #expect(moved.error.contains("only the pairs that it kept"))
    #expect(try couplet("train --resume --u new/a.npy --v new/b.npy --out run -q").status == 0)
    // Other data are others, however many rows they have.
    let other = try couplet("evaluate run --u new/b.npy --v new/a.npy --json").json()
    #expect(other["pairs"] as? Int == 80)
    // All of the files, on request, where the run began so.
    try save(u + 0.1, "v.npy")
    #expect(try couplet("evaluate run -q").status == 0)
    #expect(try couplet("evaluate run --verify").error.contains("train with --verify"))
    #expect(try couplet("train --u u.npy --v v.npy --epochs 1 --verify --out whole -q").status == 0)
    #expect(try couplet("evaluate whole --verify -q").status == 0)
  }

  /// Answers name rows of the files, not of a part that nobody sees.
  @Test func `answers name the rows of the files`() throws {
    let u = Tensor.normal([100, 4], key: Key(0))
    try save(u, "u.npy")
    try save(u, "v.npy")
    let train =
      "train --u u.npy --v v.npy --tilting squared-distance --temperature 0.01 --epochs 300 --out run -q"
    #expect(try couplet(train).status == 0)
    let test = try rows("run/split/test.npy")
    #expect(test.count == 10)
    for row in test.prefix(3) {
      let answer = try couplet("retrieve run --of u --given \(row) -k 10 --json -q").json()
      let results = try #require(answer["results"] as? [[String: Any]])
      let matches = try #require(results.first?["matches"] as? [[String: Any]])
      #expect(matches.first?["index"] as? Int == row)
      #expect(Set(matches.compactMap { $0["index"] as? Int }) == Set(test))
    }
    let known = try couplet("retrieve run --of u --given \(try rows("run/split/training.npy")[0])")
    #expect(known.status == 0 && known.error.contains("was trained on"))
    let wrong = try couplet("retrieve run --of u --given 100")
    #expect(wrong.status == 64 && wrong.error.contains("give a row from 0 to 99"))
    // A missing file of data is no fault of --given.
    try FileManager.default.removeItem(atPath: "\(scratch.path)/u.npy")
    let missing = try couplet("retrieve run --of u --given 0")
    #expect(
      missing.status == 1 && missing.error.contains("u.npy") && !missing.error.contains("--given"))
  }

  /// Copies of one candidate are one, with their weights together.
  @Test func `copies fill one place of a list`() throws {
    let u = Tensor.normal([40, 3], key: Key(0))
    try save(u, "u.npy")
    try save(u, "v.npy")
    #expect(try couplet("train --u u.npy --v v.npy --epochs 3 --out run -q").status == 0)
    try save(u.indexSelect(Tensor([5, 5, 5, 7, 9])), "gallery.npy")
    let answer = try couplet("retrieve run --of u --given 1 --gallery gallery.npy --json -q").json()
    #expect(answer["candidates"] as? Int == 3)
    let results = try #require(answer["results"] as? [[String: Any]])
    let matches = try #require(results.first?["matches"] as? [[String: Any]])
    #expect(Set(matches.compactMap { $0["index"] as? Int }) == [0, 3, 4])
    let weights = matches.compactMap { $0["weight"] as? Double }
    #expect(abs(weights.reduce(0, +) - 1) < 1e-12)
    // The same law as over all five, copies apart.
    try save(u.indexSelect(Tensor([5, 7, 9])), "three.npy")
    let log3 = Tensor([3.0, 1, 1]).log()
    try save(log3, "prior.npy")
    let same = try couplet(
      "retrieve run --of u --given 1 --gallery three.npy --prior prior.npy --json -q"
    ).json()
    let others = try #require(
      (same["results"] as? [[String: Any]])?.first?["matches"] as? [[String: Any]])
    for (one, other) in zip(weights, others.compactMap { $0["weight"] as? Double }) {
      #expect(abs(one - other) < 1e-12)
    }
  }

  @Test func `queries far outside are warned of`() throws {
    let u = Tensor.uniform([100, 5], key: Key(0))
    try save(u, "u.npy")
    try save(Tensor((0..<100).map { $0 % 2 }), "v.npy")
    #expect(
      try couplet("train --u u.npy --v v.npy --loss v-given-u --epochs 3 --out run -q").status == 0)
    try save(u * 255, "bytes.npy")
    #expect(try couplet("classify run --u bytes.npy").error.contains("lie far outside"))
    #expect(try !couplet("classify run --u u.npy").error.contains("lie far outside"))
  }

  @Test func `what single precision loses is said, and the remedy helps`() throws {
    let z = Tensor.normal([300, 2], key: Key(0), dtype: .float64)
    try save(z + 1e8, "u.npy")
    try save(z, "v.npy")
    let train = "train --u u.npy --v v.npy --encoder-v linear --epochs 3"
    let warned = try couplet("\(train) --encoder-u linear --out run")
    #expect(
      warned.error.contains("single precision loses")
        && warned.error.contains("--encoder-u linear:standardized"))
    let mended = try couplet("\(train) --encoder-u linear:standardized --out mended")
    #expect(mended.status == 0 && !mended.error.contains("single precision"))
  }

  @Test func `an unknown key of a configuration is named`() throws {
    let u = Tensor.normal([30, 3], key: Key(0))
    try save(u, "u.npy")
    #expect(try couplet("train --u u.npy --v u.npy --epochs 1 --out run -q").status == 0)
    let file = "\(scratch.path)/run/config.json"
    let text = try String(contentsOfFile: file, encoding: .utf8)
    for (change, key) in [
      ("\"epochs\"", "epoch"), ("\"encoder\"", "sides.encodr"),
    ] {
      let word = key.split(separator: ".").last.map(String.init) ?? ""
      let range = try #require(text.range(of: change))
      try text.replacingCharacters(in: range, with: "\"\(word)\": 3, \(change)")
        .write(toFile: file, atomically: true, encoding: .utf8)
      let result = try couplet("evaluate run")
      #expect(result.status == 1)
      #expect(
        result.error.contains("there is no setting '\(key)', run/config.json"), "\(result.error)")
    }
  }
}
