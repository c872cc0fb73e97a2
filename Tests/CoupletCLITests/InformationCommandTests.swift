import CoupletCore
import Files
import Foundation
import Testing
import Torch

/// `couplet information` from two files.
@Suite struct InformationCommandTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    try folder.writePairs(400)
  }

  @Test func twoFilesGiveAnAnswerWithItsReason() throws {
    let result = try folder.run(
      "information --u u.npy --v v.npy --steps 4 --folds 2 --json --quiet")
    #expect(result.status == 0, "\(result.error)")
    let found = try result.json()
    // Two correlations of √½: I = log 2.
    let interval = try #require(found["interval"] as? [Double])
    #expect(interval[0] < log(2) && log(2) < interval[1])
    #expect(found["method"] as? String == "gaussian" && found["claim"] as? String == "estimate")
    let estimates = try #require(found["estimates"] as? [[String: Any]])
    #expect(
      estimates.map { $0["method"] as? String } == [
        "gaussian", "gaussian-scores", "neighbours", "pair", "pair-info-nce", "pair-nwj",
        "separable", "separable-info-nce", "separable-nwj", "both", "both-info-nce", "both-nwj",
      ])
    let p = try #require((found["relation"] as? [String: Any])?["p"] as? Double)
    #expect(abs(p - 1.0 / 300) < 1e-12)
    let text = try folder.run("information --u u.npy --v v.npy --quick --quiet")
    #expect(text.output.hasPrefix("I(u; v) is 0."))
    #expect(text.output.contains("because the pairs look Gaussian"))
  }

  /// Column 1 of u is 3 in every row: the answer is that of column 0 alone.
  @Test func aConstantColumnTellsNothing() throws {
    let u = try Tensor(Npy.read(folder.path("u.npy")))
    let column = u.narrow(dim: 1, 0..<1)
    try Npy.write(column.contiguous().numericArray, to: folder.path("one.npy"))
    let both = cat([column, column * 0 + 3], dim: 1)
    try Npy.write(both.numericArray, to: folder.path("both.npy"))
    let answers = try ["one", "both"].map {
      try folder.run("information --u \($0).npy --v v.npy --quick --json -q").output
    }
    #expect(answers[0] == answers[1] && answers[0].contains(#""method":"gaussian""#))
  }

  @Test func whatIsNotKnownIsNotStated() throws {
    let copies = try folder.run("information --u u.npy --v u.npy --quick -q")
    #expect(!copies.output.contains("0 to 0"), "\(copies.output)")
    for option in ["--folds 2", "--steps 4"] {
      let idle = try folder.run("information --u u.npy --v v.npy --quick \(option)")
      #expect(idle.status == 64 && idle.error.contains("--quick learns no scores"))
    }
  }

  @Test func textsAreRefusedInOneLine() throws {
    let lines = (0..<400).map { "a thing number \($0)" }.joined(separator: "\n") + "\n"
    try lines.write(toFile: folder.path("v.txt"), atomically: true, encoding: .utf8)
    let result = try folder.run("information --u u.npy --v v.txt --quick")
    #expect(result.status == 1 && result.error.contains("the samples are texts"), "\(result.error)")
  }
}
