import Arguments
import CoupletCore
import Files
import Foundation
import Runs

/// `couplet sample`: draws from a learned conditional, and its moments.
enum Sample {
  private static let count = Argument.option(
    "count", short: "n", .integer(in: 1...), default: 16, "how many draws")
  private static let distinct = Argument.flag(
    "without-replacement", "draw no candidate twice")
  private static let out = Argument.option(
    "out", .file,
    "where to write draws: an image grid as .png; a table of condition, draw, id and sample as .csv, .parquet or .jsonl; the samples alone as .npy"
  ).writing
  private static let mean = Argument.option(
    "mean", .file,
    "where to write the conditional mean: .npy, .csv, .parquet or .jsonl, or .png for images"
  ).writing
  private static let covariance = Argument.option(
    "covariance", .file, "where to write the conditional covariance, as .npy"
  ).writing
  private static let map = Argument.option(
    "map", .file,
    "where to write the most probable sample under the prior (maximum a posteriori), of --method hmc or pcn: .npy, .csv, .parquet or .jsonl"
  ).writing

  static let command = Command(
    "sample", "Draws what u could be given a v, or v given a u; also its mean and covariance.",
    discussion: """
      The draws are candidates, each with its learned probability given the condition, and the \
      moments are weighted by it. The effective sample size says how many candidates carry the \
      answer: near 1, all draws are the same sample, and neither the mean nor the covariance means \
      anything. With --method hmc or pcn the draws are no candidates: chains explore the learned \
      conditional as a density to the law that --prior names, started from candidates. With --rounds the gallery grows where its weights are, for the same law. For several conditions, draws and moments have one more axis in front, and an \
      image grid one row each. Of several runs the conditionals are averaged: chains of each draw an equal \
      share.
      """,
    [
      .init("Run", [Question.runs]),
      .init(
        "Draws",
        [
          Question.of, Question.given, Question.together, count, distinct, Question.gallery,
          ChainSampling.prior, RoundSampling.rounds, RoundSampling.adding,
        ]
          + RunOptions.ofReading),
      .init(
        "Chains", [ChainSampling.method, ChainSampling.chains, ChainSampling.warmUp]),
      .init("Files, at least one", [out, mean, covariance, map]),
      .init("Identifiers", [AnswerTable.ids, AnswerTable.givenIDs]),
    ],
    examples: [
      .init("couplet sample runs/mnist --of u --given 7 --out sevens.png", "sixteen sevens"),
      .init(
        "couplet sample runs/mnist --of u --given 0,1,2,3 --count 10 --out digits.png",
        "a row of ten images for each of four digits"),
      .init(
        "couplet sample runs/field --of v --given 0 --count 1000 --out v.npy --seed 1",
        "what v could be, given the first u"),
      .init(
        "couplet sample runs/field --of u --given 0 --method hmc --prior fitted --count 1000 --out u.npy",
        "draws that no gallery has, with the prior fitted to the candidates"),
      .init(
        "couplet sample runs/field --of u --given 0 --rounds 5 --prior gaussian:0,1 --count 1000 --out u.npy",
        "draws from a gallery that grows where its weights are"),
      .init(
        "couplet sample runs/field --of v --given u.npy --mean mean.npy --covariance covariance.npy",
        "the conditional moments of v, given each u of a file"),
      .init(
        "couplet sample runs/a runs/b runs/c --of u --given 0 --method hmc --count 999 --out u.npy",
        "draws from the average of three runs"),
    ], run: run)

  private static func run(_ arguments: ParsedArguments) throws {
    let common = try Common(arguments)
    guard arguments[out] ?? arguments[mean] ?? arguments[covariance] ?? arguments[map] != nil else {
      throw UsageError(
        "there is nothing to write", remedy: "name a file with --out, --mean, --covariance or --map"
      )
    }
    let isGallery = arguments[ChainSampling.method] == "gallery"
    guard !isGallery || arguments[map] == nil else {
      throw UsageError(
        "candidates are not searched for a maximum beyond them", at: .setting("map"),
        remedy: "add --method hmc, or ask for the best candidate with couplet retrieve -k 1")
    }
    try requireUse(arguments, isGallery: isGallery)
    let question = try Question(
      arguments, common,
      logPrior: isGallery && arguments[RoundSampling.rounds] == nil
        ? arguments[ChainSampling.prior] : nil)
    guard question.runs.count == 1 || arguments[map] == nil else {
      throw UsageError(
        "the most probable sample is one of one run", at: .setting("map"),
        remedy: "name one run, or ask for --mean")
    }
    let space = question.trained.space(question.modality)
    let files = try (
      draws: arguments[out].map {
        try SampleFileOutput($0, space: space, option: "out", arguments)
      },
      mean: arguments[mean].map {
        try SampleFileOutput($0, space: space, option: "mean", arguments)
      },
      covariance: arguments[covariance].map {
        try SampleFileOutput(array: $0, option: "covariance")
      },
      map: arguments[map].map {
        try SampleFileOutput($0, space: space, option: "map", arguments)
      }
    )
    try requireMoments(arguments, space)
    let candidates = try question.candidates()
    let isGrown = arguments[RoundSampling.rounds] != nil
    guard isGallery || !arguments[distinct] else {
      throw UsageError(
        "chains draw no candidates", at: .setting("method"),
        remedy: "leave out --without-replacement")
    }
    guard !arguments[distinct] || arguments[count] <= candidates.count || isGrown else {
      throw UsageError(
        "there are only \(candidates.count) candidates", at: .setting("count"),
        remedy: "draw fewer, or leave out --without-replacement")
    }

    try RunOptions.checked { try requireRoom(arguments, for: question, space) }
    func write(_ answers: [some SampledAnswer]) throws {
      try requireFinite(
        answers.flatMap { [$0.draws, $0.mean] + [$0.covariance].compactMap(\.self) })
      try files.draws?.write(
        draws(answers.count, question, arguments, candidates: nil) { (answers[$0].draws, []) })
      try files.mean?.write(moments: answers.map(\.mean), "mean", of: question.conditionNames)
      try files.covariance?.write(
        moments: answers.compactMap(\.covariance), "covariance", of: question.conditionNames)
    }
    if let rounds = try RoundSampling(question, among: candidates, arguments, common) {
      let answers = try rounds.answers(
        count: arguments[count], distinct: arguments[distinct],
        covariance: files.covariance != nil, common: common)
      try write(answers)
      return try rounds.show(answers, written(arguments), common)
    }
    if let chains = try ChainSampling(question, among: candidates, arguments, common) {
      if let map = files.map {
        let maxima = try chains.maxima(common)
        try requireFinite(maxima)
        try map.write(moments: maxima, "maximum", of: question.conditionNames)
      }
      guard arguments[out] ?? arguments[mean] ?? arguments[covariance] != nil else {
        return try Console.show(written(arguments), as: common)
      }
      let answers = try chains.answers(
        count: arguments[count], covariance: files.covariance != nil, common: common)
      try write(answers)
      return try chains.show(answers, written(arguments), common)
    }

    var key = common.key
    var answers: [Answer] = []
    try question.forEachAnswer(among: candidates, as: common) { _, law, trust in
      answers.append(
        Answer(
          law, draws: arguments[out] == nil ? 0 : arguments[count], distinct: arguments[distinct],
          key: key, mean: files.mean != nil, covariance: files.covariance != nil, trust: trust))
      // The first condition is drawn with the key itself, so that alone it gives the same draws.
      key = key.folded(with: 1)
    }
    if let file = files.draws {
      let all = try candidates.candidates
      try file.write(
        draws(answers.count, question, arguments, candidates: question.candidateNames) {
          let places = answers[$0].draws
          return (all.indexSelect(Tensor(places)), places.map { candidates.rows[$0] })
        })
    }
    try files.mean?.write(
      moments: answers.compactMap(\.mean), "mean", of: question.conditionNames)
    try files.covariance?.write(
      moments: answers.compactMap(\.covariance), "covariance", of: question.conditionNames)
    // Labels are all that there are, however many draws are the same.
    if space.labels == nil {
      warn(
        answers.map(\.trust.effectiveSampleSize), arguments, common,
        remedy: "use a larger gallery, --rounds 5, or --method hmc")
    }
    try show(answers, candidates, arguments, common)
  }

  /// Refuses to write what a law of enormous numbers makes of samples of float32.
  private static func requireFinite(_ samples: [Tensor]) throws {
    guard samples.allSatisfy({ $0.allFinite() }) else {
      throw UsageError(
        "its draws, or their moments, are larger than the numbers of samples can be",
        at: .setting("prior"), remedy: "give a law of smaller numbers")
    }
  }

  /// Refuses options of chains where there are none, of rounds where there are none, and a law where weights are wanted.
  private static func requireUse(_ arguments: ParsedArguments, isGallery: Bool) throws {
    let ofChains: [any ArgumentDeclaration] = [ChainSampling.chains, ChainSampling.warmUp]
    if isGallery, let given = arguments.firstGiven(ofChains) {
      throw UsageError(
        "a gallery is drawn from without chains", at: given.place,
        remedy: "leave it out, or add --method hmc")
    }
    let hasRounds = arguments[RoundSampling.rounds] != nil
    if arguments.isGiven(RoundSampling.adding), !hasRounds {
      throw UsageError(
        "candidates are added in rounds, and there are none", at: .setting("adding"),
        remedy: "leave it out, or add --rounds 5")
    }
    if isGallery, !hasRounds, let prior = arguments[ChainSampling.prior],
      !FileManager.default.fileExists(atPath: prior)
    {
      throw UsageError(
        "there is no file of this name, and weights of a gallery come from a file of log priors",
        at: .setting("prior", value: prior),
        remedy: "give one, or add --method hmc or --rounds 5 where it names a law")
    }
  }

  private static func draws(
    _ conditions: Int, _ question: Question, _ arguments: ParsedArguments, candidates: RowNames?,
    _ draws: @escaping (_ condition: Int) throws -> (samples: Tensor, rows: [Int])
  ) -> SampleFileOutput.Draws {
    SampleFileOutput.Draws(
      modality: question.modality, space: question.trained.space(question.modality),
      conditions: question.conditionNames, count: conditions, each: arguments[count],
      candidates: candidates, draws: draws)
  }

  /// Refuses more draws, or a larger covariance, than fit into the memory that is there.
  private static func requireRoom(
    _ arguments: ParsedArguments, for question: Question, _ space: SampleSpace
  ) throws {
    let (conditions, size) = (max(1, question.given.count), space.size ?? 1)
    if arguments[out] != nil {
      // Places, samples, and what is made of these to be written: numbers, or pixels.
      let draw = Memory.bytes([size], of: 32)
      try Memory.require(
        Memory.bytes([conditions, arguments[count], draw < .max - 16 ? draw + 16 : draw]),
        for: "\(arguments[count]) draws for each of \(conditions) conditions",
        at: .setting("count"),
        remedy: "draw fewer")
    }
    if arguments[covariance] != nil {
      try Memory.require(
        Memory.bytes([conditions, size, size], of: 24),
        for: "a covariance of \(size) × \(size) for each of \(conditions) conditions",
        at: .setting("covariance"), remedy: "leave it out, or ask for fewer conditions")
    }
  }

  private static func requireMoments(_ arguments: ParsedArguments, _ space: SampleSpace) throws {
    guard case .labels = space, arguments[mean] ?? arguments[covariance] != nil else { return }
    throw UsageError(
      "labels have no mean", at: .setting(arguments[mean] == nil ? "covariance" : "mean"),
      remedy: "see their probabilities with couplet retrieve or couplet classify")
  }

  /// What was made for one condition.
  private struct Answer {
    let draws: [Int]
    let mean: Tensor?
    let covariance: Tensor?
    let trust: Trust

    init(
      _ law: ConditionalDistribution, draws count: Int, distinct: Bool, key: Key, mean: Bool,
      covariance: Bool, trust: Trust
    ) {
      draws =
        count == 0
        ? []
        : distinct
          ? law.sampleWithoutReplacement(count, key: key) : law.sample(count, key: key)
      self.mean = mean ? law.mean : nil
      self.covariance = covariance ? law.covariance : nil
      self.trust = trust
    }
  }

  /// The more draws for an effective sample size, the more of them are the same few candidates.
  static func warn(
    _ sizes: [Double], _ arguments: ParsedArguments, _ common: Common, remedy: String
  ) {
    guard arguments[out] != nil, let least = sizes.min(), Double(arguments[count]) > 10 * least
    else { return }
    common.warn(
      "\(arguments[count]) draws from an effective sample size of \(least.short) are the same few candidates, "
        + "each some \((Double(arguments[count]) / least).short) times; \(remedy)"
    )
  }

  private static func written(_ arguments: ParsedArguments) -> WrittenFiles {
    WrittenFiles(
      [("file", out), ("mean", mean), ("covariance", covariance), ("map", map)]
        .compactMap { name, option in arguments[option].map { (name, $0) } })
  }

  private static func show(
    _ answers: [Answer], _ candidates: Gallery, _ arguments: ParsedArguments, _ common: Common
  ) throws {
    try Console.show(
      Drawn(
        written: written(arguments), head: Head(candidates: candidates.count),
        results: answers.map {
          Result(indices: $0.draws.map { candidates.rows[$0] }, trust: $0.trust)
        },
        source: "\(candidates.count) candidates",
        sizes: answers.map(\.trust.effectiveSampleSize)), as: common)
  }

  private struct Head: Encodable {
    let candidates: Int
  }

  /// What was drawn for one condition.
  private struct Result: Encodable {
    /// The rows of the candidates that were drawn.
    let indices: [Int]
    let trust: Trust

    private enum CodingKeys: CodingKey { case indices }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(indices, forKey: .indices)
      try TrustMembers(trust).encode(to: encoder)
    }
  }
}
