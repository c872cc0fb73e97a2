import Files
import Foundation
import Scratch
import Testing
import Torch

/// A gallery whose embeddings are kept in a file answers as the gallery itself, and is refused where it is another's.
struct GalleryIndexTests {
  private func couplet(_ words: String, in scratch: Scratch) throws -> RunningCommand.Result {
    try RunningCommand.run(
      words.split(separator: " ").map(String.init), in: URL(filePath: scratch.path))
  }

  private func prepared() throws -> Scratch {
    let scratch = try Scratch()
    let v = Tensor.normal([300, 4], key: Key(0))
    let u = v + Tensor.normal([300, 4], key: Key(1)) * 0.5
    try Npy.write(u.numericArray, to: scratch.path + "/u.npy")
    try Npy.write(v.numericArray, to: scratch.path + "/v.npy")
    // A gallery with copies, which are one candidate.
    try Npy.write(cat([v[0..<50], u, u[0..<20]]).numericArray, to: scratch.path + "/all.npy")
    for (run, seed) in [("run", 0), ("other", 1)] {
      let result = try couplet(
        "train --u u.npy --v v.npy --encoder-u linear --encoder-v linear --potential-u linear "
          + "--tilting inner-product --dimension 3 --epochs 2 --seed \(seed) -q --out \(run)",
        in: scratch)
      try #require(result.status == 0, "\(result.error)")
    }
    return scratch
  }

  @Test func `answers are those of the gallery`() throws {
    let scratch = try prepared()
    for question in ["--of u --given v.npy --gallery all.npy", "--of v --given u.npy"] {
      let plain = try couplet("retrieve run \(question) -k 4 --json -q", in: scratch)
      #expect(plain.status == 0, "\(plain.error)")
      for round in 0..<2 {
        let kept = try couplet(
          "retrieve run \(question) -k 4 --json --gallery-index kept\(question.count)", in: scratch)
        #expect(kept.output == plain.output)
        #expect(kept.error.contains("the embeddings of") == (round == 0), "\(kept.error)")
      }
    }
  }

  @Test func `what does not fit is refused in one line`() throws {
    let scratch = try prepared()
    let ask = "retrieve run --of u --given v.npy --gallery all.npy -q --gallery-index kept"
    #expect(try couplet(ask, in: scratch).status == 0)
    func refused(_ command: String, _ what: String, status: Int32 = 1) throws {
      let result = try couplet(command, in: scratch)
      #expect(result.status == status && result.output.isEmpty)
      #expect(result.error.contains(what), "\(result.error)")
      #expect(result.error.split(separator: "\n").count == 1)
    }
    try refused(
      ask.replacing("run", with: "other"),
      "it was made by another run, or before the run was trained further, kept")
    try refused(ask.replacing("all.npy", with: "u.npy"), "the gallery is not the one")
    try refused(
      ask.replacing("of u", with: "of v").replacing("given v", with: "given u"),
      "it was made for u, kept")
    try refused(ask.replacing("kept", with: "all.npy"), "name one file", status: 64)
    try FileManager.default.copyItem(
      atPath: scratch.path + "/all.npy", toPath: scratch.path + "/odd.npy")
    try refused(ask.replacing("kept", with: "odd.npy"), "odd.npy")
    try refused(ask + " --prior u.npy", "exclude each other", status: 64)
    // Damaged within, so that one number is none.
    let index = try Safetensors.read(scratch.path + "/kept")
    let vectors = try index.array("vectors")
    var (numbers, broken) = (vectors.floats(), index)
    numbers[4] = .nan
    broken["vectors"] = NumericArray(numbers, shape: vectors.shape)
    try broken.write(to: scratch.path + "/broken")
    try refused(ask.replacing("kept", with: "broken"), "the index is damaged: the value is missing")
    try refused(ask.replacing("kept", with: "broken"), "remove the file to have it made anew")
    let file = scratch.path + "/kept"
    let whole = try Data(contentsOf: URL(filePath: file))
    for length in [0, 7, 200, whole.count - 1] {
      try whole.prefix(length).write(to: URL(filePath: file))
      try refused(ask, "kept")
    }
  }

  /// By someone else, into half the space: the scores are those of the rounded rows.
  @Test func `vectors in float16 are searched as they are`() throws {
    let scratch = try prepared()
    let ask = "retrieve run --of u --given v.npy --gallery all.npy --json -q -k 3 --gallery-index"
    #expect(try couplet("\(ask) kept", in: scratch).status == 0)
    let kept = try Safetensors.read(scratch.path + "/kept")
    let vectors = try kept.array("vectors")
    let halves = vectors.floats().map { Float16($0) }
    var (half, rounded) = (kept, kept)
    half["vectors"] = halves.withUnsafeBytes {
      NumericArray(elementType: .float16, shape: vectors.shape, bytes: Data($0))
    }
    rounded["vectors"] = NumericArray(halves.map { Float($0) }, shape: vectors.shape)
    try half.write(to: scratch.path + "/half")
    try rounded.write(to: scratch.path + "/rounded")
    let answer = try couplet("\(ask) half", in: scratch)
    #expect(answer.status == 0, "\(answer.error)")
    #expect(try answer.output == couplet("\(ask) rounded", in: scratch).output)
  }
}
