import CoupletCore
import Files
import Foundation
import Testing

/// Embeddings that are written, against the scores of the run that they come from.
@Suite struct EmbedTests {
  private let folder: ScratchFolder

  init() throws {
    folder = try ScratchFolder()
    let latent = Tensor.normal([120, 2], key: Key(1))
    try Npy.write(
      matmul(latent, .normal([2, 5], key: Key(2))).numericArray, to: folder.path("u.npy"))
    try Npy.write(
      (latent + .normal([120, 2], key: Key(3)) * 0.3).numericArray, to: folder.path("v.npy"))
  }

  private func couplet(_ line: String, status: Int32 = 0) throws -> RunningCommand.Result {
    let result = try RunningCommand.run(line, in: folder.url)
    #expect(result.status == status, "\(result.error)")
    return result
  }

  private func train(_ tilting: String) throws {
    _ = try couplet(
      "train --u u.npy --v v.npy --encoder-u linear --encoder-v linear --tilting \(tilting) --temperature 0.5 --dimension 3 --epochs 2 --quiet --out run"
    )
  }

  private func tensor(_ name: String) throws -> Tensor { try Tensor(Npy.read(folder.path(name))) }

  @Test(arguments: [("inner-product", ""), ("cosine", "--normalize ")])
  func `scores are inner products of what is written, over the temperature`(
    tilting: String, option: String
  ) throws {
    try train(tilting)
    let printed = try couplet("embed run --u u.npy \(option)--out eu.npy --json").json()
    #expect(printed["samples"] as? Int == 120 && printed["dimension"] as? Int == 3)
    _ = try couplet("embed run --v v.npy \(option)--out ev.npy --quiet")
    let (eu, ev) = (try tensor("eu.npy"), try tensor("ev.npy"))
    #expect(eu.shape == [120, 3] && eu.dtype == .float32)
    // ν(v | u) of row 7 among all v, by the softmax of the scores.
    let scores = matmul(eu[7..<8].to(.float64), ev.to(.float64).T) / 0.5
    let weights = scores.softmax(dim: 1).array(Double.self)
    let given = try couplet(
      "retrieve run --of v --given u.npy --gallery v.npy -k 1 --json"
    ).json()
    let answers = try #require(
      given["results"] as? [[String: Any]] ?? given["answers"] as? [[String: Any]])
    let best = try #require((answers[7]["matches"] as? [[String: Any]])?.first)
    let index = try #require(best["index"] as? Int)
    #expect(abs(weights[index] - (try #require(best["weight"] as? Double))) < 1e-5)
  }

  @Test(arguments: ["inner-product", "cosine", "squared-distance"])
  func `coordinates in canonical order give the same scores, and are cut from the end`(
    tilting: String
  ) throws {
    try train(tilting)
    for side in ["u", "v"] {
      _ = try couplet("embed run --\(side) \(side).npy --out \(side)0.npy --quiet")
      _ = try couplet("embed run --\(side) \(side).npy --dims 3 --out \(side)3.npy --quiet")
      _ = try couplet("embed run --\(side) \(side).npy --dims 2 --out \(side)2.npy --quiet")
      #expect(
        try tensor("\(side)2.npy").array(Float.self)
          == tensor("\(side)3.npy").narrow(dim: 1, 0..<2).array(Float.self))
    }
    let factors = try ["0", "3"].map { name in
      try Tiltings.named(tilting).factors(
        tensor("u\(name).npy").to(.float64), tensor("v\(name).npy").to(.float64),
        temperature: Tensor(1.0)
      ).matrix
    }
    // The files hold float32.
    let (error, largest): (Double, Double) = (
      (factors[0] - factors[1]).abs().max().item(), factors[0].abs().max().item()
    )
    #expect(error < 1e-5 * largest)
    let failed = try couplet("embed run --u u.npy --dims 4 --out e.npy", status: 64)
    #expect(failed.error.contains("3 coordinates"))
  }

  @Test func `what is missing or of another kind is wrong usage, and writes nothing`() throws {
    try train("inner-product")
    for line in [
      "embed run --out e.npy", "embed run --u u.npy --v v.npy --out e.npy",
      "embed run --u u.npy --out e.txt",
    ] {
      let result = try couplet(line, status: 64)
      #expect(result.error.split(separator: "\n").count == 1)
    }
    #expect(!FileManager.default.fileExists(atPath: folder.path("e.npy")))
  }
}
