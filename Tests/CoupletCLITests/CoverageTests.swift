import Files
import Foundation
import Scratch
import Testing
import Torch

/// `retrieve --coverage` over test pairs and over labels.
struct CoverageTests {
  private struct Answer: Decodable {
    struct Result: Decodable {
      struct Match: Decodable {
        let index: Int
      }
      let matches: [Match]
    }
    let results: [Result]
    let validationPairs: Int
  }

  private func couplet(_ words: String, in scratch: Scratch) throws -> RunningCommand.Result {
    try RunningCommand.run(
      words.split(separator: " ").map(String.init), in: URL(filePath: scratch.path))
  }

  /// The answer about the run's test pairs, and their rows.
  private func answer(coverage: Double, in scratch: Scratch) throws -> (Answer, rows: [Int]) {
    let rows = try Npy.read(scratch.path + "/run/split/test.npy").integers(name: "test")
    let given = rows.map(String.init).joined(separator: ",")
    let result = try couplet(
      "retrieve run --of v --given \(given) --coverage \(coverage) --json -q", in: scratch)
    try #require(result.status == 0, "\(result.error)")
    return (try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8)), rows)
  }

  @Test func `sets hold the partner of test pairs`() throws {
    let scratch = try Scratch()
    let u = Tensor.normal([2_000, 3], key: Key(0))
    try Npy.write(u.numericArray, to: scratch.path + "/u.npy")
    let v = u + Tensor.normal([2_000, 3], key: Key(1)) * 0.7
    try Npy.write(v.numericArray, to: scratch.path + "/v.npy")
    let trained = try couplet(
      "train --u u.npy --v v.npy --encoder-u linear --encoder-v linear --validation 0.25 --held-out 0.25 --epochs 30 -q --out run",
      in: scratch)
    try #require(trained.status == 0, "\(trained.error)")
    for coverage in [0.5, 0.9] {
      let (answer, rows) = try answer(coverage: coverage, in: scratch)
      #expect(answer.validationPairs == 500 && answer.results.count == 500)
      let held = zip(rows, answer.results).count { row, result in
        result.matches.contains { $0.index == row }
      }
      // 500 pairs whose threshold comes from 500 others: the deviations of both add.
      let error = (2 * coverage * (1 - coverage) / 500).squareRoot()
      #expect(abs(Double(held) / 500 - coverage) < 3.5 * error, "\(held)")
      let sizes = answer.results.map(\.matches.count)
      #expect(sizes.reduce(0, +) < 500 * 250, "sets are no larger than they need be")
    }
    let refused = try couplet("retrieve run --of v --given 0 --coverage 0.9999", in: scratch)
    #expect(refused.status == 64)
    #expect(
      refused.error.contains("500 validation pairs cannot promise a coverage of 0.9999")
        && refused.error.contains("9999 validation pairs"), "\(refused.error)")
    let both = try couplet("retrieve run --of v --given 0 --coverage 0.9 --together", in: scratch)
    #expect(both.status == 64 && both.error.contains("exclude each other"))
    let best = try couplet("retrieve run --of v --given 0 --coverage 0.9 -k 3", in: scratch)
    #expect(best.status == 64 && best.error.contains("--k and --coverage exclude each other"))
    for fraction in ["0", "1", "-0.5", "nan"] {
      let none = try couplet("retrieve run --of v --given 0 --coverage=\(fraction)", in: scratch)
      #expect(none.status == 64 && none.error.contains("give a number above 0 and below 1"))
    }
  }

  @Test func `sets hold the label`() throws {
    let scratch = try Scratch()
    let labels = (0..<1_200).map { $0 % 4 }
    let centres = Tensor([0.0, 0, 2, 0, 0, 2, 2, 2], shape: [4, 2], dtype: .float32)
    let u = centres.indexSelect(Tensor(labels)) + Tensor.normal([1_200, 2], key: Key(3))
    try Npy.write(u.numericArray, to: scratch.path + "/u.npy")
    try Npy.write(Tensor(labels).numericArray, to: scratch.path + "/y.npy")
    let trained = try couplet(
      "train --u u.npy --v y.npy --encoder-u linear --encoder-v one-hot --tilting inner-product --validation 0.3 --held-out 0.3 --epochs 5 -q --out run",
      in: scratch)
    try #require(trained.status == 0, "\(trained.error)")
    let (answer, rows) = try answer(coverage: 0.8, in: scratch)
    let held = zip(rows, answer.results).count { row, result in
      result.matches.contains { $0.index == labels[row] }
    }
    let error = (2 * 0.8 * 0.2 / Double(rows.count)).squareRoot()
    #expect(abs(Double(held) / Double(rows.count) - 0.8) < 3.5 * error, "\(held) of \(rows.count)")
  }
}
