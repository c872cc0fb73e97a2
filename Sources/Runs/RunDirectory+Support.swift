import CoupletCore
import Files
import Foundation
import Training

extension RunDirectory {
  private var supportFile: String { path + "/support.safetensors" }

  /// By which the weights are known again that the embeddings were made with.
  private func model() throws -> String { try FileChecksum.of(modelFile).text }

  /// Writes `support.safetensors`, beside the trained weights that it belongs to.
  /// - Throws: `Failure` when it cannot be written.
  public func write(_ support: Support) throws {
    try Safetensors(support.tensors, metadata: ["model": try model()]).write(to: supportFile)
  }

  /// The support of what the run was trained on; nil where it was not kept, or belongs to other weights.
  /// - Throws: `Failure` when the file is damaged.
  func readSupport(modalities: [Modality]) throws -> Support? {
    let files = FileManager.default
    guard files.fileExists(atPath: supportFile), files.fileExists(atPath: modelFile) else {
      return nil
    }
    let kept = try Safetensors.read(supportFile)
    guard kept.metadata["model"] == (try model()) else { return nil }
    return Support(try kept.tensors(), modalities: modalities)
  }
}
