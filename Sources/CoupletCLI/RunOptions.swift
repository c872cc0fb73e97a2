import Arguments
import Couplet
import Encoders
import Files
import Foundation
import Runs

/// The options of `couplet train` that describe a run, each declared once; together they become
/// a `RunConfiguration`.
enum RunOptions {
  /// What holds where an option is not given, whatever the data.
  private static let standard = RunConfiguration(u: .real(shape: []), v: .real(shape: []))

  static let data = Argument.option(
    "data", .text("SPEC"),
    "the pairs: mnist:DIR, gaussian-field:DIR, ocean:DIR, or a folder with u.npy and v.npy")
  static let u = Argument.option(
    "u", .file, "the samples of u as .npy, one a row; with --v, in place of --data")
  static let v = Argument.option("v", .file, "the samples of v; row i belongs to row i of u")
  static let heldOut = Argument.option(
    "held-out", .fraction, default: standard.heldOut,
    "the part of the pairs kept for tests, where the data bring no test pairs")
  static let online = Argument.flag(
    "online",
    "simulate new pairs for every epoch, as many as the data hold: for gaussian-field and ocean")

  private static let encoderU = Argument.option(
    "encoder-u", encoder, shown: "linear, or one-hot for labels",
    "what maps u to its embedding: linear, mlp:512,256, lenet, transformer (for paths; its options are in docs/ocean.md), embedding, one-hot or fixed; with :standardized it sees data of mean 0 and variance 1, with :whitened of mean 0 and covariance I, with :normalized embeddings have length 1"
  )
  private static let encoderV = Argument.option(
    "encoder-v", encoder, shown: "linear, or one-hot for labels", "the same for v")
  private static let dimension = Argument.option(
    "dimension", .integer(in: 1...), shown: "64, or what an encoder implies",
    "the length of an embedding")
  private static let tilting = Argument.option(
    "tilting", .choice(Tiltings.names), default: standard.tilting,
    "how two embeddings make a score")
  private static let temperature = Argument.option(
    "temperature", .positive(), shown: "1; with cosine learned from 0.07",
    "what scores are divided by")
  private static let learnTemperature = Argument.flag(
    "learn-temperature", "learn the temperature, from --temperature on")
  private static let temperatureBounds = Argument.option(
    "temperature-bounds", .list(of: .positive(), count: 2), default: standard.temperatureBounds,
    shown: "0.01,100", "between which a learned temperature stays")
  private static let potentialU = Argument.option(
    "potential-u", potential, default: nil, shown: "none",
    "a learned number added to the score for each u: quadratic, linear, mlp:64, embedding (a table, for labels) or none"
  )
  private static let potentialV = Argument.option(
    "potential-v", potential, default: nil, shown: "none", "the same for each v")

  private static let loss = Argument.option(
    "loss", .choice(Losses.names), default: standard.loss, "what training makes small")
  private static let weights = Argument.option(
    "weights", .list(of: .nonNegative(), count: 2), shown: "1,1",
    "the weights of u-given-v and v-given-u in a two-sided loss")
  private static let normalizer = Argument.option(
    "normalizer", .choice(of: JointLoss.Normalizer.self), default: standard.normalizer,
    "over which pairs of a batch the joint loss takes its normaliser")
  private static let kernelU = Argument.option(
    "kernel-u", kernel, default: standard[.u].kernel,
    "how the mmd losses compare samples of u: gaussian, laplace (both with the median distance as bandwidth, or :H), polynomial:DEGREE or energy"
  )
  private static let kernelV = Argument.option(
    "kernel-v", kernel, default: standard[.v].kernel, "the same for v")
  private static let referenceU = Argument.option(
    "reference-u", reference, default: standard[.u].reference,
    "what u is contrasted with: batch, labels (all of them) or queue:N (N past embeddings)")
  private static let referenceV = Argument.option(
    "reference-v", reference, default: standard[.v].reference, "the same for v")

  private static let start = Argument.option(
    "start", .choice(of: Start.self), default: Start.random,
    "where the weights start: at a random draw, or where the theory of Gaussian pairs with the training pairs' covariance says the loss is least (linear encoders, inner-product or squared-distance)"
  )
  private static let optimizer = Argument.option(
    "optimizer", .choice(Optimizers.names), default: standard.optimizer,
    "how the weights are changed")
  private static let learningRate = Argument.option(
    "learning-rate", .positive(), default: standard.learningRate, "the length of its steps")
  private static let weightDecay = Argument.option(
    "weight-decay", .nonNegative(), default: standard.weightDecay,
    "how fast weights shrink, with adamw")
  private static let momentum = Argument.option(
    "momentum", .fraction, default: standard.momentum, "the momentum of sgd")
  private static let schedule = Argument.option(
    "schedule", .choice(of: RunConfiguration.ScheduleName.self), default: standard.schedule,
    "how the learning rate falls")
  private static let warmup = Argument.option(
    "warmup", .fraction, default: standard.warmup, "the part of the steps over which it first rises"
  )
  private static let clip = Argument.option(
    "clip", .positive(), "the largest norm of a gradient; longer ones are shortened")
  private static let batch = Argument.option(
    "batch", .integer(in: 2...), default: standard.batch, "pairs in a step")
  private static let chunk = Argument.option(
    "chunk", .integer(in: 1...),
    "encode at most so many rows at once: less memory, the same result")
  private static let epochs = Argument.option(
    "epochs", .integer(in: 1...), default: standard.epochs, "passes over the training pairs")
  private static let evaluateEvery = Argument.option(
    "evaluate-every", .integer(in: 1...), default: standard.evaluateEvery,
    "epochs between evaluations")

  static let groups: [Command.Group] = [
    .init(
      "Model",
      [
        encoderU, encoderV, dimension, tilting, temperature, learnTemperature, temperatureBounds,
        potentialU, potentialV,
      ]),
    .init("Loss", [loss, weights, normalizer, kernelU, kernelV, referenceU, referenceV]),
    .init(
      "Optimisation",
      [
        start, epochs, batch, learningRate, optimizer, weightDecay, momentum, schedule, warmup,
        clip, chunk, evaluateEvery,
      ]),
  ]

  private static var encoder: ValueKind<EncoderSettings> {
    ValueKind("ENCODER") { try EncoderSettings($0) }
  }
  private static var potential: ValueKind<EncoderSettings?> {
    ValueKind("ENCODER|none") { $0 == "none" ? nil : try EncoderSettings($0) }
  }
  private static var kernel: ValueKind<Kernel> { ValueKind("KERNEL") { try Kernel($0) } }
  private static var reference: ValueKind<ReferenceSettings> {
    ValueKind("REFERENCE") { try ReferenceSettings($0) }
  }

  // MARK: Failures

  /// What `make` returns; a setting that does not fit is wrong usage of the option that it names.
  static func checked<Value>(_ make: () throws -> Value) throws -> Value {
    do {
      return try make()
    } catch let failure as Failure {
      guard case .setting = failure.place else { throw failure }
      throw UsageError(failure)
    }
  }

  // MARK: Data

  /// Where the data come from, as given; nil when no option says so.
  static func source(_ arguments: ParsedArguments) throws -> DataSource? {
    switch (arguments[data], arguments[u], arguments[v]) {
    case (nil, nil, nil): return nil
    case (let spec?, nil, nil): return try DataSource(spec).absolute
    case (nil, let u?, let v?): return DataSource.files([.init(.u, u), .init(.v, v)]).absolute
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
    let standard = RunConfiguration(for: data)
    var settings = kept ?? standard
    func set<Value>(
      _ option: Argument<Value>, _ path: WritableKeyPath<RunConfiguration, Value>
    ) {
      if arguments.isGiven(option) { settings[keyPath: path] = arguments[option] }
    }
    settings.take(source)
    settings.take(data)
    settings.version = standard.version
    settings.finetunedFrom = nil
    seed.map { settings.seed = $0 }

    set(heldOut, \.heldOut)
    if arguments.isGiven(online) { settings.online = true }
    arguments[encoderU].map { settings[.u].encoder = $0 }
    arguments[encoderV].map { settings[.v].encoder = $0 }
    if kept == nil {
      settings.dimension =
        settings.sides.compactMap { $0.encoder.impliedDimension(for: $0.space) }.first
        ?? standard.dimension
    }
    arguments[dimension].map { settings.dimension = $0 }
    set(tilting, \.tilting)
    setTemperature(arguments, kept: kept, &settings)

    set(temperatureBounds, \.temperatureBounds)
    set(potentialU, \.[.u].potential)
    set(potentialV, \.[.v].potential)

    set(loss, \.loss)
    set(weights, \.weights)
    set(normalizer, \.normalizer)
    set(kernelU, \.[.u].kernel)
    set(kernelV, \.[.v].kernel)
    try requireOfUse(arguments, settings)
    set(referenceU, \.[.u].reference)
    set(referenceV, \.[.v].reference)
    if arguments.isGiven(start) {
      // What is the default is not written down, so that older runs can be resumed with it.
      settings.start = arguments[start] == .random ? nil : arguments[start]
    }
    set(optimizer, \.optimizer)
    set(learningRate, \.learningRate)
    set(weightDecay, \.weightDecay)
    set(momentum, \.momentum)
    set(schedule, \.schedule)
    set(warmup, \.warmup)
    set(clip, \.clip)
    set(batch, \.batch)
    set(chunk, \.chunk)
    set(epochs, \.epochs)
    set(evaluateEvery, \.evaluateEvery)
    return settings
  }

  /// Refuses a folder with a run before the data are read.
  static func requireFree(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: "\(path)/config.json") else { return }
    throw Failure(
      "the folder already holds a run", at: path, remedy: "choose another folder")
  }

  /// Refuses options that the others leave without effect.
  private static func requireOfUse(_ arguments: ParsedArguments, _ settings: RunConfiguration)
    throws
  {
    func require<Value>(_ option: Argument<Value>, _ isOfUse: Bool, _ why: String, _ remedy: String)
      throws
    {
      guard arguments.isGiven(option), !isOfUse else { return }
      throw UsageError(
        "it has no effect: \(why)", at: option.summary.place, remedy: "leave it out, or \(remedy)")
    }
    let usesKernels = settings.loss.hasPrefix("mmd")
    for option in [kernelU, kernelV] {
      try require(
        option, usesKernels, "the loss \(settings.loss) compares no samples",
        "use one of the mmd losses")
    }
    try require(
      normalizer, settings.loss == "joint", "the loss is \(settings.loss)", "use --loss joint")
    try require(
      temperatureBounds, settings.learnTemperature, "the temperature is fixed",
      "add --learn-temperature")
  }

  /// A temperature that is given is fixed, unless it is to be learned; without one, it is that of the
  /// tilting.
  private static func setTemperature(
    _ arguments: ParsedArguments, kept: RunConfiguration?, _ settings: inout RunConfiguration
  ) {
    if kept == nil {
      let standard = RunConfiguration.temperature(for: settings.tilting)
      (settings.temperature, settings.learnTemperature) = (standard.value, standard.isLearned)
    }
    arguments[temperature].map { settings.temperature = $0 }
    if arguments.isGiven(temperature) || arguments.isGiven(learnTemperature) {
      settings.learnTemperature = arguments[learnTemperature]
    }
  }
}

extension DataSource {
  /// The same source from whatever folder a command is run in.
  fileprivate var absolute: DataSource {
    func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }
    return switch self {
    case .dataset(let format, let folder): .dataset(format: format, folder: absolute(folder))
    case .folder(let folder): .folder(absolute(folder))
    case .files(let files): .files(files.map { .init($0.modality, absolute($0.path)) })
    }
  }
}
