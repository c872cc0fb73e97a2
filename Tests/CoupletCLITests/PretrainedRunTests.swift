import CoupletCore
import Files
import Foundation
import Testing

/// Runs with a network of PyTorch's as an encoder.
@Suite struct PretrainedRunTests {
  private let folder: ScratchFolder

  /// Images of 1 × 4 × 5 beside vectors that depend on them, and the network.
  init() throws {
    folder = try ScratchFolder()
    let latent = Tensor.normal([90, 20], key: Key(1))
    try Npy.write(latent.reshaped([90, 1, 4, 5]).numericArray, to: folder.path("u.npy"))
    try Npy.write(
      matmul(latent, .normal([20, 6], key: Key(2))).numericArray, to: folder.path("v.npy"))
    let fixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "EncodersTests/Fixtures/torchscript.pt")
    try FileManager.default.copyItem(
      at: fixture, to: URL(fileURLWithPath: folder.path("network.pt")))
  }

  private func couplet(_ line: String, status: Int32 = 0) throws -> RunningCommand.Result {
    let result = try RunningCommand.run(line, in: folder.url)
    #expect(result.status == status, "\(line): \(result.error)")
    return result
  }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
  }

  @Test(arguments: ["", ":train:standardized"])
  func `a resumed run is that of one go, and answers`(options: String) throws {
    let train =
      "train --u u.npy --v v.npy --encoder-u torchscript:network.pt\(options) --encoder-v linear --dimension 3 --batch 16 --keep last --quiet"
    _ = try couplet("\(train) --epochs 4 --out whole")
    _ = try couplet("\(train) --epochs 2 --out parts")
    _ = try couplet("train --resume --epochs 4 --out parts --quiet")
    #expect(try bytes("whole/model.safetensors") == bytes("parts/model.safetensors"))

    let report = try couplet("evaluate parts --json").json()
    #expect(report["recall"] != nil)
    _ = try couplet("retrieve parts --of v --given 3 -k 2")

    // The run is of this very network.
    var network = try bytes("network.pt")
    network[network.count / 2] ^= 1
    try network.write(to: URL(fileURLWithPath: folder.path("network.pt")))
    let refused = try couplet("evaluate parts", status: 1)
    #expect(
      refused.error.hasPrefix("couplet: error: the file has changed since the run began, ")
        && refused.error.hasSuffix("/network.pt — restore the file, or train anew\n"))
    #expect(refused.error.split(separator: "\n").count == 1)
  }
}
