import CoupletCore
import Files
import Foundation

/// What a run needs to go on as if it had never stopped: weights, the optimiser's memory, the queues of
/// past embeddings, the position.
enum Checkpoint {
  static func save(
    _ coupling: Coupling, _ optimizer: any Optimizer, _ references: References,
    _ position: TrainingPosition, to folder: String
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    try AtomicDirectory.write(to: folder) { partial in
      try Safetensors(coupling.savedTensors).write(to: partial + "/model.safetensors")
      try Safetensors(optimizer.state).write(to: partial + "/optimizer.safetensors")
      try Safetensors(references.state).write(to: partial + "/queue.safetensors")
      try AtomicFile.write(try encoder.encode(position), to: partial + "/position.json")
    }
  }

  /// Brings coupling and optimiser back; nil when there is no checkpoint.
  static func restore(
    _ coupling: Coupling, _ optimizer: any Optimizer, _ references: References,
    from folder: String
  ) throws -> TrainingPosition? {
    guard let folder = try AtomicDirectory.open(folder) else { return nil }
    let (model, memory) = (folder + "/model.safetensors", folder + "/optimizer.safetensors")
    let place = folder + "/position.json"
    let data = try WholeFile.read(place)
    guard let position = try? JSONDecoder().decode(TrainingPosition.self, from: data),
      position.isSound
    else {
      throw Failure(
        "cannot be read as a training position", at: place,
        remedy: "remove the folder checkpoint to start over")
    }
    try coupling.load(try Safetensors.read(model).tensors(), from: model)
    try optimizer.restore(try Safetensors.read(memory).tensors(), from: memory)
    let queue = folder + "/queue.safetensors"
    try references.restore(
      try Safetensors.read(queue).tensors(), dimension: coupling.dimension, from: queue)
    return position
  }
}
