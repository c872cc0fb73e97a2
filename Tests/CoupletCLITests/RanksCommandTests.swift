import CoupletCore
import Files
import Foundation
import Scratch
import Testing

/// `mpirun -n P couplet evaluate`, `score` and `retrieve` against one process.
@Suite(.serialized) struct RanksCommandTests {
  private static var isPossible: Bool { MPIJob.mpirun != nil && Communicator.isBuiltIn }

  /// Pairs and a run that was trained on others.
  private func prepared() throws -> Scratch {
    let scratch = try Scratch()
    for (name, seed) in [("train", UInt64(1)), ("new", 2)] {
      let u = Tensor.normal([90, 3], key: Key(seed))
      let v = u + .normal([90, 3], key: Key(seed + 10)) * 0.4
      try scratch.npy("\(name)-u", u.numericArray)
      try scratch.npy("\(name)-v", v.numericArray)
    }
    let trained = try RunningCommand.run(
      "train --u train-u.npy --v train-v.npy --encoder-u mlp:8 --encoder-v mlp:8 --dimension 4 --tilting cosine --epochs 2 --out run",
      in: URL(filePath: scratch.path))
    try #require(trained.status == 0, "\(trained.error)")
    return scratch
  }

  /// The numbers of a text, in their order.
  private func numbers(_ text: String) -> [Double] {
    text.split { !"0123456789.+-eE".contains($0) }.compactMap { Double($0) }
  }

  private func requireSame(_ line: String, ranks: Int, _ folder: String) throws {
    let words = line.split(separator: " ").map(String.init)
    let folder = URL(filePath: folder)
    let one = try RunningCommand.run(words, in: folder)
    let many = try MPIJob.run(ranks, RunningCommand.executable, words, in: folder)
    #expect(one.status == 0 && many.status == 0, "\(one.error) \(many.error)")
    let (expected, found) = (numbers(one.output), numbers(many.output))
    // The first rank alone speaks: as many numbers, in one object.
    try #require(expected.count == found.count && !found.isEmpty, "\(many.output)")
    if line.contains("--json") {
      #expect((try? JSONSerialization.jsonObject(with: Data(many.output.utf8))) != nil)
    }
    // Sums in another order, in double precision.
    #expect(
      zip(expected, found).allSatisfy { abs($0 - $1) <= 1e-9 * max(1, abs($0)) }, "\(line)")
  }

  @Test(.enabled(if: isPossible, "needs MPI: scripts/setup.sh --mpi"))
  func commandsSayWhatOneProcessSays() throws {
    let scratch = try prepared()
    let folder = scratch.path
    try requireSame(
      "evaluate run --u new-u.npy --v new-v.npy --diagnostics --report page.html --json", ranks: 2,
      folder)
    #expect(FileManager.default.fileExists(atPath: "\(folder)/page.html"))
    try requireSame("score --u new-u.npy --v new-v.npy --json", ranks: 3, folder)
    // A gallery of one chunk: two ranks have no candidate.
    let question = "retrieve run --of u --given 0,1,2 --gallery new-u.npy"
    try requireSame("\(question) --json", ranks: 3, folder)
  }

  /// The first rank writes; the index that all made serves one process.
  @Test(.enabled(if: isPossible, "needs MPI: scripts/setup.sh --mpi"))
  func theFirstRankWrites() throws {
    let scratch = try prepared()
    let folder = URL(filePath: scratch.path)
    let question =
      "retrieve run --of u --given new-v.npy --gallery new-u.npy -k 3 --gallery-index new.index --out"
    let words = question.split(separator: " ").map(String.init)
    let many = try MPIJob.run(2, RunningCommand.executable, words + ["many.csv"], in: folder)
    #expect(many.status == 0, "\(many.error)")
    #expect(many.output.split(separator: "\n").count == 1)
    let one = try RunningCommand.run(words + ["one.csv"], in: folder)
    #expect(one.status == 0 && !one.error.contains("embeddings of"), "\(one.error)")
    func table(_ name: String) throws -> [Double] {
      numbers(try String(contentsOfFile: "\(scratch.path)/\(name)", encoding: .utf8))
    }
    let (expected, found) = (try table("one.csv"), try table("many.csv"))
    #expect(expected.count == found.count && expected.count > 90 * 3 * 4)
    #expect(zip(expected, found).allSatisfy { abs($0 - $1) <= 1e-9 })
  }

  /// What is wrong is said with the number of the rank, and all end.
  @Test(.enabled(if: isPossible, "needs MPI: scripts/setup.sh --mpi"))
  func whatIsWrongEndsAllRanks() throws {
    let scratch = try Scratch()
    let result = try MPIJob.run(
      2, RunningCommand.executable, ["evaluate", "nowhere", "--json"],
      in: URL(filePath: scratch.path))
    #expect(result.status != 0 && result.output.isEmpty)
    #expect(result.error.contains("couplet: rank 0: error: not a run"), "\(result.error)")
  }

  /// A folder of tables, which every rank decodes.
  @Test(.enabled(if: isPossible, "needs MPI: scripts/setup.sh --mpi"))
  func aFolderOfTablesIsRead() throws {
    let scratch = try Scratch()
    for part in 0..<2 {
      let rows = (0..<60).map { row in
        let x = Double((row * 37 + part * 11) % 61) / 61
        return "\(x),\(1 - x * x),\(x + 0.1 * Double(row % 7))"
      }
      try Folder.make("\(scratch.path)/parts")
      try scratch.bytes(
        "parts/\(part).csv", Data(("a,b,c\n" + rows.joined(separator: "\n") + "\n").utf8))
    }
    let words =
      "train --u parts:a,b --v parts:c --encoder-u linear --encoder-v linear --dimension 1 --epochs 2 --groups none --quiet --out"
      .split(separator: " ").map(String.init)
    let folder = URL(filePath: scratch.path)
    let many = try MPIJob.run(2, RunningCommand.executable, words + ["two"], in: folder)
    let one = try RunningCommand.run(words + ["one"], in: folder)
    #expect(many.status == 0 && one.status == 0, "\(many.error) \(one.error)")
    let losses = try ["one", "two"].map { run in
      numbers(
        String(
          try String(contentsOfFile: "\(scratch.path)/\(run)/metrics.jsonl", encoding: .utf8)
            .components(separatedBy: "\"loss\":").last ?? ""
        ).split(separator: ",")[0].description)
    }
    #expect(losses[0].count == 1 && abs(losses[0][0] - losses[1][0]) < 1e-4, "\(losses)")
  }
}
