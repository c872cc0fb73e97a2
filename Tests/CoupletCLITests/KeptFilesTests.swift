import Files
import Foundation
import Testing
import Torch

/// What a command reads, and what a run was trained on, is never written over.
@Suite struct KeptFilesTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    try folder.writePairs(60)
    let trained = try folder.run(
      "train --u u.npy --v v.npy --encoder-u linear --encoder-v linear --dimension 2 --epochs 1 --out run --quiet"
    )
    #expect(trained.status == 0, "\(trained.error)")
    try Npy.write(Tensor.normal([3, 2], key: Key(5)).numericArray, to: folder.path("new.npy"))
    try "a\n".write(toFile: folder.path("names.csv"), atomically: true, encoding: .utf8)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link.npy"), withDestinationPath: "new.npy")
  }

  @Test(arguments: [
    "sample run --of u --given new.npy --out new.npy",
    "sample run --of u --given new.npy --mean ./new.npy",
    "sample run --of u --given new.npy --out link.npy",
    "sample run --of u --given 0 --out x.npy --mean x.npy",
    "sample run --of u --given 0 --out u.npy", "sample run --of u --given 0 --covariance v.npy",
    "embed run --u new.npy --out new.npy", "embed run --u new.npy --out v.npy",
    "retrieve run --of u --given 0 --gallery new.npy --given-ids names.csv:a --out names.csv",
    "classify run --u new.npy --labels new.npy --ids names.csv --out names.csv",
  ])
  func refused(_ line: String) throws {
    let before = try contents()
    let result = try folder.run(line)
    #expect(result.status == 64 && result.error.contains("would be overwritten"), "\(result.error)")
    #expect(result.error.filter(\.isNewline).count == 1)
    #expect(try contents() == before)
  }

  @Test func otherFilesAreWrittenAnew() throws {
    for _ in 0..<2 {
      let result = try folder.run("embed run --u new.npy --out e.npy")
      #expect(result.status == 0, "\(result.error)")
    }
  }

  private func contents() throws -> [Data?] {
    ["u.npy", "v.npy", "new.npy", "names.csv", "x.npy"].map {
      FileManager.default.contents(atPath: folder.path($0))
    }
  }
}
