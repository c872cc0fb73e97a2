import CoupletCore
import Encoders
import Files
import Foundation

extension TrainedRun {
  /// The files that `export` writes: the loader, what the encoders are, and their weights.
  public static let exportedFiles = ["couplet_model.py", "model.json", "model.safetensors"]

  /// Writes the model for PyTorch: weights by the names of a state dict, what the encoders are as JSON, and a Python
  /// file that builds the model from both and needs PyTorch alone.
  ///
  /// ```swift
  /// try TrainedRun("runs/own").export(to: "exported")
  /// // python3 -c 'from couplet_model import load; print(load().embed("u", rows))' in that folder
  /// ```
  /// - Parameter folder: made, or replaced when it holds an earlier export and nothing else.
  /// - Throws: `Failure` naming an encoder, a potential or a tilting that the loader does not know, or when the folder
  ///   cannot be written.
  public func export(to folder: String) throws {
    let model = try PortableModel(self)
    try AtomicDirectory.exchange(folder, holding: Set(TrainedRun.exportedFiles + ["__pycache__"])) {
      folder in
      try AtomicFile.write(
        Data(PackageResources.couplet_model_py), to: "\(folder)/couplet_model.py")
      try AtomicFile.write(model.description.indented(), to: "\(folder)/model.json")
      try Safetensors(model.tensors).write(to: "\(folder)/model.safetensors")
    }
  }
}

/// A coupling as the loader knows it.
struct PortableModel {
  /// The layout of `model.json`.
  static let format = 1

  /// `model.json`.
  let description: JSON
  /// The state dict.
  let tensors: [(name: String, tensor: Tensor)]

  init(_ run: TrainedRun) throws {
    let (coupling, settings) = (run.coupling, run.configuration)
    let tilting = coupling.tilting.name
    guard [Cosine().name, InnerProduct().name, SquaredDistance().name].contains(tilting) else {
      throw Failure(
        "the tilting \(tilting) cannot be exported: the loader in Python does not know it",
        at: run.path, remedy: "use the run from Swift, or with couplet embed")
    }
    var tensors: [(name: String, tensor: Tensor)] = []
    func portable(_ encoder: any SampleEncoder, _ text: EncoderSettings?, as name: String) throws
      -> JSON
    {
      guard let portable = encoder.portable else {
        throw Failure(
          "the encoder \(text?.description ?? "\(type(of: encoder))") of \(name) cannot be exported: the loader in "
            + "Python does not know it", at: run.path,
          remedy: "write its embeddings with couplet embed")
      }
      tensors += portable.tensors.map { (name: "\(name).\($0.name)", tensor: $0.tensor) }
      return portable.json
    }
    let sides = try coupling.sides.map { side in
      let own = settings[side.modality]
      return JSON.object([
        .init("modality", .string(side.modality.name)),
        .init("space", own.space.portable),
        .init("encoder", try portable(side.encoder, own.encoder, as: side.modality.name)),
        .init(
          "potential",
          try side.potential.map {
            try portable($0, own.potential, as: "potential.\(side.modality.name)")
          } ?? .null),
        .init("label_frequencies", own.labelFrequencies.map { .array($0) } ?? .null),
        .init(
          "label_weights",
          side.marginal.map { .array($0.to(.float64).array(Double.self)) } ?? .null),
      ])
    }
    let logarithm = coupling.temperature.parameters["logarithm"]
    if let logarithm { tensors.append((name: "log_temperature", tensor: logarithm)) }
    if let shift = coupling.shift { tensors.append((name: "shift", tensor: shift)) }
    self.tensors = tensors
    description = .object([
      .init("format", .integer(Self.format)),
      .init("version", .string(settings.version)),
      .init("dimension", .integer(coupling.dimension)),
      .init("tilting", .string(tilting)),
      .init("temperature", .number(coupling.temperature.current)),
      .init("temperature_is_learned", .bool(logarithm != nil)),
      .init("shift_is_learned", .bool(coupling.shift != nil)),
      .init("loss", .string(settings.loss.description)),
      .init("sides", .array(sides)),
    ])
  }
}

extension SampleSpace {
  /// `{"kind": "real", "shape": […]}`, and likewise `image`; `{"kind": "labels", "names": […]}`; `{"kind": "text"}`.
  fileprivate var portable: JSON {
    switch self {
    case .real(let shape): ["kind": "real", "shape": .array(shape)]
    case .image(let shape): ["kind": "image", "shape": .array(shape)]
    case .labels(let labels): ["kind": "labels", "names": .array(labels.names.map(JSON.string))]
    case .text: ["kind": "text"]
    }
  }
}

extension JSON {
  /// The text with a line for each member, as people read it.
  fileprivate func indented() throws -> Data {
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return try JSONSerialization.data(
      withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
      + Data("\n".utf8)
  }
}
