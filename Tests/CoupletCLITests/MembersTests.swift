import Files
import Foundation
import Testing
import Torch

/// `couplet train --members`, and several runs that answer as one.
@Suite struct MembersTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    try folder.writePairs(300, noise: 0.5)
  }

  private func bytes(_ file: String) throws -> Data {
    try Data(contentsOf: folder.url.appending(path: file))
  }

  private static let settings =
    "--u u.npy --v v.npy --encoder-u linear --encoder-v linear --dimension 2 --epochs 2 --batch 100 --quiet"

  @Test(
    "members share the parts of the pairs and nothing else that is drawn, and go on after an interruption"
  )
  func members() throws {
    let trained = try folder.run("train \(Self.settings) --members 3 --out three --json")
    #expect(trained.status == 0, "\(trained.error)")
    #expect((try trained.json()["members"] as? [Any])?.count == 3)
    #expect(try folder.run("train \(Self.settings) --out alone").status == 0)
    // The first is as a run alone; the others are not.
    func weights(_ run: String) throws -> [String: Tensor] {
      try Safetensors.read(folder.path("\(run)/model.safetensors")).tensors()
    }
    let alone = try weights("alone")
    for (run, isSame) in [("three/member-1", true), ("three/member-2", false)] {
      let other = try weights(run)
      #expect(
        alone.allSatisfy { name, tensor in
          tensor.array(Float.self) == other[name]?.array(Float.self)
        } == isSame, "\(run)")
    }
    #expect(try bytes("three/member-1/split/test.npy") == bytes("three/member-3/split/test.npy"))
    // A member that is gone is trained again, to the same weights.
    let before = try weights("three/member-3")
    try FileManager.default.removeItem(at: folder.url.appending(path: "three/member-3"))
    let early = try folder.run("sample three --of u --given 0 --out x.npy")
    #expect(early.status == 1 && early.error.contains("not all of 3 members"), "\(early.error)")
    let resumed = try folder.run("train --resume --out three --quiet")
    #expect(resumed.status == 0, "\(resumed.error)")
    let after = try weights("three/member-3")
    #expect(before.allSatisfy { $1.array(Float.self) == after[$0]?.array(Float.self) })
    for (line, status, words) in [
      ("train \(Self.settings) --members 3 --out three", 1, "already holds"),
      ("train \(Self.settings) --out three", 1, "already holds"),
      ("train --resume --members 4 --out three", 64, "there are to be 3 members"),
      (
        "evaluate three", 1,
        "several runs, and one is wanted, three — name one of them, as three/member-1"
      ),
    ] {
      let refused = try folder.run(line)
      #expect(
        refused.status == status && refused.error.contains(words), "\(line): \(refused.error)")
    }
  }

  @Test("members that are one model are warned of: a closed form that no epoch betters")
  func equals() throws {
    for (start, isSaid) in [("theory", true), ("random", false)] {
      let trained = try folder.run(
        """
        train --u u.npy --v v.npy --encoder-u linear --encoder-v linear --tilting inner-product --dimension 2 \
        --start \(start) --learning-rate 1 --epochs 1 --members 2 --out \(start)
        """)
      #expect(trained.status == 0, "\(trained.error)")
      let said = trained.error.matches(of: /all 2 members have the same weights/).count
      #expect(said == (isSaid ? 1 : 0), "\(trained.error)")
    }
  }

  @Test("several runs answer with the average of their conditionals; the same run twice, as once")
  func averages() throws {
    for (name, seed) in [("a", 1), ("b", 2)] {
      let trained = try folder.run(
        "train \(Self.settings) --tilting inner-product --seed \(seed) --out \(name)")
      #expect(trained.status == 0, "\(trained.error)")
    }
    try Npy.write(
      Tensor.normal([40, 2], key: Key(3)).numericArray, to: folder.path("gallery.npy"))
    func weights(_ runs: String, _ options: String = "") throws -> [[Int: Double]] {
      let found = try folder.run(
        "retrieve \(runs) --of u --given v.npy --gallery gallery.npy -k 40 --quiet --json \(options)"
      )
      #expect(found.status == 0, "\(found.error)")
      let results = try #require(try found.json()["results"] as? [[String: Any]])
      return try results.map { result in
        let matches = try #require(result["matches"] as? [[String: Any]])
        return Dictionary(
          uniqueKeysWithValues: try matches.map {
            (try #require($0["index"] as? Int), try #require($0["weight"] as? Double))
          })
      }
    }
    let (a, b) = (try weights("a"), try weights("b"))
    let both = try weights("a b")
    #expect(a.count == 300 && both.count == 300)
    // Scores of order 10 in single precision: weights are right to some 1e-5 of themselves.
    for row in [0, 17, 299] {
      for (index, weight) in both[row] {
        let mean = ((a[row][index] ?? 0) + (b[row][index] ?? 0)) / 2
        #expect(abs(weight - mean) < 1e-4 * mean + 1e-9)
      }
    }
    let twice = try weights("a a")
    for row in [0, 299] {
      for (index, weight) in twice[row] {
        #expect(abs(weight - (a[row][index] ?? 0)) < 1e-4 * weight + 1e-9)
      }
    }
    // Of several observations of one cause each run's scores add before laws are averaged.
    let together = try weights("a b", "--together")
    #expect(together.count == 1)
    // Draws of chains: the mean over both is that of theirs.
    func mean(_ runs: String) throws -> Tensor {
      let drawn = try folder.run(
        "sample \(runs) --of u --given 0 --method hmc --prior gaussian:0,1 --warm-up 60 --count 6400 --mean mean.npy --json"
      )
      #expect(drawn.status == 0, "\(drawn.error)")
      return try Tensor(Npy.read(folder.path("mean.npy"))).to(.float64)
    }
    let expected = (try mean("a") + mean("b")) / 2
    // Means of at least a thousand effective draws of deviation 1 a run: five errors of both.
    #expect((try mean("a b") - expected).abs().max().item() < 5 * (2.0 / 1000).squareRoot())
    for (line, words) in [
      ("retrieve a b --of u --given 0 --coverage 0.9", "it is of one run"),
      ("sample a b --of u --given 0 --method hmc --map m.npy", "one of one run"),
    ] {
      let refused = try folder.run(line)
      #expect(refused.status == 64 && refused.error.contains(words), "\(refused.error)")
    }
  }

  @Test("classes by the average of probabilities")
  func classes() throws {
    for (name, seed) in [("a", 1), ("b", 2)] {
      let trained = try folder.run("train \(Self.settings) --seed \(seed) --out \(name)")
      #expect(trained.status == 0, "\(trained.error)")
    }
    try Npy.write(Tensor.normal([3, 2], key: Key(4)).numericArray, to: folder.path("classes.npy"))
    func probabilities(_ runs: String) throws -> [[Double]] {
      let found = try folder.run("classify \(runs) --u u.npy --labels classes.npy --json --quiet")
      #expect(found.status == 0, "\(found.error)")
      return try #require(try found.json()["probabilities"] as? [[Double]])
    }
    let (a, b, both) = (try probabilities("a"), try probabilities("b"), try probabilities("a b"))
    for row in [0, 299] {
      for k in 0..<3 { #expect(abs(both[row][k] - (a[row][k] + b[row][k]) / 2) < 1e-12) }
    }
    try Npy.write(Tensor.normal([300, 3], key: Key(5)).numericArray, to: folder.path("w.npy"))
    let trained = try folder.run(
      "train --u w.npy --v v.npy --encoder-u linear --encoder-v linear --dimension 2 --epochs 1 --out other --quiet"
    )
    #expect(trained.status == 0, "\(trained.error)")
    let refused = try folder.run("classify a other --u u.npy --labels classes.npy")
    #expect(
      refused.status == 1 && refused.error.contains("of another kind or shape"), "\(refused.error)")
  }
}
