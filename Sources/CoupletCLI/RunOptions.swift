import Arguments
import Couplet
import Datasets
import Encoders
import Files
import Foundation

/// The options of `couplet train` that describe a run, each declared once; together they become
/// a `RunConfiguration`.
enum RunOptions {
  static let data = Argument.option(
    "data", .text("SPEC"),
    "the pairs: mnist:DIR, gaussian-field:DIR, or a folder with u.npy and v.npy")
  static let u = Argument.option(
    "u", .file, "the samples of u as .npy, one a row; with --v, in place of --data")
  static let v = Argument.option("v", .file, "the samples of v; row i belongs to row i of u")
  static let heldOut = Argument.option(
    "held-out", .fraction, default: 0.1,
    "the part of the pairs kept for tests, where the data bring no test pairs")

  private static let encoderU = Argument.option(
    "encoder-u", encoder, shown: "linear, or one-hot for labels",
    "what maps u to its embedding: linear, mlp:512,256, lenet, embedding, one-hot or fixed")
  private static let encoderV = Argument.option(
    "encoder-v", encoder, shown: "linear, or one-hot for labels", "the same for v")
  private static let dimension = Argument.option(
    "dimension", .integer(in: 1...), shown: "64, or what an encoder implies",
    "the length of an embedding")
  private static let tilting = Argument.option(
    "tilting", .choice(Tiltings.all.map(\.name)), default: "cosine",
    "how two embeddings make a score")
  private static let temperature = Argument.option(
    "temperature", .positive(), shown: "1; with cosine learned from 0.07",
    "what scores are divided by")
  private static let learnTemperature = Argument.flag(
    "learn-temperature", "learn the temperature, from --temperature on")

  private static let loss = Argument.option(
    "loss", .choice(Losses.names), default: "two-sided", "what training makes small")
  private static let weights = Argument.option(
    "weights", .list(of: .nonNegative(), count: 2), shown: "1,1",
    "the weights of u-given-v and v-given-u in a two-sided loss")
  private static let referenceU = Argument.option(
    "reference-u", reference, default: .batch,
    "what u is contrasted with: batch, labels (all of them) or queue:N (N past embeddings)")
  private static let referenceV = Argument.option(
    "reference-v", reference, default: .batch, "the same for v")

  private static let optimizer = Argument.option(
    "optimizer", .choice(OptimizerSettings.names), default: "adam", "how the weights are changed")
  private static let learningRate = Argument.option(
    "learning-rate", .positive(), default: 1e-3, "the length of its steps")
  private static let weightDecay = Argument.option(
    "weight-decay", .nonNegative(), default: 0.01, "how fast weights shrink, with adamw")
  private static let momentum = Argument.option(
    "momentum", .fraction, default: 0.9, "the momentum of sgd")
  private static let schedule = Argument.option(
    "schedule", .choice(of: RunConfiguration.ScheduleName.self), default: .constant,
    "how the learning rate falls")
  private static let warmup = Argument.option(
    "warmup", .fraction, default: 0, "the part of the steps over which it first rises")
  private static let clip = Argument.option(
    "clip", .positive(), "the largest norm of a gradient; longer ones are shortened")
  private static let batch = Argument.option(
    "batch", .integer(in: 2...), default: 512, "pairs in a step")
  private static let chunk = Argument.option(
    "chunk", .integer(in: 1...),
    "encode at most so many rows at once: less memory, the same result")
  private static let epochs = Argument.option(
    "epochs", .integer(in: 1...), default: 20, "passes over the training pairs")
  private static let evaluateEvery = Argument.option(
    "evaluate-every", .integer(in: 1...), default: 1, "epochs between evaluations")

  static let groups: [Command.Group] = [
    .init(
      "Model", [encoderU, encoderV, dimension, tilting, temperature, learnTemperature]),
    .init("Loss", [loss, weights, referenceU, referenceV]),
    .init(
      "Optimisation",
      [
        epochs, batch, learningRate, optimizer, weightDecay, momentum, schedule, warmup, clip,
        chunk, evaluateEvery,
      ]),
  ]

  private static var encoder: ValueKind<EncoderSettings> {
    ValueKind("ENCODER") { try EncoderSettings($0) }
  }
  private static var reference: ValueKind<ReferenceSettings> {
    ValueKind("REFERENCE") { try ReferenceSettings($0) }
  }

  // MARK: Data

  /// Where the data come from, as given; nil when no option says so.
  static func source(_ arguments: ParsedArguments) throws -> DataSource? {
    switch (arguments[data], arguments[u], arguments[v]) {
    case (nil, nil, nil): return nil
    case (let spec?, nil, nil): return try DataSource(spec).absolute
    case (nil, let u?, let v?): return DataSource.files(u: u, v: v).absolute
    case (nil, _, _):
      throw UsageError("--u and --v go together", remedy: "give both, or --data")
    default:
      throw UsageError("--data and --u, --v exclude each other", remedy: "give one of them")
    }
  }

  // MARK: Settings

  /// The settings of a run on `data`: the options that are given, and for the others what `kept`
  /// says, or the defaults.
  static func configuration(
    _ arguments: ParsedArguments, seed: UInt64?, source: DataSource, data: Dataset,
    kept: RunConfiguration?
  ) throws -> RunConfiguration {
    func pick<Value>(_ option: Argument<Value>, _ path: KeyPath<RunConfiguration, Value>) -> Value {
      guard let kept, !arguments.isGiven(option) else { return arguments[option] }
      return kept[keyPath: path]
    }
    let encoders = (
      u: arguments[encoderU] ?? kept?.encoderU ?? .standard(for: data.u),
      v: arguments[encoderV] ?? kept?.encoderV ?? .standard(for: data.v)
    )
    let tilting = pick(tilting, \.tilting)
    // A temperature that is given is fixed, unless it is to be learned.
    let standard: (value: Double, learned: Bool) = tilting == "cosine" ? (0.07, true) : (1, false)
    let given = arguments.isGiven(temperature) || arguments.isGiven(learnTemperature)
    let names = source.names
    return RunConfiguration(
      data: names.data, u: names.u, v: names.v, heldOut: pick(heldOut, \.heldOut),
      encoderU: encoders.u, encoderV: encoders.v,
      dimension: arguments[dimension] ?? kept?.dimension
        ?? encoders.u.impliedDimension(for: data.u) ?? encoders.v.impliedDimension(for: data.v)
        ?? 64,
      tilting: tilting,
      temperature: arguments[temperature] ?? kept?.temperature ?? standard.value,
      learnTemperature: given
        ? arguments[learnTemperature] : kept?.learnTemperature ?? standard.learned,
      loss: pick(loss, \.loss), weights: pick(weights, \.weights),
      referenceU: pick(referenceU, \.referenceU), referenceV: pick(referenceV, \.referenceV),
      optimizer: pick(optimizer, \.optimizer), learningRate: pick(learningRate, \.learningRate),
      weightDecay: pick(weightDecay, \.weightDecay), momentum: pick(momentum, \.momentum),
      schedule: pick(schedule, \.schedule), warmup: pick(warmup, \.warmup),
      clip: pick(clip, \.clip),
      batch: pick(batch, \.batch), chunk: pick(chunk, \.chunk), epochs: pick(epochs, \.epochs),
      evaluateEvery: pick(evaluateEvery, \.evaluateEvery), seed: seed ?? kept?.seed ?? 0,
      spaceU: data.u, spaceV: data.v, labelFrequencies: data.labelFrequencies, version: version)
  }
}

extension EncoderSettings {
  /// The simplest encoder for a space.
  fileprivate static func standard(for space: SampleSpace) -> EncoderSettings {
    switch space {
    case .labels: EncoderSettings(.oneHot)
    case .real: EncoderSettings(.linear(bias: true))
    }
  }
}

extension DataSource {
  /// The same source from whatever folder a command is run in.
  fileprivate var absolute: DataSource {
    func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
    return switch self {
    case .mnist(let folder): .mnist(absolute(folder))
    case .gaussianField(let folder): .gaussianField(absolute(folder))
    case .folder(let folder): .folder(absolute(folder))
    case .files(let u, let v): .files(u: absolute(u), v: absolute(v))
    }
  }

  /// What `config.json` says of it.
  fileprivate var names: (data: String?, u: String?, v: String?) {
    if case .files(let u, let v) = self { (nil, u, v) } else { (description, nil, nil) }
  }
}

extension Dataset {
  /// The part of the training pairs that has each label, counted at least once: a label that does not
  /// occur among them is unlikely, not impossible.
  fileprivate var labelFrequencies: [Double]? {
    guard case .labels(let classes) = v else { return nil }
    var counts = [Double](repeating: 0, count: classes)
    for label in training.v.array(Int.self) { counts[label] += 1 }
    return counts.map { max($0, 1) / Double(training.count) }
  }
}
