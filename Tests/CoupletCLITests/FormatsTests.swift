import CArrow
import Files
import Foundation
import Scratch
import Testing
import Torch

/// The same pairs in every format, written by the libraries that people use (`Fixtures/make_formats.py`), give every
/// command the same answer.
@Suite(.enabled(if: ca_is_built(), "built without Arrow"))
struct FormatsTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures/formats").path

  private static func name(_ file: String) -> String { "\(folder)/\(file)" }

  static let formats = [
    ("u-fortran.npy", "v-float32.npy"), ("pairs.npz:u", "pairs.npz:v"),
    ("pairs.safetensors:u", "pairs.safetensors:v"), ("pairs.csv:a1..a3", "pairs.csv:b*"),
    ("pairs.csv.gz:a1,a2,a3", "pairs.tsv:b1..b2"), ("pairs.parquet:a*", "pairs.feather:b*"),
    ("pairs.feather:#1..#3", "pairs.parquet:b1,b2"), ("pairs.nc:u", "pairs.nc:v"),
    ("pairs.h5:/group/u", "pairs.h5:/group/v"),
  ]

  /// What the commands answer, without what names files and counts time.
  private static func answers(_ u: String, _ v: String) throws -> [String] {
    let scratch = try Scratch()
    let labels = Tensor((0..<60).map { $0 % 3 }).numericArray
    try Npy.write(labels, to: "\(scratch.path)/labels.npy")
    let (u, v) = (name(u), name(v))
    return try [
      "train --u \(u) --v \(v) --epochs 2 --batch 16 --tilting inner-product --out run",
      "evaluate run", "evaluate run --u \(u) --v \(v)",
      "retrieve run --of v --given \(u) --gallery \(v) -k 3",
      "retrieve run --of u --given 17",
      "sample run --of u --given \(v) --gallery \(u) -n 2 --out draws.npy --mean mean.npy",
      "finetune run --u \(u) --v labels.npy --epochs 3 --out tuned", "evaluate tuned",
      "classify tuned --u \(u)", "score --u \(v) --v \(v)", "theory --u \(u) --v \(v) --rank 2",
    ].map { line in
      let result = try RunningCommand.run(
        (line + " --json -q").split(separator: " ").map(String.init),
        in: URL(fileURLWithPath: scratch.path))
      #expect(result.status == 0, "\(line): \(result.error)")
      let kept = try result.json().filter { !["seconds", "run"].contains($0.key) }
      return String(
        decoding: try JSONSerialization.data(withJSONObject: kept, options: .sortedKeys),
        as: UTF8.self)
    }
  }

  private static let expected = Result { try answers("u.npy", "v.npy") }

  @Test(arguments: formats)
  func `every format gives every command the same answer`(u: String, v: String) throws {
    let expected = try Self.expected.get()
    let found = try Self.answers(u, v)
    #expect(found.count == expected.count && expected.allSatisfy { $0.count > 20 })
    for (one, other) in zip(found, expected) { #expect(one == other) }
  }

  @Test func `a folder of images goes through every command that takes images`() throws {
    let scratch = try Scratch()
    let (u, v) = (Self.name("images"), Self.name("v.npy"))
    for line in [
      "train --u \(u) --v \(v) --epochs 2 --out run", "evaluate run",
      "retrieve run --of u --given \(v) --gallery \(u)", "retrieve run --of v --given \(u)",
      "sample run --of u --given 3 --out draws.png", "evaluate run --u \(u) --v \(v)",
    ] {
      let result = try RunningCommand.run(
        (line + " -q").split(separator: " ").map(String.init),
        in: URL(fileURLWithPath: scratch.path))
      #expect(result.status == 0, "\(line): \(result.error)")
    }
  }
}
