import CoupletCore
import Encoders
import Files
import Foundation

extension TrainedRun {
  /// Writes the model for PyTorch: weights by the names of a state dict, what the encoders are as JSON, and a Python
  /// file that builds the model from both and needs PyTorch alone.
  ///
  /// ```swift
  /// try TrainedRun("runs/own").export(to: "exported")
  /// // python3 -c 'from couplet_model import load; print(load().embed("u", rows))' in that folder
  /// ```
  /// - Parameter folder: made, or replaced when it holds an earlier export and nothing else.
  /// - Returns: the names of the files: the loader, what the encoders are, their weights, and networks from PyTorch that
  ///   they stand on.
  /// - Throws: `Failure` naming an encoder, a potential or a tilting that the loader does not know, or when the folder
  ///   cannot be written.
  @discardableResult
  public func export(to folder: String) throws -> [String] {
    let model = try PortableModel(self)
    let own = ["couplet_model.py", "model.json", "model.safetensors"]
    // Whatever an earlier export may have written, and what Python leaves beside it.
    let sides = coupling.modalities.flatMap { ["\($0).pt", "potential.\($0).pt"] }
    try AtomicDirectory.exchange(folder, holding: Set(own + sides + ["__pycache__"])) { folder in
      try AtomicFile.write(Data(PackageResources.couplet_model_py), to: "\(folder)/\(own[0])")
      try AtomicFile.write(model.description.indented(), to: "\(folder)/\(own[1])")
      try Safetensors(model.tensors).write(to: "\(folder)/\(own[2])")
      for (name, file) in model.networks {
        try MappedFile(file).withBytes { bytes in
          try AtomicFile.write(Data(bytes), to: "\(folder)/\(name)")
        }
      }
    }
    return own + model.networks.map(\.name)
  }
}

/// A coupling as the loader knows it.
struct PortableModel {
  /// The layout of `model.json`.
  static let format = 1
  /// The tiltings that the loader knows, besides pair scores.
  private static let tiltings = [Cosine().name, InnerProduct().name, SquaredDistance().name]

  /// `model.json`.
  private(set) var description = JSON.null
  /// The state dict.
  private(set) var tensors: [(name: String, tensor: Tensor)] = []
  /// Networks from PyTorch that encoders stand on: what each is called beside the loader, and where it lies.
  private(set) var networks: [(name: String, file: String)] = []

  init(_ run: TrainedRun) throws {
    let (coupling, settings) = (run.coupling, run.configuration)
    let tilting = coupling.tilting.pair.map { $0.corrected?.name } ?? coupling.tilting.name
    guard tilting.map(Self.tiltings.contains) ?? true else {
      throw Failure(
        "the tilting \(tilting ?? "") cannot be exported: the loader in Python does not know it",
        at: run.path, remedy: "use the run from Swift, or with couplet embed")
    }
    let sides = try coupling.sides.map { side in
      let own = settings[side.modality]
      let name = side.modality.name
      return JSON.object([
        .init("modality", .string(name)),
        .init("space", own.space.portable),
        .init("encoder", try add(side.encoder, "\(own.encoder)", as: name, of: run.path)),
        .init(
          "potential",
          try side.potential.map {
            try add(
              $0, own.potential?.description ?? "", as: "potential.\(name)", of: run.path)
          } ?? .null),
        .init("label_frequencies", own.labelFrequencies.map { .array($0) } ?? .null),
        .init(
          "label_weights",
          side.marginal.map { .array($0.to(.float64).array(Double.self)) } ?? .null),
      ])
    }
    let pair = coupling.network?.portable
    if let pair { add(pair, as: "pair") }
    let logarithm = coupling.temperature.parameters["logarithm"]
    if let logarithm { tensors.append((name: "log_temperature", tensor: logarithm)) }
    if let shift = coupling.shift { tensors.append((name: "shift", tensor: shift)) }
    description = .object([
      .init("format", .integer(Self.format)),
      .init("version", .string(settings.version)),
      .init("dimension", .integer(coupling.dimension)),
      .init("tilting", .optional(tilting)),
      .init("pair", pair?.json ?? .null),
      .init("temperature", .number(coupling.temperature.current)),
      .init("temperature_is_learned", .bool(logarithm != nil)),
      .init("shift_is_learned", .bool(coupling.shift != nil)),
      .init("loss", .string(settings.loss.description)),
      .init("sides", .array(sides)),
    ])
  }

  private mutating func add(_ part: PortableEncoder, as name: String) {
    tensors += part.tensors.map { (name: "\(name).\($0.name)", tensor: $0.tensor) }
    if let file = part.file { networks.append((name: "\(name).pt", file: file)) }
  }

  /// Takes in what an encoder has.
  /// - Throws: `Failure` naming it where the loader does not know it.
  private mutating func add(
    _ encoder: any SampleEncoder, _ text: String, as name: String, of run: String
  ) throws -> JSON {
    guard let part = encoder.portable else {
      throw Failure(
        "the encoder \(text) of \(name) cannot be exported: the loader in Python does not know it",
        at: run, remedy: "write its embeddings with couplet embed")
    }
    add(part, as: name)
    return part.json
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
