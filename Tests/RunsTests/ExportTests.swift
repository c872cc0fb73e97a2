import CoupletCore
import Encoders
import Files
import Foundation
import Testing
import Training

@testable import Runs

/// Exported models, rebuilt in Python by the loader that lies beside them.
@Suite struct ExportTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Whether Python finds PyTorch where set-up unpacks it.
  private static let hasPyTorch = FileManager.default.fileExists(
    atPath: root.appending(path: ".deps/typing_extensions.py").path)

  /// For images of 1 × 4 × 5.
  private static let network = root.appending(
    path: "Tests/EncodersTests/Fixtures/torchscript.pt"
  ).path

  /// Every encoder with samples for it, an even number of them.
  private static let encoders: [(encoder: String, space: SampleSpace)] = {
    let vector = SampleSpace.real(shape: [6])
    let paths = SampleSpace.real(shape: [13, 2])
    return [
      ("linear", vector), ("linear:no-bias", .real(shape: [2, 3])),
      ("linear:identity", .real(shape: [4])), ("linear:standardized", vector),
      ("linear:scaled:whitened", vector), ("mlp:8", vector), ("mlp:8,7:relu:dropout=0.3", vector),
      ("mlp:8:tanh:whitened:normalized", .real(shape: [3, 2])),
      ("mlp:8:standardized:whitened", vector), ("mlp:8", .real(shape: [])),
      ("lenet", .real(shape: [16, 14])), ("lenet:scaled", .image(shape: [3, 14, 16])),
      ("cnn:width=4", .image(shape: [3, 20, 24])),
      ("cnn:width=3:dropout=0.2", .real(shape: [7, 70])),
      ("cnn:width=2:standardized", .image(shape: [1, 6, 5])), ("refined:normalized", vector),
      ("fixed", .real(shape: [2, 2])), ("fixed:standardized", .real(shape: [4])),
      ("transformer:width=8:depth=2:heads=2", paths),
      ("transformer:width=8:depth=1:heads=2:hidden=5:causal:pooling=all:patch=3", paths),
      (
        "transformer:width=8:depth=1:heads=4:pooling=attention:every=2:patch=2:velocities:waves=2:gated:standardized",
        paths
      ),
      ("transformer:width=8:depth=1:heads=2:bfloat16", paths),
      ("ngrams:buckets=64:hidden=6", .text),
      ("ngrams:sizes=2,9:buckets=50:hidden=6:dropout=0.1:normalized", .text),
      ("embedding", .labels(LabelSet(["cat", "dog", "7"]))), ("one-hot", .labels(count: 4)),
      ("one-hot:normalized", .labels(count: 4)), ("mlp:5:standardized", .real(shape: [3])),
      ("torchscript:\(network)", .real(shape: [1, 4, 5])),
      ("torchscript:\(network):train:standardized", .real(shape: [1, 4, 5])),
    ]
  }()

  /// N(0, 1), or texts and labels drawn alike; in double precision and far from 0 where the encoder standardises.
  private static func samples(_ space: SampleSpace, offset: Double, key: Key) -> Tensor {
    let count = 9
    switch space {
    case .real(let shape):
      let rows = Tensor.normal([count] + shape, key: key)
      return offset == 0 ? rows : rows.to(.float64) + offset
    case .image(let shape): return .uniform([count] + shape, key: key)
    case .labels(let labels):
      return Tensor(
        Tensor.uniform([count], key: key, dtype: .float64).array(Double.self).map {
          Int($0 * Double(labels.count))
        })
    case .text:
      return TextSamples.encoded(
        ["", "a", "two dogs", "größer", "two  dogs", "貓", "the the the the", "x\ty", "end"])
    }
  }

  /// A run whose weights are all drawn, none left at zero or one.
  private static func run(_ settings: RunConfiguration, _ pairs: PairedData, at path: String) throws
    -> TrainedRun
  {
    let coupling = try settings.coupling(training: pairs)
    withoutGradients {
      for (place, tensor) in coupling.parameters.tensors.enumerated() where tensor.requiresGradient
      {
        // As large as weights are drawn, so that embeddings stay of the order of 1.
        let fanIn = Double(tensor.count) / Double(tensor.shape.first ?? 1)
        let noise = Tensor.normal(tensor.shape, key: Key(UInt64(1000 + place)))
        tensor.copy(from: tensor + noise * (0.2 / fanIn.squareRoot()))
      }
    }
    let directory = try RunDirectory(creating: path)
    try directory.writeConfiguration(settings)
    try directory.saveModel(coupling)
    return try TrainedRun(path)
  }

  /// What the run answers about these samples, as the script expects it.
  private static func expected(_ run: TrainedRun, u: Tensor, v: Tensor) throws -> Safetensors {
    let coupling = run.coupling
    func weights(_ of: Modality, _ given: Tensor, _ candidates: Tensor) -> Tensor {
      stack(coupling.conditionals(of: of, given: given, among: candidates).map(\.weights))
    }
    var tensors = [
      (name: "u", tensor: u), (name: "v", tensor: v),
      (name: "embeddings of u", tensor: coupling.embed(.u, u).vectors),
      (name: "embeddings of v", tensor: coupling.embed(.v, v).vectors),
      (name: "scores", tensor: coupling.scores(u: u, v: v)),
      (name: "v given u", tensor: weights(.v, u, v)),
      (name: "u given v", tensor: weights(.u, v, u)),
    ]
    if run.space(.v).labels != nil {
      let gallery = try run.gallery(.v, of: { throw Failure("labels", remedy: "") }())
      let classifier = ZeroShotClassifier(
        coupling, labels: try gallery.candidates, logWeights: gallery.logWeights)
      tensors.append((name: "labels", tensor: classifier.probabilities(u)))
    }
    return Safetensors(tensors)
  }

  /// Exports a run of these settings, with what it answers beside.
  private static func export(
    _ name: String, _ scratch: Scratch, u: (String, SampleSpace), v: (String, SampleSpace),
    _ change: (inout RunConfiguration) throws -> Void
  ) throws {
    var settings = RunConfiguration(u: u.1, v: v.1)
    settings[.u].encoder = try EncoderSettings(u.0)
    settings[.v].encoder = try EncoderSettings(v.0)
    settings.dimension = settings[.u].encoder.impliedDimension(for: u.1) ?? 4
    (settings.temperature, settings.learnTemperature) = (0.4, false)
    if let labels = v.1.labels {
      settings[.v].labelFrequencies = (1...labels.count).map { Double($0) / 10 }
    }
    try change(&settings)
    func rows(_ side: (String, SampleSpace), _ seed: UInt64) -> Tensor {
      let encoder = try? EncoderSettings(side.0)
      return samples(side.1, offset: encoder?.needsStatistics == true ? 300 : 0, key: Key(seed))
    }
    let (rowsU, rowsV) = (rows(u, 1), rows(v, 2))
    let pairs = try PairedData(
      u: TensorSamples(rowsU, space: u.1), v: TensorSamples(rowsV, space: v.1))
    let run = try run(settings, pairs, at: "\(scratch.path)/runs/\(name)")
    try run.export(to: "\(scratch.path)/exports/\(name)")
    try expected(run, u: rowsU, v: rowsV)
      .write(to: "\(scratch.path)/exports/\(name)/expected.safetensors")
  }

  /// The largest error of each answer of each model, by the script.
  private static func errors(_ scratch: Scratch) throws -> [String: [String: Double]] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "python3", root.appending(path: "Tests/RunsTests/Fixtures/check_export.py").path,
      "\(scratch.path)/exports",
    ]
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["PYTHONPATH": root.appending(path: ".deps").path, "PYTHONDONTWRITEBYTECODE": "1"]
    ) { $1 }
    let (output, error) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, error)
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    let said = String(
      decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(said)")
    return try JSONDecoder().decode([String: [String: Double]].self, from: text)
  }

  private static func registerRefined() {
    EncoderRegistry.register("refined") { space, dimension, key in
      Refined(
        inputs: try space.requireShape()[0], dimension: dimension, hidden: 5, key: key)
    }
  }

  /// The loader computes in the run's own types by the same library, so that errors are those of rounding in another
  /// order.
  @Test(
    .enabled(
      if: hasPyTorch, "PyTorch's Python package lacks typing_extensions: run scripts/setup.sh"))
  func `embeddings, scores and probabilities are the same in Python`() throws {
    Self.registerRefined()
    let scratch = try Scratch()
    let tiltings = ["cosine", "inner-product", "squared-distance"]
    for place in stride(from: 0, to: Self.encoders.count, by: 2) {
      let (u, v) = (Self.encoders[place], Self.encoders[place + 1])
      for tilting in tiltings {
        let name = "\(u.encoder) of \(u.space), \(v.encoder) of \(v.space), \(tilting)"
          .replacing(Self.network, with: "FILE")
        try Self.export(name, scratch, u: u, v: v) { settings in
          settings.tilting = try TiltingSettings(tilting)
          settings.learnTemperature = place % 4 == 0
        }
      }
    }
    // Labels as v, with frequencies; potentials of every kind; a shift.
    let labels = SampleSpace.labels(LabelSet(["cat", "dog", "7"]))
    for tilting in tiltings {
      for loss in ["two-sided", "sigmoid"] {
        try Self.export(
          "labels with potentials, \(tilting), \(loss)", scratch,
          u: ("mlp:6", .real(shape: [6])), v: ("embedding", labels)
        ) { settings in
          settings.tilting = try TiltingSettings(tilting)
          settings.loss = try LossSettings(loss)
          settings[.u].potential = try EncoderSettings("quadratic:standardized")
          settings[.v].potential = try EncoderSettings("embedding")
        }
      }
    }
    for tilting in ["pair:width=16:blocks=2", "pair:width=8:blocks=0:correcting=cosine"] {
      try Self.export(
        tilting, scratch, u: ("fixed:standardized", .real(shape: [4])), v: ("embedding", labels)
      ) { settings in
        settings.tilting = try TiltingSettings(tilting)
        settings[.u].potential = try EncoderSettings("mlp:5")
      }
    }
    try Self.export(
      "labels as their own reference", scratch, u: ("linear", .real(shape: [2])),
      v: ("embedding", labels)
    ) { settings in
      settings[.v].reference = .labels
      settings.loss = try LossSettings("v-given-u")
    }
    let errors = try Self.errors(scratch)
    #expect(errors.count == 3 * Self.encoders.count / 2 + 9)
    for (name, answers) in errors {
      #expect(answers.count >= 6, "\(name)")
      for (answer, error) in answers { #expect(error < 1e-5, "\(name): \(answer)") }
    }
  }

  /// Writes nothing, and says which encoder it is.
  @Test func `an encoder that only this program has is refused by name`() throws {
    struct Own: SampleEncoder {
      let dimension = 4
      let parameters: Parameters = [:]
      func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor { input }
    }
    EncoderRegistry.register("own-of-export") { _, _, _ in Own() }
    let scratch = try Scratch()
    let failure = describe {
      try Self.export(
        "own", scratch, u: ("linear", .real(shape: [6])), v: ("own-of-export", .real(shape: [4]))
      ) { _ in }
    }
    #expect(
      failure
        == "the encoder own-of-export of v cannot be exported: the loader in Python does not know it — write its "
        + "embeddings with couplet embed")
    #expect(!FileManager.default.fileExists(atPath: scratch.path + "/exports"))
  }

  @Test func `an earlier export is replaced, and nothing else`() throws {
    let scratch = try Scratch()
    let space = SampleSpace.real(shape: [4])
    try Self.export("run", scratch, u: ("linear", space), v: ("linear", space)) { _ in }
    let run = try TrainedRun(scratch.path + "/runs/run")
    let folder = scratch.path + "/exports/run"
    // What the test put there is not the export's.
    #expect(
      describe { try run.export(to: folder) }
        == "the folder holds other files (expected.safetensors) — choose another folder")
    try FileManager.default.removeItem(atPath: folder + "/expected.safetensors")
    let files = try run.export(to: folder)
    #expect(files == ["couplet_model.py", "model.json", "model.safetensors"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == files)
  }
}
