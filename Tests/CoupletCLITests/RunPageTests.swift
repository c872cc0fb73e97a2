import CoupletCore
import Files
import Foundation
import RunPages
import Runs
import Testing
import Training

/// Pages of runs against the files of these runs, and those against what the command prints.
@Suite struct RunPageTests {
  private let folder: ScratchFolder

  init() throws { folder = try ScratchFolder() }

  private func couplet(_ line: String) throws -> RunningCommand.Result {
    let result = try RunningCommand.run(line, in: folder.url)
    #expect(result.status == 0, "\(result.error)")
    return result
  }

  private func page() throws -> String {
    try String(contentsOfFile: folder.path("run/report.html"), encoding: .utf8)
  }

  private func summary() throws -> RunSummary {
    try #require(RunSummary.read(RunDirectory(opening: folder.path("run"))))
  }

  /// The cells of the table that follows a heading or summary, row by row, in words.
  private func cells(after words: String, in html: String) throws -> [[String]] {
    let rest = try #require(html.range(of: ">\(words)<")).upperBound
    let body = try #require(html[rest...].firstMatch(of: /<tbody>([\s\S]*?)<\/tbody>/)).1
    return body.matches(of: /<tr>(.*?)<\/tr>/).map { row in
      row.1.matches(of: /<td[^>]*>([^<]*)<\/td>/).map { String($0.1) }
    }
  }

  @Test func `numbers of a page are those of the run's files, and these what evaluate prints`()
    throws
  {
    let latent = Tensor.normal([400, 2], key: Key(1))
    try Npy.write(latent.numericArray, to: folder.path("u.npy"))
    try Npy.write(
      (latent + .normal([400, 2], key: Key(3)) * 0.3).numericArray, to: folder.path("v.npy"))
    _ = try couplet(
      "train --data . --encoder-u linear --encoder-v linear --tilting inner-product --dimension 2 --epochs 4 --batch 64 --learning-rate 0.02 --held-out 0.25 --quiet --out run"
    )
    let (html, summary) = (try page(), try summary())
    #expect(summary.pairs == 100)
    let printed = try couplet("evaluate run --k 1,2,5,10,20,50 --json").json()
    let recall = try #require(printed["recall"] as? [String: [String: Double]])
    #expect(recall == summary.evaluation.recall)
    // Sums in another order.
    let loss = try #require(printed["loss"] as? Double)
    #expect(abs(loss - (summary.evaluation.loss ?? .nan)) < 1e-9)
    #expect(summary.chance?["10"] == 0.1)

    let shown = ["u", "v"].map { String(format: "%.3g", recall[$0]?["10"] ?? .nan) }
    #expect(html.contains("<b>\(shown[0]) · \(shown[1])</b><span>recall at 10, u · v</span>"))
    #expect(html.contains("Recall at 10 is \(shown[0]) for u and \(shown[1]) for v"))
    let metrics = try RunDirectory(opening: folder.path("run")).metrics()
    let epochs = try cells(after: "Every epoch", in: html)
    #expect(epochs.map { $0[2] } == metrics.map { String(format: "%.4g", $0.loss) })
    // The first answers of the first query, and their probabilities.
    let first = summary.examples[0]
    #expect(html.contains("<option>\(first.row): v given u</option>"))
    let answers = try #require(html.firstMatch(of: /<caption>The most probable v[\s\S]*?<\/table>/))
      .0
    for answer in first.answers {
      #expect(answers.contains(String(format: ">%.4g<", answer.probability)))
    }
    #expect(first.answers.reduce(0) { $0 + $1.probability } <= 1 + 1e-9)
  }

  @Test func `baselines and the best epoch on a page are those of the run's files`() throws {
    let latent = Tensor.normal([400, 3], key: Key(1))
    try Npy.write(latent.numericArray, to: folder.path("u.npy"))
    try Npy.write(
      (latent + .normal([400, 3], key: Key(3)) * 0.5).numericArray, to: folder.path("v.npy"))
    _ = try couplet(
      "train --data . --encoder-u mlp:32 --encoder-v mlp:32 --epochs 400 --patience 3 --evaluate-every 2 --learning-rate 0.01 --quiet --out run"
    )
    let html = try page()
    let directory = try RunDirectory(opening: folder.path("run"))
    let result = try #require(try directory.readResult())
    let metrics = try directory.metrics()
    for baseline in try #require(result.baselines) {
      let recalls = ["u", "v"].compactMap { baseline.test?.recall[$0]?["10"] }
        .map { String(format: "%.3g", $0) }
      #expect(html.contains("\(baseline.name) has \(recalls.joined(separator: " and "))"))
      let comparison = try #require(baseline.comparison(with: result))
      let values =
        "mean reciprocal rank \(String(format: "%.3g", comparison.own)) against \(String(format: "%.3g", comparison.other))"
      #expect(html.contains(values))
      #expect(html.contains("Better than \(baseline.name)") == comparison.isBetter)
    }
    // It stopped long before 400 epochs, and the figure marks the epoch that ranks best.
    let best = try #require(result.bestEpoch)
    func rank(_ epoch: EpochMetrics) -> Double {
      (epoch.heldOut?.meanReciprocalRank.values.reduce(0, +) ?? 0) / 2
    }
    let highest = try #require(metrics.map(rank).max())
    #expect(metrics.first { $0.epoch == best }.map(rank) == highest && metrics.count < 400)
    #expect(html.contains(">best, \(best)<"))
    #expect(
      html.contains(
        "Training stopped after epoch \(metrics.count) of at most 400; the model is epoch \(best),")
    )
    #expect(html.contains("\(metrics.count) of at most 400, of batches of 512"))
  }

  @Test func `a page of labels counts them, and says nothing of a direction that was not trained`()
    throws
  {
    let labels = (0..<300).map { $0 % 3 }
    let centres = Tensor([[0.0, 0], [4, 0], [0, 4]].flatMap { $0 }).reshaped([3, 2])
    let u = centres.indexSelect(Tensor(labels)) + .normal([300, 2], key: Key(5), dtype: .float64)
    try Npy.write(u.numericArray, to: folder.path("u.npy"))
    try Npy.write(NumericArray(labels, shape: [300]), to: folder.path("v.npy"))
    _ = try couplet(
      "train --data . --encoder-u mlp:16 --encoder-v one-hot --tilting inner-product --loss v-given-u --epochs 20 --batch 64 --learning-rate 0.01 --held-out 0.2 --quiet --out run"
    )
    let (html, summary) = (try page(), try summary())
    let confusion = try #require(summary.confusion)
    #expect(confusion.counts.joined().reduce(0, +) == 60)
    let right = (0..<3).reduce(0) { $0 + confusion.counts[$1][$1] }
    let accuracy = try #require(summary.evaluation.accuracy)
    #expect(abs(Double(right) / 60 - accuracy) < 1e-12)
    let table = try cells(after: "Labels", in: html)
    #expect(table.map { $0[1] } == (0..<3).map { "\(confusion.count($0))" })
    #expect(!html.contains("Conditionals of u given v"))
    #expect(!html.contains("u retrieved"))
  }

  @Test func `of several right answers a page says how high up all of them are`() throws {
    let latent = Tensor.normal([100, 2], key: Key(1)).indexSelect(Tensor((0..<400).map { $0 / 4 }))
    try Npy.write(latent.numericArray, to: folder.path("u.npy"))
    try Npy.write(
      (latent + .normal([400, 2], key: Key(3)) * 0.3).numericArray, to: folder.path("v.npy"))
    for (groups, isSaid) in [("--groups g.txt", true), ("--groups none", false)] {
      try Data((0..<400).map { "\($0 / 4)" }.joined(separator: "\n").utf8)
        .write(to: folder.url.appending(path: "g.txt"))
      try? FileManager.default.removeItem(at: folder.url.appending(path: "run"))
      _ = try couplet(
        "train --data . \(groups) --encoder-u linear --encoder-v linear --dimension 2 --epochs 4 --batch 64 --quiet --out run"
      )
      let (html, printed) = (try page(), try couplet("evaluate run --json").json())
      for (key, name) in [
        ("ndcg10", "nDCG at 10"), ("meanAveragePrecision", "mean average precision"),
      ] {
        let values = try #require(printed[key] as? [String: Double])
        let shown = ["u", "v"].map { String(format: "%.3g", values[$0] ?? .nan) }
        #expect(
          html.contains("<b>\(shown[0]) · \(shown[1])</b><span>\(name), u · v</span>") == isSaid,
          "\(name) \(shown)")
      }
    }
  }

  @Test func `images and texts are shown as they are, with nothing but the page's own script`()
    throws
  {
    let pixels = Tensor.uniform([120, 12, 12], key: Key(2))
    try Npy.write(pixels.numericArray, to: folder.path("u.npy"))
    let words = (0..<120).map { "a <b> & number \($0)" }.joined(separator: "\n")
    try Data(words.utf8).write(to: folder.url.appending(path: "v.txt"))
    _ = try couplet(
      "train --u u.npy --v v.txt --encoder-u mlp:8 --encoder-v ngrams:hidden=8 --epochs 2 --dimension 4 --held-out 0.3 --quiet --out run"
    )
    let html = try page()
    #expect(html.contains("<img src=\"data:image/png;base64,"))
    #expect(html.contains("a &lt;b&gt; &amp; number"))
    #expect(!html.contains("a <b>") && !html.contains("http"))
    #expect(html.matches(of: /<script/).count == 1)
  }
}
