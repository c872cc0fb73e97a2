import Arguments
import CoupletCore
import Files
import Runs
import Tables

/// `couplet retrieve`: the most probable partners.
enum Retrieve {
  private static let count = Argument.option(
    "k", short: "k", .integer(in: 1...), default: 5, "how many partners to show")
  private static let coverage = Argument.option(
    "coverage", .properFraction,
    "in place of the k best, the smallest set of candidates that holds the true partner in this fraction of cases, by the run's validation pairs"
  )
  private static let index = Argument.option(
    "gallery-index", .file,
    "keep the embeddings of the candidates in this file (.safetensors): made by the first question, used by later ones, which embed no candidate"
  ).writing
  private static let out = Argument.option(
    "out", .file,
    "write a table in place of lists, a row per condition and rank: query, rank, id of the candidate, probability; .csv, .parquet or .jsonl"
  ).writing

  private static let rerank = Argument.option(
    "rerank", .integer(in: 1...),
    "score this many of the best again, of a run whose pair score corrects another tilting: that finds them, and the pair score orders them; weights are then relative to these"
  )

  static let command = Command(
    "retrieve", "Finds the most probable u for a v, or v for a u.",
    discussion: """
      A candidate is named by its row in its file; copies of one are one candidate, with the row of \
      the first. A weight is its learned probability, given the condition; the weights of all \
      candidates add up to 1. The effective sample size says how many candidates share it. A \
      warning says when one candidate carries everything, when the best one fits worse than 99.5 % \
      of true partners (the gallery may hold no partner at all), or when the query is unlike what \
      the run was trained on. The search is \
      exact, and a gallery need not fit in memory: see docs/scale.md.
      """,
    [
      .init("Run", [Question.runs]),
      .init(
        "Search",
        [
          Question.of, Question.given, Question.together, count, coverage, Question.gallery,
          Question.prior, index, rerank,
        ]
          + RunOptions.ofReading),
      .init("Output", [out, AnswerTable.ids, AnswerTable.givenIDs]),
    ],
    examples: [
      .init("couplet retrieve runs/mnist --of u --given 7", "the images most like a seven"),
      .init("couplet retrieve runs/field --of v --given 0 -k 3", "the v for the first u"),
      .init(
        "couplet retrieve runs/own --of v --given 0,1,2 --coverage 0.9",
        "sets that hold the partner in nine of ten cases"),
      .init(
        "couplet retrieve runs/field --of v --given 0 --gallery grid.npy --prior log-prior.npy -k 1",
        "the MAP point among points of a grid"),
      .init(
        "couplet retrieve runs/own --of u --given new.npy --gallery all.npy --gallery-index all.index",
        "among many candidates, which are embedded once"),
      .init(
        "couplet retrieve runs/own --of v --given a.csv:x* --given-ids key --gallery b.csv:y* --ids sku --out answers.parquet",
        "as a table, with the names of the rows in both files"),
    ]
  ) { arguments in try Ranks.share { try answer(arguments) } }

  private static func answer(_ arguments: ParsedArguments) throws {
    let common = try Common(arguments)
    try requireCompatible(arguments)
    let table = try AnswerTable.file(out, arguments, isArray: false)
    let question = try Question(
      arguments, common, logPrior: arguments[Question.prior],
      keepsContent: arguments[index] != nil, writesTable: table != nil)
    try requireOneRun(question, arguments)
    if question.isTogether || arguments[coverage] != nil || question.runs.count > 1 {
      return try answerByLaws(question, table, arguments, common)
    }
    if arguments[rerank] != nil, question.trained.coupling.corrected == nil {
      throw Failure(
        "the run has no pair score that corrects another tilting", at: .setting("rerank"),
        remedy: "leave it out, or train with --tilting pair:correcting=cosine")
    }
    let candidates = try gallery(question, arguments, common)
    try show(question, among: candidates.count, in: table, as: common) { show in
      try question.forEachAnswer(
        among: candidates, top: arguments[count], reranking: arguments[rerank], as: common
      ) { row, answer, trust in
        try show(Answer(row, answer.matches, candidates.rows, trust))
      }
    }
  }

  /// Refuses options that exclude each other.
  private static func requireCompatible(_ arguments: ParsedArguments) throws {
    let prior = ("prior", arguments[Question.prior] != nil)
    let together = ("together", arguments[Question.together])
    let kept = ("gallery-index", arguments[index] != nil)
    let sets = ("coverage", arguments[coverage] != nil)
    let best = ("k", arguments.isGiven(count))
    let again = ("rerank", arguments[rerank] != nil)
    for (own, others) in [
      (kept, [prior, together]), (sets, [prior, together, kept, best]), (again, [together, sets]),
    ] where own.1 {
      guard let other = others.first(where: \.1) else { continue }
      throw UsageError(
        "--\(other.0) and --\(own.0) exclude each other", remedy: "leave out one of them")
    }
  }

  /// Refuses what one run's own pairs or network decide.
  private static func requireOneRun(_ question: Question, _ arguments: ParsedArguments) throws {
    let given = [
      ("gallery-index", arguments[index] != nil), ("coverage", arguments[coverage] != nil),
      ("rerank", arguments[rerank] != nil),
    ].first { $0.1 }
    guard question.runs.count > 1, let given else { return }
    throw UsageError(
      "it is of one run", at: .setting(given.0), remedy: "leave it out, or name one run")
  }

  /// Shows the answers that `body` hands over, or writes them as a table.
  private static func show(
    _ question: Question, among candidates: Int, sets: ConformalSets? = nil, in table: TableFile?,
    as common: Common, _ body: (_ show: (Answer) throws -> Void) throws -> Void
  ) throws {
    if let table {
      return try MatchTable.write(question, candidates: candidates, to: table, common, body)
    }
    try Console.show(Head(question, candidates, sets), list: "results", as: common, body)
  }

  /// By the weights of all candidates: where all conditions are one, or sets of candidates are asked for.
  private static func answerByLaws(
    _ question: Question, _ table: TableFile?, _ arguments: ParsedArguments, _ common: Common
  ) throws {
    let candidates = try question.candidates()
    let sets = try RunOptions.checked {
      try arguments[coverage].map {
        try question.trained.conformalSets(question.modality, coverage: $0, among: candidates)
      }
    }
    func matches(_ law: ConditionalDistribution) -> [ConditionalDistribution.Match] {
      sets?.matches(in: law) ?? law.top(arguments[count])
    }
    try show(question, among: candidates.count, sets: sets, in: table, as: common) { show in
      try question.forEachAnswer(among: candidates, as: common) { row, law, trust in
        try show(Answer(row, matches(law), candidates.rows, trust, sets))
      }
    }
  }

  /// What holds for all answers.
  private struct Head: Encodable {
    let of: String
    let candidates: Int
    let sets: ConformalSets?

    init(_ question: Question, _ candidates: Int, _ sets: ConformalSets?) {
      (of, self.candidates, self.sets) = (question.modality.name, candidates, sets)
    }

    private enum CodingKeys: CodingKey { case of, candidates, coverage, validationPairs }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(of, forKey: .of)
      try container.encode(candidates, forKey: .candidates)
      guard let sets else { return }
      try container.encode(sets.coverage, forKey: .coverage)
      try container.encode(sets.pairs, forKey: .validationPairs)
    }
  }

  /// The candidates: from the file that keeps them, which is made where there is none.
  private static func gallery(
    _ question: Question, _ arguments: ParsedArguments, _ common: Common
  ) throws -> SearchGallery {
    guard let file = arguments[index] else {
      return try question.trained.embedded(
        try question.candidates(), of: question.modality, queries: question.given.count)
    }
    let kept = GalleryIndex(
      file, of: question.modality, in: question.trained, content: question.content)
    return try kept.open(making: question.candidates) {
      common.report("\(file): the embeddings of \($0) candidates")
    }
  }

  /// The candidates for one condition.
  struct Answer: CommandResult {
    struct Match: Encodable {
      /// The candidate's row.
      let index: Int
      let weight: Double
    }

    let row: Int
    let matches: [Match]
    let trust: Trust
    private let sets: ConformalSets?

    init(
      _ row: Int, _ matches: [ConditionalDistribution.Match], _ rows: [Int], _ trust: Trust,
      _ sets: ConformalSets? = nil
    ) {
      self.matches = matches.map { Match(index: rows[$0.index], weight: $0.weight) }
      (self.row, self.trust, self.sets) = (row, trust, sets)
    }

    private enum CodingKeys: CodingKey { case matches }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(matches, forKey: .matches)
      try TrustMembers(trust).encode(to: encoder)
    }

    var text: String {
      let lines = matches.map { "  \($0.index)  weight \($0.weight.short)\n" }
      let set = sets.map { sets in
        matches.isEmpty
          ? "; no candidate is probable enough: the partner is probably not among them"
          : "; \(matches.count.counted("candidate")), coverage \(sets.coverage.short)"
      }
      return
        "condition \(row): effective sample size \(trust.effectiveSampleSize.short)\(set ?? "")\n"
        + lines.joined()
    }
  }
}
