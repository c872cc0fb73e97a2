import Arguments
import CoupletCore
import Files
import Runs

/// `couplet sample --method hmc` and `pcn`: draws beyond the gallery, by Markov chains.
struct ChainSampling {
  static let method = Argument.option(
    "method", .choice(["gallery"] + ChainMethod.allCases.map(\.rawValue)), default: "gallery",
    "where draws come from: the candidates; or chains from anywhere: Hamiltonian Monte Carlo, or preconditioned Crank-Nicolson"
  )
  static let prior = Argument.option(
    "prior", .text("LAW|FILE"), shown: "fitted, for chains",
    "for chains the law of samples without a condition: gaussian:MEAN,VARIANCE or uniform:LOW,HIGH of each coordinate (uniform:0/0,1/2 where they differ, and A+B for one after the other), fitted, the Gaussian law of the candidates, or mixture:K or mixture:auto, a mixture of Gaussian laws fitted to them, or a .safetensors or .npz file with mean and covariance, with weights, means and covariances, or with eigenvalues and a basis; for galleries the log prior of each candidate, as .npy"
  )
  static let chains = Argument.option(
    "chains", .integer(in: 2...), default: 64, "how many chains run side by side")
  static let warmUp = Argument.option(
    "warm-up", .integer(in: 1...), shown: "300, of pcn 2000",
    "how many transitions of a chain adapt the sampler and are dropped")

  private let question: Question
  private let method: ChainMethod
  private let reference: ReferenceDensity
  private let shape: [Int]
  private let candidates: Gallery
  private let arguments: ParsedArguments

  /// nil where draws are to come from the gallery.
  /// - Parameter candidates: those of the question.
  /// - Throws: `Failure` where samples have no density, or the prior is none.
  init?(
    _ question: Question, among candidates: Gallery, _ arguments: ParsedArguments, _ common: Common
  ) throws {
    guard let method = ChainMethod(rawValue: arguments[Self.method]) else { return nil }
    let shape = try Self.shape(of: question.modality, in: question.trained, method)
    for run in question.runs.dropFirst() {
      _ = try Self.shape(of: question.modality, in: run, method)
    }
    self.question = question
    (self.method, self.shape, self.arguments) = (method, shape, arguments)
    self.candidates = candidates
    reference = try Self.reference(
      arguments[Self.prior], dimension: shape.reduce(1, *), candidates, common)
  }

  /// The shape of samples that chains can draw.
  /// - Throws: `UsageError` where they have no density, or the method cannot explore it.
  static func shape(
    of modality: Modality, in trained: TrainedRun, _ method: ChainMethod, option: String = "method"
  ) throws -> [Int] {
    let space = trained.space(modality)
    guard case .real(let shape) = space else {
      throw UsageError(
        "\(modality) is \(space.inWords), which have no density to sample", at: .setting(option),
        remedy: "leave it out: draws then come from the gallery")
    }
    let side = trained.coupling[modality]
    if method == .hamiltonian,
      ![side.encoder, side.potential].compactMap(\.self).allSatisfy(\.isDifferentiable)
    {
      throw UsageError(
        "the encoder of \(modality) has no derivatives, which hmc follows",
        at: .setting("method"), remedy: "use --method pcn, or the gallery")
    }
    return shape
  }

  /// The law that `--prior` names; `gallery` is what is fitted to.
  static func reference(
    _ text: String?, dimension: Int, _ gallery: Gallery, _ common: Common
  ) throws -> ReferenceDensity {
    try located {
      try ReferenceDensity(
        text ?? "fitted", dimension: dimension,
        fittedTo: gallery.candidates.reshaped([gallery.count, dimension]), key: common.key)
    }
  }

  private static func located<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let failure as Failure {
      // What is wrong with a file is said at the file.
      if case .file = failure.place { throw failure }
      throw UsageError(failure.at(.setting("prior")))
    }
  }

  /// What chains said of one condition.
  struct Answer: SampledAnswer {
    let draws: Tensor
    let mean: Tensor
    let covariance: Tensor?
    /// Those of each run.
    let chains: [MarkovChains]
  }

  /// The answers to all conditions.
  func answers(count: Int, covariance: Bool, common: Common) throws -> [Answer] {
    var (answers, key) = ([Answer](), common.key)
    let number = arguments[Self.chains]
    try question.forEachLaw(among: candidates) { row, law in
      let each = MarkovChains.draws(for: count, chains: number)
      let (draws, chains) = try drawn(row, from: law, chains: number, each, key)
      answers.append(
        Answer(
          draws: draws.spread(count), mean: draws.mean(dim: 0),
          covariance: covariance ? Self.covariance(draws) : nil, chains: chains))
      key = key.folded(with: 1)
    }
    warn(answers, common)
    return answers
  }

  /// Draws of the average of the runs' conditionals: as many of each. The chains of each run start from the average over the gallery.
  private func drawn(
    _ row: Int, from law: ConditionalDistribution, chains number: Int, _ each: Int, _ key: Key
  ) throws -> (samples: Tensor, chains: [MarkovChains]) {
    let found = try question.runs.enumerated().map { place, run in
      let (first, second) = (place == 0 ? key : key.folded(with: 1000 + place)).split()
      let target = try Self.target(row, question, run, reference: reference, shape: shape)
      let chains = target.sample(
        method, from: target.starts(number, from: law, key: first),
        warmUp: arguments[Self.warmUp], draws: each, key: second)
      return (samples: withoutGradients { target.samples(chains.flattened) }, chains: chains)
    }
    return (cat(found.map(\.samples)), found.map(\.chains))
  }

  /// The maximum a posteriori sample for each condition, 1 × shape.
  func maxima(_ common: Common) throws -> [Tensor] {
    var (maxima, key) = ([Tensor](), common.key)
    try question.forEachLaw(among: candidates) { row, law in
      let target = try Self.target(
        row, question, question.trained, reference: reference, shape: shape)
      let starts = cat([
        reference.coordinates(
          law.candidates[law.top(1)[0].index].to(.float64).reshaped([1, reference.sampleDimension])),
        target.starts(7, from: law, key: key),
      ])
      maxima.append(target.maximum(from: starts).sample[0])
      key = key.folded(with: 1)
    }
    return maxima
  }

  /// The density of a run's answer to a condition, or to all of them together.
  static func target(
    _ row: Int, _ question: Question, _ run: TrainedRun, reference: ReferenceDensity, shape: [Int]
  ) throws -> ConditionalTarget {
    if question.isTogether { try run.requireScoresThatAdd(over: question.modality) }
    return ConditionalTarget(
      run.coupling, question.modality,
      given: try question.isTogether ? question.given.all() : question.given.rows(row..<row + 1),
      reference: reference, shape: shape)
  }

  private static func covariance(_ samples: Tensor) -> Tensor {
    let flat = samples.flattened(from: 1)
    let centred = flat - flat.mean(dim: 0)
    return matmul(centred.T, centred) / Double(flat.shape[0] - 1)
  }

  private func warn(_ answers: [Answer], _ common: Common) {
    if answers.flatMap(\.chains).contains(where: { $0.acceptance == 0 }) {
      common.warn(
        "no transition was accepted, and the draws are where the chains began: give a --prior that the candidates could come from"
      )
    }
    let worst = answers.flatMap(\.chains).map(\.largestR).max() ?? 1
    if worst > 1.01 {
      common.warn(
        "the chains have not mixed (split R-hat \(worst.short), above 1.01): give more --warm-up and a "
          + "larger --count, and compare with --method gallery")
    }
  }

  func show(_ answers: [Answer], _ written: WrittenFiles, _ common: Common) throws {
    let results = answers.map(Result.init)
    let chains = arguments[Self.chains]
    try Console.show(
      Drawn(
        written: written, head: Head(method: method.rawValue, chains: chains),
        calibration: try CalibrationNote(question, [method], prior: arguments[Self.prior]),
        results: results, source: "\(chains) chains", sizes: results.map(\.effectiveSampleSize)),
      as: common)
  }

  private struct Head: Encodable {
    let method: String
    let chains: Int
  }

  /// What chains did for one condition.
  private struct Result: Encodable {
    let draws, transitions: Int
    let acceptance, splitR, effectiveSampleSize: Double
    let effectiveSampleSizes: [Double]

    init(_ answer: Answer) {
      let chains = answer.chains
      (draws, transitions) = (answer.draws.shape[0], chains.map(\.count).reduce(0, +))
      acceptance = chains.map(\.acceptance).reduce(0, +) / Double(chains.count)
      splitR = chains.map(\.largestR).max() ?? 1
      let sizes = chains.map(\.effectiveSampleSizes)
      effectiveSampleSizes = (sizes.first ?? []).indices.map { coordinate in
        sizes.map { $0[coordinate] }.reduce(0, +)
      }
      effectiveSampleSize = effectiveSampleSizes.min() ?? 0
    }
  }
}
