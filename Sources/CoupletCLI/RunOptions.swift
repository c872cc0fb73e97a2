import Arguments
import CoupletCore
import Encoders
import Files
import Foundation
import Runs

/// The options of `couplet train` that describe a run, one for each of its settings; together they become
/// a `RunConfiguration`.
enum RunOptions {
  static let data = Argument.option(
    "data", .text("SPEC"),
    "the pairs: mnist:DIR, gaussian-field:DIR, ocean:DIR, or a folder with u.npy and v.npy")
  static let u = Argument.option(
    "u", .text("FILE[:MEMBER]"),
    "the samples of u, one per row: .npy, .csv, .parquet, .nc, images and others (docs/files.md); with --v, in place of --data"
  )
  static let v = Argument.option(
    "v", .text("FILE[:MEMBER]"), "the samples of v; row i belongs to row i of u")

  static let verify = Argument.flag(
    "verify", "compare all of the data with those of the run, of files over 1 GB too")

  static let ofReading = RunConfiguration.ofReading.map(option)
  /// Of reading, where it matters which pairs share a partner.
  static let ofPairs = ofReading + RunConfiguration.ofGroups.map(option)
  static let ofData = RunConfiguration.ofData.map(option)
  private static let ofModel = RunConfiguration.ofModel.map(option)
  private static let ofLoss = RunConfiguration.ofLoss.map(option)
  private static let ofOptimisation = RunConfiguration.ofOptimisation.map(option)
  private static let all = ofData + ofModel + ofLoss + ofOptimisation

  static let groups: [Command.Group] = [
    .init("Model", ofModel), .init("Loss", ofLoss), .init("Optimisation", ofOptimisation),
  ]

  /// What holds where an option is not given, whatever the data.
  private static let standard = RunConfiguration(u: .real(shape: []), v: .real(shape: []))

  /// What other programs call some options.
  private static let aliases = [
    "batch": "batch-size", "learning-rate": "lr", "weight-decay": "wd",
  ]

  typealias Option = Argument<Setting<RunConfiguration>.Change?>

  /// The option that sets a setting: a flag where it takes no value.
  private static func option(_ setting: Setting<RunConfiguration>) -> Option {
    let kind = ValueKind(setting.placeholder, choices: setting.choices, parse: setting.change)
    let option: Option =
      setting.placeholder.isEmpty
      ? .flag(setting.key, kind, setting.help)
      : .option(setting.key, kind, shown: setting.defaultText(standard), setting.help)
    return aliases[setting.key].map { option.alias($0) } ?? option
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

  /// How the data are to be read: what is given, and for the rest what a run keeps.
  /// - Parameter options: those of them that the command has.
  static func reading(
    _ arguments: ParsedArguments, _ options: [Option] = ofReading, kept: DataOptions? = nil
  ) throws -> DataOptions? {
    var settings = standard
    settings.reading = kept
    for option in options {
      try checked {
        try Failure.at(.setting(option.summary.name)) { try arguments[option]?(&settings) }
      }
    }
    return settings.reading
  }

  /// The samples of two files as real numbers, whatever they look like.
  /// - Parameter reading: as the arguments say; pairs form groups only where it says so.
  static func realPairs(
    _ u: String, _ v: String, _ reading: DataOptions?, _ common: Common
  ) throws -> PairedData {
    let options = (reading ?? .init()).over(DataOptions(space: ["u": .real, "v": .real]))
    return try checked {
      try DataSource.files([.init(.u, u), .init(.v, v)]).read(options, report: common.report)
        .training
    }
  }

  // MARK: Settings

  /// The settings of a run on `data`: the options that are given, and for the others what `kept`
  /// says, the purpose stands for, or the defaults.
  /// - Returns: them, and the names of those that the purpose decided.
  static func configuration(
    _ arguments: ParsedArguments, seed: UInt64?, source: DataSource, data: Dataset,
    reading: DataOptions?, kept: RunConfiguration?, purpose: Purpose? = nil
  ) throws -> (settings: RunConfiguration, decided: Set<String>) {
    let standard = RunConfiguration(for: data)
    var settings = kept ?? standard
    settings.take(source)
    settings.take(data)
    settings.reading = reading
    settings.version = standard.version
    (settings.finetunedFrom, settings.experiment) = (nil, nil)
    seed.map { settings.seed = $0 }

    let given = given(arguments)
    var decided = try checked { try purpose.map { try settings.take($0, given: given) } ?? [] }
    for option in all {
      try checked {
        try Failure.at(.setting(option.summary.name)) { try arguments[option]?(&settings) }
      }
    }
    if purpose != nil { decided = try checked { try settings.reconcile(decided: decided) } }
    if kept == nil { settings.setEncodersOfPairScore(given: given.union(decided)) }
    if kept == nil, !given.contains("dimension") {
      settings.setDimensionOfEncoders(otherwise: standard.dimension)
    }
    setTemperature(given, isNew: kept == nil, &settings)
    try requireOfUse(given, settings)
    // What is the default is not written down, so that older runs can be resumed with it.
    if settings.start == .random { settings.start = nil }
    return (settings, decided)
  }

  /// The names of the settings that are given.
  static func given(_ arguments: ParsedArguments) -> Set<String> {
    Set(all.filter { arguments.isGiven($0) }.map(\.summary.name))
  }

  /// Refuses options that the others leave without effect.
  private static func requireOfUse(_ given: Set<String>, _ settings: RunConfiguration) throws {
    func require(_ key: String, _ isOfUse: Bool, _ why: String, _ remedy: String) throws {
      guard given.contains(key), !isOfUse else { return }
      throw UsageError(
        "it has no effect: \(why)", at: .setting(key), remedy: "leave it out, or \(remedy)")
    }
    try require(
      "temperature-bounds", settings.learnTemperature, "the temperature is fixed",
      "add --learn-temperature")
    for key in ["temperature", "learn-temperature"] {
      try require(
        key, settings.tilting.value.needsOneDimension, "a pair score alone has no temperature",
        "let it correct a tilting, as in pair:correcting=cosine")
    }
  }

  /// A temperature that is given is fixed, unless it is to be learned; without one, it is that of the
  /// tilting.
  private static func setTemperature(
    _ given: Set<String>, isNew: Bool, _ settings: inout RunConfiguration
  ) {
    let standard = RunConfiguration.temperature(for: settings.tilting)
    if isNew, !given.contains("temperature") { settings.temperature = standard.value }
    if given.contains("temperature") || given.contains("learn-temperature") {
      settings.learnTemperature = given.contains("learn-temperature")
    } else if isNew {
      settings.learnTemperature = standard.isLearned
    }
  }
}

extension DataSource {
  /// The same source from whatever folder a command is run in.
  fileprivate var absolute: DataSource {
    switch self {
    case .dataset(let format, let folder): .dataset(format: format, folder: Folder.absolute(folder))
    case .folder(let folder): .folder(Folder.absolute(folder))
    case .files(let files): .files(files.map { .init($0.modality, Folder.absolute($0.path)) })
    }
  }
}
