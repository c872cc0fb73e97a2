import Arguments
import CoupletCore
import Files
import Runs

/// `couplet sample --rounds`: draws from a gallery that grows where its weights are.
struct RoundSampling {
  static let rounds = Argument.option(
    "rounds", .integer(in: 1...100),
    "draw further candidates where the weights are, in so many rounds, and weight all by the law that --prior names (as for chains) and what they were drawn from; in place of chains"
  )
  static let adding = Argument.option(
    "adding", .integer(in: 100...), default: 10_000, "candidates that each of the --rounds adds")

  private let question: Question
  private let reference: ReferenceDensity
  private let shape: [Int]
  private let candidates: Gallery
  private let arguments: ParsedArguments

  /// nil where there are no rounds.
  /// - Parameter candidates: those of the question.
  /// - Throws: `Failure` where samples have no density, or the prior is none.
  init?(
    _ question: Question, among candidates: Gallery, _ arguments: ParsedArguments, _ common: Common
  ) throws {
    guard arguments[Self.rounds] != nil else { return nil }
    guard arguments[ChainSampling.method] == "gallery", question.runs.count == 1 else {
      throw UsageError(
        "rounds are of the gallery of one run", at: .setting("rounds"),
        remedy: "leave out --method, and name one run")
    }
    (self.question, self.arguments) = (question, arguments)
    shape = try ChainSampling.shape(
      of: question.modality, in: question.trained, .crankNicolson, option: "rounds")
    self.candidates = candidates
    reference = try ChainSampling.reference(
      arguments[ChainSampling.prior], dimension: shape.reduce(1, *), candidates, common)
    try requireWithinBounds(common)
  }

  /// Says how many of the candidates the law cannot have drawn, whose sample they are to be, and refuses it where it is all.
  private func requireWithinBounds(_ common: Common) throws {
    let all = try candidates.candidates.to(.float64).reshaped([candidates.count, -1])
    let share = withoutGradients { reference.shareWithinBounds(all) }
    guard share > 0 else {
      throw UsageError(
        "no candidate lies within the bounds of this law, whose sample they are to be",
        at: .setting("prior"),
        remedy: "give the law that they were drawn from, or a sample of this one with --gallery")
    }
    guard share < 1 else { return }
    common.warn(
      "\((100 * (1 - share)).short) % of the candidates lie beyond the bounds of --prior, whose sample they are to be: "
        + "give the law that they were drawn from, or a sample of this one with --gallery")
  }

  /// What the last round said of one condition.
  struct Answer: SampledAnswer {
    let draws, mean: Tensor
    let covariance: Tensor?
    let candidates: Int
    let effectiveSampleSizes: [Double]
  }

  /// The answers to all conditions.
  func answers(count: Int, distinct: Bool, covariance: Bool, common: Common) throws -> [Answer] {
    var (answers, key) = ([Answer](), common.key)
    for row in 0..<(question.isTogether ? 1 : question.given.count) {
      let (first, second) = key.split()
      let target = try ChainSampling.target(
        row, question, question.trained, reference: reference, shape: shape)
      let found = target.importanceRounds(
        arguments[Self.rounds] ?? 0, adding: arguments[Self.adding],
        from: try candidates.candidates, key: first)
      let law = found.law
      let rows =
        distinct
        ? law.sampleWithoutReplacement(count, key: second) : law.sample(count, key: second)
      guard rows.count == count else {
        throw UsageError(
          "there are only \(rows.count) candidates", at: .setting("count"),
          remedy: "draw fewer, or leave out --without-replacement")
      }
      answers.append(
        Answer(
          draws: law.candidates.indexSelect(Tensor(rows)), mean: law.mean,
          covariance: covariance ? law.covariance : nil, candidates: law.count,
          effectiveSampleSizes: found.effectiveSampleSizes))
      key = key.folded(with: 1)
    }
    Sample.warn(
      answers.map { $0.effectiveSampleSizes.last ?? 1 }, arguments, common,
      remedy: "give more --rounds")
    return answers
  }

  func show(_ answers: [Answer], _ written: WrittenFiles, _ common: Common) throws {
    let rounds = arguments[Self.rounds] ?? 0
    let results = answers.map(Result.init)
    try Console.show(
      Drawn(
        written: written, head: Head(rounds: rounds),
        // Chains draw from the same law.
        calibration: try CalibrationNote(
          question, [.hamiltonian, .crankNicolson], prior: arguments[ChainSampling.prior]),
        results: results,
        source: "\(results.first?.candidates ?? 0) candidates after \(rounds.counted("round"))",
        sizes: results.map(\.effectiveSampleSize)), as: common)
  }

  private struct Head: Encodable {
    let rounds: Int
  }

  /// What the rounds did for one condition.
  private struct Result: Encodable {
    let draws, candidates: Int
    let effectiveSampleSize: Double
    let effectiveSampleSizes: [Double]

    init(_ answer: Answer) {
      (draws, candidates) = (answer.draws.shape[0], answer.candidates)
      effectiveSampleSizes = answer.effectiveSampleSizes
      effectiveSampleSize = effectiveSampleSizes.last ?? 1
    }
  }
}

/// Draws from one conditional that are no candidates of a gallery, and its moments.
protocol SampledAnswer {
  var draws: Tensor { get }
  var mean: Tensor { get }
  var covariance: Tensor? { get }
}
