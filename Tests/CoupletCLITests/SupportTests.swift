import Files
import Foundation
import Scratch
import Testing
import Torch

/// Questions about samples that are unlike those of the training are answered with a warning, and others without.
struct SupportCommandTests {
  @Test func `strange queries and candidates are told`() throws {
    let scratch = try Scratch()
    let couplet = { (words: String) in
      try RunningCommand.run(
        words.split(separator: " ").map(String.init), in: URL(filePath: scratch.path))
    }
    func write(_ tensor: Tensor, _ name: String) throws {
      try Npy.write(tensor.numericArray, to: "\(scratch.path)/\(name).npy")
    }
    let mixing = Tensor.normal([6, 6], key: Key(9))
    func u(_ n: Int, _ key: UInt64) -> Tensor {
      Tensor.normal([n, 6], key: Key(key)).matmul(mixing)
    }
    let samples = u(900, 0)
    try write(samples, "u")
    try write(samples + Tensor.normal([900, 6], key: Key(1)) * 0.3, "v")
    let fresh = u(200, 2)
    try write(fresh, "fresh")
    try write(fresh * 8, "large")
    let trained = try couplet(
      "train --u u.npy --v v.npy --encoder-u mlp:16 --encoder-v mlp:16 --epochs 3 --batch 128 -q --out run"
    )
    try #require(trained.status == 0, "\(trained.error)")

    /// The levels of the answers, and what was warned of.
    func ask(_ question: String) throws -> (levels: [Double], warnings: String) {
      let result = try couplet("retrieve run --of v -k 1 --json \(question)")
      try #require(result.status == 0, "\(result.error)")
      let answer = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
      let results = try #require((answer as? [String: Any])?["results"] as? [[String: Any]])
      return (try results.map { try #require($0["supportLevel"] as? Double) }, result.error)
    }
    let usual = try ask("--given fresh.npy")
    // Of 200, one is expected below 0.005; more than six have a probability of 1e-4.
    #expect(usual.levels.count { $0 < 0.005 } <= 6)
    let strange = try ask("--given large.npy")
    #expect(strange.levels.count { $0 < 0.005 } > 190)
    #expect(strange.warnings.contains("the query is unlike what the run was trained on"))
    #expect(
      try !ask("--given fresh.npy --gallery fresh.npy").warnings.contains("of the candidates"))
    let gallery = try ask("--given fresh.npy --gallery large.npy")
    #expect(
      gallery.warnings.contains("% of the candidates are unlike the v"), "\(gallery.warnings)")

    // Weights that it was not made with.
    try FileManager.default.removeItem(atPath: scratch.path + "/run/support.safetensors")
    let without = try couplet("retrieve run --of v -k 1 --json --given large.npy")
    #expect(without.output.contains("\"supportLevel\":null"))
  }
}
