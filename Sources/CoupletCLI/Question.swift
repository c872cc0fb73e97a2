import Arguments
import CoupletCore
import Files
import Runs

/// What `couplet retrieve` and `couplet sample` have in common: which modality is asked for, under which
/// conditions, among which candidates.
struct Question {
  static let runs = Argument.positionals(
    "RUN", .folder, atLeast: 1,
    "a run directory; of several, or one of couplet train --members, the conditionals are averaged")
  static let of = Argument.required(
    "of", modalityKind, "what is looked for, u or v")
  private static var modalityKind: ValueKind<Modality> {
    ValueKind("MODALITY") { Modality($0) }
  }
  static let given = Argument.required(
    "given", .text("FILE[:MEMBER]|INDEX"),
    "the conditions: labels (7 or cat,dog), rows of the data (3 or 0,1,2; of the test pairs where the data bring some), or a file of samples, one per row"
  )
  static let gallery = Argument.option(
    "gallery", .text("FILE[:MEMBER]"), shown: "the test pairs'", "the candidates, one per row")
  static let prior = Argument.option(
    "prior", .file,
    "log prior of each candidate, as .npy, up to a constant: for candidates that are not a sample of what was trained on; the best candidate is then the most probable one a posteriori (MAP)"
  )

  static let together = Argument.flag(
    "together",
    "the conditions are independent observations of one and the same: their scores add, and there is one answer"
  )

  /// The runs whose conditionals are averaged.
  let runs: [TrainedRun]
  /// The first of them, by whose data and files the question is understood.
  let trained: TrainedRun
  let modality: Modality
  let given: any SampleSource
  /// Whether they are observations of one cause.
  let isTogether: Bool
  /// As they are, before copies are merged.
  private let gallery: Gallery
  /// By which the candidates are known again.
  let content: String
  /// What the conditions are called in tables.
  let conditionNames: RowNames
  /// What the candidates are called in tables, by their rows.
  let candidateNames: RowNames
  /// Where people find what each answer can be trusted.
  private let eachIsShown: String
  /// Rows of conditions that were trained on, where the candidates are test pairs.
  private let trainedOn: [Int]

  /// - Parameters:
  ///   - logPrior: a file with the log prior of each candidate.
  ///   - keepsContent: whether the candidates are to be known again.
  ///   - writesTable: whether a table is written in place of answers with all that is known of each.
  init(
    _ arguments: ParsedArguments, _ common: Common, logPrior: String?, keepsContent: Bool = false,
    writesTable: Bool = false
  ) throws {
    eachIsShown = writesTable ? "--json without --out shows each" : "--json shows each"
    isTogether = arguments[Self.together]
    runs = try Self.opened(arguments[Self.runs], arguments, common)
    trained = runs[0]
    modality = arguments[Self.of]
    let (trained, modality) = (trained, modality)
    guard trained.coupling.modalities.contains(modality) else {
      throw UsageError(
        "there is no modality '\(modality)' in the run", at: "--of",
        remedy: "use \(trained.coupling.modalities.map(\.name).joined(separator: " or "))")
    }
    let partner = trained.coupling.partner(of: modality)
    // The run's own pairs are read once, and only where the question is about them.
    var kept: TrainedRun.TestData?
    func own() throws -> TrainedRun.TestData {
      let own = try kept ?? trained.testData()
      kept = own
      return own
    }
    let text = arguments[Self.given]
    let conditions = try Self.condition(text, trained, partner, own)
    given = conditions.samples
    conditionNames = try Self.names(of: conditions, arguments, trained, partner)
    let file = arguments[Self.gallery]
    let gallery =
      try file.map { Gallery(samples: try trained.samples(modality, at: $0)) }
      ?? trained.gallery(modality, of: own().pairs)
    self.gallery = try logPrior.map(gallery.weighted) ?? gallery
    candidateNames =
      try RowNames(
        AnswerTable.ids, arguments, of: file ?? trained.configuration[modality].file,
        rows: file == nil ? (gallery.rows.max() ?? -1) + 1 : gallery.count, isAll: file != nil)
      ?? RowNames(trained.space(modality).labels.map(Identifiers.init))
    if file != nil { try trained.warnOfStrangeCandidates(gallery, modality, common) }
    // The run's own pairs have been compared with those of the training when they were read.
    content = keepsContent ? try file.map(GalleryIndex.content) ?? "test pairs" : ""
    // Labels are candidates whatever the pairs.
    let arePairs = [modality, partner].allSatisfy { trained.space($0).labels == nil }
    let test = arguments[Self.gallery] == nil && arePairs ? kept : nil
    trainedOn = text.split(separator: ",").compactMap { Int($0) }.filter {
      test?.wasTrainedOn($0) ?? false
    }
  }

  /// The runs in some folders, at least one.
  static func opened(_ paths: [String], _ arguments: ParsedArguments, _ common: Common) throws
    -> [TrainedRun]
  {
    let runs = try RunFamily.expanded(paths).map {
      try TrainedRun(
        $0, device: common.device, reading: RunOptions.reading(arguments), report: common.report)
    }
    try runs.requireSameSpaces()
    for run in runs { try arguments.requireKept(dataOf: run) }
    return runs
  }

  /// Whether what is looked for is a label.
  private var areLabels: Bool { trained.space(modality).labels != nil }

  /// The candidates; copies of one are one.
  func candidates() throws -> Gallery { try gallery.merged(in: trained.space(modality)) }

  /// Calls `body` with the learned conditional of each condition over candidates, one after the other, and how far it
  /// can be trusted; then warns.
  func forEachAnswer(
    among candidates: Gallery, as common: Common,
    _ body: (_ row: Int, ConditionalDistribution, Trust) throws -> Void
  ) throws {
    let levels = SupportLevels(of: given, self)
    try warning(common) { watch in
      try forEachLaw(among: candidates) { row, law in
        // What training partners scored says nothing of sums of scores, nor of averages.
        let trust = law.trust(
          of: modality, against: isTogether || runs.count > 1 ? nil : trained.profile,
          support: try levels(row), areAll: areLabels)
        watch(row, trust)
        try body(row, law, trust)
      }
    }
  }

  /// The same with the k most probable candidates alone.
  func forEachAnswer(
    among candidates: SearchGallery, top k: Int, reranking count: Int? = nil, as common: Common,
    _ body: (_ row: Int, SearchAnswer, Trust) throws -> Void
  ) throws {
    let levels = SupportLevels(of: given, self)
    try warning(common) { watch in
      try trained.search(
        modality, given: given, among: candidates, top: k, reranking: count
      ) { row, answer in
        let trust = answer.trust(
          of: modality, against: trained.profile, support: try levels(row), areAll: areLabels)
        watch(row, trust)
        try body(row, answer, trust)
      }
    }
  }

  /// Answers, and then warns of what cannot be trusted.
  private func warning(
    _ common: Common, _ answer: (_ watch: (_ row: Int, Trust) -> Void) throws -> Void
  ) throws {
    var doubtful: (first: (row: Int, warnings: [String])?, count: Int) = (nil, 0)
    try answer { row, trust in
      if !trust.warnings.isEmpty {
        doubtful = (doubtful.first ?? (row, trust.warnings), doubtful.count + 1)
      }
    }
    if let row = trainedOn.first {
      common.warn(
        "row \(row) was trained on, and its partner is not among the test pairs, which are the candidates; "
          + "see split/test.npy of the run for the rows that were not")
    }
    guard let (row, warnings) = doubtful.first else { return }
    for line in warnings { common.warn(given.count > 1 ? "condition \(row): \(line)" : line) }
    if doubtful.count > 1 {
      common.warn("so for \(doubtful.count) of \(given.count) conditions; \(eachIsShown)")
    }
  }

  /// Calls `body` with the answer to each condition, or to all of them together.
  func forEachLaw(
    among candidates: Gallery, _ body: (_ row: Int, ConditionalDistribution) throws -> Void
  ) throws {
    guard isTogether else {
      return try runs.forEachAnswer(modality, given: given, among: candidates, body)
    }
    try body(0, try runs.answer(modality, givenTogether: given, among: candidates))
  }

  /// What is given, and where it comes from.
  private enum Conditions {
    case labels(Tensor, LabelSet)
    /// Rows of the run's data.
    case rows(any SampleSource, [Int])
    case file(any SampleSource, String)

    var samples: any SampleSource {
      switch self {
      case .labels(let places, _): TensorSamples(places)
      case .rows(let samples, _), .file(let samples, _): samples
      }
    }
  }

  private static func names(
    of conditions: Conditions, _ arguments: ParsedArguments, _ trained: TrainedRun,
    _ modality: Modality
  ) throws -> RowNames {
    guard arguments[AnswerTable.givenIDs] == nil || !arguments[together] else {
      throw UsageError(
        "--given-ids and --together exclude each other: there is one answer",
        remedy: "leave out one of them")
    }
    switch conditions {
    case .labels(let places, let labels):
      return RowNames(Identifiers(labels).select(places.array(Int.self)))
    case .rows(_, let rows):
      let names = try RowNames(
        AnswerTable.givenIDs, arguments, of: trained.configuration[modality].file,
        rows: (rows.max() ?? -1) + 1, isAll: false)
      return RowNames((names?.identifiers).map { $0.select(rows) } ?? .numbers(rows))
    case .file(let samples, let file):
      return try RowNames(
        AnswerTable.givenIDs, arguments, of: file, rows: samples.count, isAll: true)
        ?? RowNames(nil)
    }
  }

  /// The conditions that the text after --given stands for: labels, rows of the data, or a file of samples.
  private static func condition(
    _ text: String, _ trained: TrainedRun, _ modality: Modality,
    _ own: () throws -> TrainedRun.TestData
  ) throws -> Conditions {
    let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    if let labels = trained.space(modality).labels {
      let places = words.compactMap(labels.place(of:))
      if places.count == words.count { return .labels(Tensor(places), labels) }
      if (try? SampleFile(text)) == nil {
        let unknown = words.first { labels.place(of: $0) == nil } ?? text
        throw UsageError(
          "there is no label \(unknown)", at: .setting("given"),
          remedy: "give one of \(labels.shown)")
      }
    }
    let indices = words.compactMap { Int($0) }
    guard indices.count == words.count else {
      return .file(try trained.samples(modality, at: text), text)
    }
    do {
      return .rows(
        TensorSamples(
          cat(try indices.map { try trained.condition(modality, index: $0, of: own()) })), indices)
    } catch let failure as Failure {
      guard case .setting = failure.place else { throw failure }
      throw UsageError(failure)
    }
  }
}

extension TrainedRun {
  /// Says when many of the candidates are unlike what the run was trained on.
  fileprivate func warnOfStrangeCandidates(
    _ gallery: Gallery, _ modality: Modality, _ common: Common
  ) throws {
    let rows = try gallery.samples.spread(numbers: 1 << 20)
    let some = TensorSamples(rows, space: gallery.samples.space)
    guard let levels = try support?.levels(of: some, modality, in: coupling) else { return }
    let share = Double(levels.count { $0 < Support.strange }) / Double(levels.count)
    guard share > 0.05 else { return }
    common.warn(
      "\(Int(saturating: (share * 100).rounded())) % of the candidates are unlike the \(modality) that the run was "
        + "trained on: what is said of them is an extrapolation")
  }
}

/// The members that an answer has of how far it can be trusted.
struct TrustMembers: Encodable {
  let effectiveSampleSize, entropy, divergenceFromReference, bestScore: Double
  let scoreLevel: Double?
  let bestLogDensity: Double
  let densityLevel, supportLevel: Double?
  let warnings: [String]

  init(_ trust: Trust) {
    effectiveSampleSize = trust.effectiveSampleSize
    (entropy, divergenceFromReference) = (trust.entropy, trust.divergenceFromReference)
    (bestScore, scoreLevel) = (trust.bestScore, trust.scoreLevel)
    (bestLogDensity, densityLevel) = (trust.bestLogDensity, trust.densityLevel)
    (supportLevel, warnings) = (trust.supportLevel, trust.warnings)
  }
}
