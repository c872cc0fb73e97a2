import CoupletCore
import Files
import Foundation
import Testing

@Suite struct ScoreTests {
  /// What Fixtures/make_score.py computed with NumPy.
  struct Case: Decodable {
    let tilting: String
    let temperature: Double
    let weights: [Double]
    let grouped: Bool
    let loss, clipLoss, mutualInformationBounds, medianRank, meanReciprocalRank: [String: Double]
    let recall: [String: [String: Double]]
  }

  private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "Fixtures")
  private static let files = [
    "--u", fixtures.appending(path: "score-u.npy").path, "--v",
    fixtures.appending(path: "score-v.npy").path,
  ]

  static func cases() throws -> [Case] {
    try JSONDecoder().decode(
      [Case].self, from: Data(contentsOf: fixtures.appending(path: "score.json")))
  }

  @Test("losses, bounds, recall and ranks are those of NumPy", arguments: 0..<5)
  func values(index: Int) throws {
    let expected = try Self.cases()[index]
    let groups =
      expected.grouped
      ? ["--groups", Self.fixtures.appending(path: "score-groups.npy").path]
      : ["--groups", "none"]
    let result = try RunningCommand.run(
      ["score"] + Self.files + groups + [
        "--tilting", expected.tilting, "--temperature", "\(expected.temperature)", "--weights",
        expected.weights.map { "\($0)" }.joined(separator: ","), "--json",
      ])
    #expect(result.status == 0, "\(result.error)")
    let found = try result.json()
    func compare(_ key: String, _ values: [String: Double], within tolerance: Double) throws {
      let object = try #require(found[key] as? [String: Any])
      for (name, value) in values {
        let number = try #require(object[name] as? Double, "\(key) \(name)")
        #expect(abs(number - value) <= tolerance, "\(key) \(name): \(number), not \(value)")
      }
    }
    // Both in double precision; squared distances cancel to about 1e-13 of scores of order 100.
    try compare("loss", expected.loss, within: 1e-10)
    try compare("clipLoss", expected.clipLoss, within: 1e-10)
    try compare("mutualInformationBounds", expected.mutualInformationBounds, within: 1e-10)
    try compare("medianRank", expected.medianRank, within: 0)
    try compare("meanReciprocalRank", expected.meanReciprocalRank, within: 1e-14)
    #expect(found["recall"] as? [String: [String: Double]] == expected.recall)
    #expect(found["pairs"] as? Int == 1000)
    let names = ["mutualInformation", "calibration", "medianEffectiveSampleSize"]
    #expect(names.allSatisfy { found[$0] is [String: Any] })
  }

  @Test("for people, and the figures")
  func text() throws {
    let folder = try ScratchFolder()
    let report = folder.path("report.html")
    let result = try RunningCommand.run(
      ["score"] + Self.files + ["--temperature", "0.07", "--groups", "none", "--report", report])
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.hasPrefix("1000 pairs of dimension 16, cosine, temperature 0.07\n"))
    #expect(result.output.contains("loss (two-sided)  -3.056 (CLIP 3.852)\n"))
    #expect(result.output.contains("u retrieved: recall @1 0.338  @5 0.596  @10 0.677"))
    let html = try String(contentsOfFile: report, encoding: .utf8)
    #expect(html.contains("Mutual information") && html.contains("Calibration"))
  }

  @Test("scores that are all alike are no worse than a constant one")
  func constant() throws {
    let folder = try ScratchFolder()
    try Npy.write(Tensor.ones([60, 2]).numericArray, to: folder.path("one.npy"))
    let result = try folder.run("score --u one.npy --v one.npy --groups none")
    #expect(result.status == 0 && !result.error.contains("below 0"), "\(result.error)")
    let page = try folder.run("score --u one.npy --v one.npy --report one.npy")
    #expect(page.status == 64 && page.error.contains("does not end in .html"), "\(page.error)")
  }

  @Test("input that makes no sense is explained in one line")
  func wrong() throws {
    let folder = try ScratchFolder()
    func array(_ name: String, _ tensor: Tensor) throws -> String {
      try Npy.write(tensor.numericArray, to: folder.path(name))
      return folder.path(name)
    }
    let (five, six) = (try array("5.npy", .ones([5, 2])), try array("6.npy", .ones([6, 2])))
    let flat = try array("flat.npy", .arange(5))
    let fourth = try array("4.npy", .arange(4))
    let one = try array("one.npy", .ones([1, 2]))
    let bad = try array("bad.npy", Tensor([1, .nan], shape: [1, 2]))
    let huge = try array("huge.npy", .full([5, 2], 1e200, dtype: .float64))
    let cases: [([String], Int32, String)] = [
      (
        ["--u", five, "--v", six], 1,
        "5 samples of u, but 6 of v in \(six), \(five) — give as many rows of each: row i of one belongs to row i of the others"
      ),
      (
        ["--u", flat, "--v", five], 1,
        "an array of shape [5] holds no embeddings, \(flat) — give two axes: one row for each sample"
      ),
      (["--u", one, "--v", one], 1, "there is one pair only, \(one) — give at least two"),
      (
        ["--u", bad, "--v", bad], 1,
        "the value is missing (NaN), \(bad) (row 0, column 1) — leave such rows out or fill the gaps: --missing drop, mean or mask"
      ),
      (
        ["--u", huge, "--v", huge, "--tilting", "inner-product"], 1,
        "scores overflow at the temperature 1.0, --temperature — raise it, or scale the embeddings down"
      ),
      (
        ["--u", five, "--v", five, "--weights", "0,0"], 64,
        "both weights are 0, --weights — give one above 0"
      ),
      (
        ["--u", five, "--v", five, "--groups", six], 1,
        "samples of shape 2 are no labels, \(six) — give one label a sample: one column, or an array of shape (N,) or (N, 1)"
      ),
      (
        ["--u", five, "--v", five, "--groups", fourth], 1,
        "4 groups for 5 pairs, \(fourth) — give one value for each pair"
      ),
      (
        ["--u", five, "--v", five, "--groups", "image"], 64,
        "there is no file 'image', and no column of that name in \(five) or \(five), --groups — give a file with a value for each pair, the name of a column, or none"
      ),
      (
        ["--u", five, "--v", five, "--tilting", "cosin"], 64,
        "unknown tilting 'cosin', --tilting — use one of cosine, inner-product, squared-distance, pair; did you mean cosine?"
      ),
    ]
    for (words, status, message) in cases {
      let result = try RunningCommand.run(["score"] + words)
      #expect(result.status == status, "\(words)")
      #expect(result.error == "couplet: error: \(message)\n")
      #expect(result.output.isEmpty)
    }
  }

  @Test("identical embeddings and rows of zeros are answered, not trapped on")
  func degenerate() throws {
    let folder = try ScratchFolder()
    let path = folder.path("zeros.npy")
    try Npy.write(Tensor.zeros([4, 3]).numericArray, to: path)
    for tilting in ["cosine", "inner-product", "squared-distance"] {
      let result = try RunningCommand.run(
        ["score", "--u", path, "--v", path, "--tilting", tilting, "--json"])
      #expect(result.status == 0, "\(result.error)")
      let found = try result.json()
      // A constant score says nothing, and every rank is the last: ties count against the model.
      let loss = try #require(found["loss"] as? [String: Double])
      #expect(loss.values.allSatisfy { abs($0) < 1e-12 })
      #expect(found["medianRank"] as? [String: Double] == ["u": 4, "v": 4])
    }
  }
}
