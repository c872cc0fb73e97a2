import CoupletCore
import Files

/// The candidates among which a run answers, with the logarithms of their reference weights.
///
/// ```swift
/// let gallery = run.gallery(.u, of: test.pairs)
/// let means = try run.answers(.u, given: queries, among: gallery, \.mean)   // E[u | v], one for each query
/// ```
public struct Gallery {
  /// The candidates, which need not lie in memory.
  public let samples: any SampleSource
  /// log m, n, up to a constant; nil for candidates that are a sample of the reference themselves.
  public let logWeights: Tensor?
  /// The number of each candidate: its row in the user's file, or its place among the labels.
  public let rows: [Int]

  /// - Parameter rows: 0, 1, … when nil.
  public init(candidates: Tensor, logWeights: Tensor? = nil, rows: [Int]? = nil) {
    self.init(samples: TensorSamples(candidates), logWeights: logWeights, rows: rows)
  }

  /// The same for candidates that need not lie in memory.
  public init(samples: any SampleSource, logWeights: Tensor? = nil, rows: [Int]? = nil) {
    self.samples = samples
    self.logWeights = logWeights
    self.rows = rows ?? Array(0..<samples.count)
  }

  /// n.
  public var count: Int { samples.count }
  /// All candidates in memory, n × ….
  /// - Throws: `Failure` when they cannot be read.
  public var candidates: Tensor { get throws { try samples.all() } }

  /// The same candidates weighted by a prior density at them, known up to a constant, so that the mode is the
  /// MAP point, which maximises s(u, v) + log prior(u) (eq. 61).
  /// - Parameter file: log prior, one number a candidate, as `.npy`; −∞ rules a candidate out.
  /// - Throws: `Failure` when the file cannot be read or holds no such prior.
  public func weighted(byLogPrior file: String) throws -> Gallery {
    Gallery(
      samples: samples, logWeights: try Gallery.logPrior(file, count: count), rows: rows)
  }

  /// The same reference measure on different candidates: copies of one fill one place of a list, with their weights
  /// together and the row of the first.
  /// - Parameter space: where the candidates lie.
  /// - Throws: `Failure` when they cannot be read.
  public func merged(in space: SampleSpace) throws -> Gallery {
    guard space.labels == nil, let (first, places) = try Repeats.distinct(in: samples) else {
      return self
    }
    let shift = logWeights?.max().item() ?? 0
    let weights = logWeights.map { ($0 - shift).exp().to(.float64) }
    let sums = Tensor.zeros([first.count], dtype: .float64).scatterAdd(
      dim: 0, Tensor(places), weights ?? .ones([count], dtype: .float64))
    return Gallery(
      samples: samples.view(first), logWeights: sums.log() + shift,
      rows: first.map { rows[$0] })
  }

  static func logPrior(_ file: String, count: Int) throws -> Tensor {
    let array = try Npy.read(file)
    guard array.shape == [count] else {
      throw Failure(
        "a log prior of shape \(array.shape) for \(count) candidates", at: file,
        remedy: "give one number for each candidate, in their order")
    }
    let values = array.doubles()
    if let bad = values.firstIndex(where: { $0.isNaN || $0 == .infinity }) {
      throw Failure(
        "the value is \(values[bad])", at: "\(file) (index \(bad))",
        remedy: "give logarithms: finite numbers, or −inf to rule a candidate out")
    }
    guard values.contains(where: { $0 > -.infinity }) else {
      throw Failure("every candidate is ruled out", at: file, remedy: "give a finite number to one")
    }
    return Tensor(values)
  }
}

extension TrainedRun {
  /// The candidates for a modality among pairs: the samples, or every label once, for which no pairs are
  /// needed.
  /// - Throws: `Failure` when the pairs cannot be read.
  public func gallery(
    _ modality: Modality, of pairs: @autoclosure () throws -> PairedData
  ) throws -> Gallery {
    if let labels = space(modality).labels {
      return Gallery(
        candidates: .arange(labels.count),
        logWeights: coupling[modality].marginal?.to(.float64).log())
    }
    let pairs = try pairs()
    return Gallery(samples: pairs[modality], rows: pairs.fileRows)
  }

  /// The learned conditional given all rows of `given`, independent observations of one cause: their scores add (MATH §2).
  ///
  /// ```swift
  /// try run.answer(.u, givenTogether: run.samples(.v, at: "repeated.npy"), among: gallery).mean
  /// ```
  /// - Throws: `Failure` when the observations cannot be read, there is none, or the loss that the run was trained with
  ///   leaves a free function of the cause.
  public func answer(
    _ modality: Modality, givenTogether given: any SampleSource, among gallery: Gallery
  ) throws -> ConditionalDistribution {
    try requireScoresThatAdd(over: modality)
    guard given.count > 0 else {
      throw Failure("there is no observation", at: given.name, remedy: "give at least one")
    }
    let candidates = try gallery.candidates
    return coupling.conditional(
      of: modality, givenTogether: try coupling.embed(coupling.partner(of: modality), given),
      among: coupling.embed(modality, candidates), candidates: candidates,
      logWeights: gallery.logWeights)
  }

  /// - Throws: `Failure` when the loss leaves a free function of a cause of this modality.
  public func requireScoresThatAdd(over modality: Modality) throws {
    let loss = configuration.loss.value
    guard !loss.addsOver(causeIsFirst: coupling.modalities.first == modality) else { return }
    throw Failure(
      "the run was trained with \(loss.name), which leaves a function of \(modality) free: scores of several "
        + "observations do not add", at: .setting("together"),
      remedy: "train with two-sided, joint, sigmoid or anchored")
  }

  /// What `read` takes from the learned conditional of each row of `given`.
  /// - Throws: what `read` throws.
  public func answers<Answer>(
    _ modality: Modality, given: Tensor, among gallery: Gallery,
    _ read: (ConditionalDistribution) throws -> Answer
  ) throws -> [Answer] {
    var answers: [Answer] = []
    try forEachAnswer(modality, given: TensorSamples(given), among: gallery) {
      answers.append(try read($1))
    }
    return answers
  }

  /// Calls `body` with the learned conditional of each row of `given` and the number of the row, in their order.
  ///
  /// Conditions are read and scored in blocks: memory stays that of a block of conditions times the candidates,
  /// however many conditions there are.
  ///
  /// ```swift
  /// try run.forEachAnswer(.u, given: run.samples(.v, at: "queries.npy"), among: gallery) { row, law in
  ///   print(row, law.top(1)[0].index)
  /// }
  /// ```
  /// - Throws: `Failure` when the conditions cannot be read, and what `body` throws.
  public func forEachAnswer(
    _ modality: Modality, given: any SampleSource, among gallery: Gallery,
    _ body: (_ row: Int, ConditionalDistribution) throws -> Void
  ) throws {
    try [self].forEachAnswer(modality, given: given, among: gallery, body)
  }
}

extension [TrainedRun] {
  /// The same with the average of the runs' conditionals, of at least one run.
  /// - Throws: as of one run.
  public func forEachAnswer(
    _ modality: Modality, given: any SampleSource, among gallery: Gallery,
    _ body: (_ row: Int, ConditionalDistribution) throws -> Void
  ) throws {
    let candidates = try gallery.candidates
    let embedded = map { $0.coupling.embed(modality, candidates) }
    try given.forEachBlock(of: Swift.max(1, Swift.min(256, (1 << 24) / gallery.count / count))) {
      range, rows in
      let laws = zip(self, embedded).map { run, embedded in
        run.coupling.conditionals(
          of: modality, given: run.coupling.embed(run.coupling.partner(of: modality), rows),
          among: embedded, candidates: candidates, logWeights: gallery.logWeights)
      }
      for (place, row) in range.enumerated() {
        try body(row, ConditionalDistribution(averaging: laws.map { $0[place] }))
      }
    }
  }

  /// The average of the conditionals of the runs given all rows of `given`, independent observations of one cause.
  /// - Throws: as of one run.
  public func answer(
    _ modality: Modality, givenTogether given: any SampleSource, among gallery: Gallery
  ) throws -> ConditionalDistribution {
    ConditionalDistribution(
      averaging: try map { try $0.answer(modality, givenTogether: given, among: gallery) })
  }

  /// - Throws: `Failure` when a run's modalities are not those of the first.
  public func requireSameSpaces() throws {
    for run in dropFirst() {
      guard run.configuration.sides.map(\.modality) == self[0].configuration.sides.map(\.modality),
        run.configuration.sides.map(\.space) == self[0].configuration.sides.map(\.space)
      else {
        throw Failure(
          "its samples are of another kind or shape than those of \(self[0].path)", at: run.path,
          remedy: "name runs that were trained on the same kind of pairs")
      }
    }
  }
}
