/// A learned joint law of paired data (eq. 13): for each modality an encoder into one space, a tilting of their
/// embeddings, a temperature, and potentials on request,
///
///     ν(du, dv) = exp s(u, v) / Z · μ_u(du) μ_v(dv),   s = tilting(g_u(u), g_v(v)) / τ + φ_u(u) + φ_v(v),
///
/// and, where the tilting is a pair score, a network f(g_u(u), g_v(v)) added (`PairTilting`).
///
/// ```swift
/// let coupling = Coupling(
///   u: MLP([512, 256, 64], key: k1), v: Linear(768, 64, key: k2),
///   tilting: .cosine, temperature: try Temperature(.learned(initial: 0.07)))
/// coupling.scores(u: images, v: captions)  // N × M
/// ```
public struct Coupling {
  /// The modalities with all that is theirs. In matrices of scores the first is in the rows, the second in the
  /// columns.
  public let sides: [Side]
  /// How embeddings make a score: cosine, inner product or squared distance.
  public let tilting: any Tilting
  /// τ, by which scores are divided.
  public let temperature: Temperature
  /// A number added to all scores, learned from 0 on; nil for none. Only losses whose minimum is the log density ratio itself
  /// see it (`Loss.isNormalized`).
  public let shift: Tensor?
  /// f, the network on both embeddings of a pair score; nil for other tiltings.
  public let network: PairNetwork?

  /// The modalities must differ, and their encoders share their dimension, unless the tilting is a pair score alone.
  /// - Parameters:
  ///   - learnsShift: whether a shift of all scores is learned.
  ///   - key: of the first weights of a pair score.
  public init(
    _ sides: [Side], tilting: some Tilting, temperature: Temperature, learnsShift: Bool = false,
    key: Key = Key(0)
  ) {
    require(
      sides.count == 2 && Set(sides.map(\.modality)).count == sides.count,
      "Coupling: the modalities \(sides.map(\.modality)) are not two different ones")
    require(
      Set(sides.map(\.encoder.dimension)).count == 1 || !tilting.needsOneDimension,
      "Coupling: "
        + sides.map { "encoder \($0.modality) has dimension \($0.encoder.dimension)" }
        .joined(separator: " and "))
    self.sides = sides
    self.tilting = tilting
    self.temperature = temperature
    network = tilting.pair.map {
      PairNetwork(
        inputs: (sides[0].encoder.dimension, sides[1].encoder.dimension), width: $0.width,
        blocks: $0.blocks, key: key)
    }
    shift = learnsShift ? .zeros([1]) : nil
    shift?.requiresGradient = true
  }

  /// A coupling of u and v without potentials.
  public init(
    u: any SampleEncoder, v: any SampleEncoder, tilting: some Tilting, temperature: Temperature
  ) {
    self.init(
      [Side(.u, encoder: u), Side(.v, encoder: v)], tilting: tilting, temperature: temperature)
  }

  /// d, the length of an embedding.
  public var dimension: Int { sides[0].encoder.dimension }

  /// The modalities, in the order of the sides.
  public var modalities: [Modality] { sides.map(\.modality) }

  /// The place of a modality, which must be one of these, among the sides.
  func place(of modality: Modality) -> Int {
    guard let place = sides.firstIndex(where: { $0.modality == modality }) else {
      // A programmer's error, as an index out of range is.
      fatalError("Coupling: no modality \(modality) among \(modalities)")
    }
    return place
  }

  /// The side of a modality, which must be one of the coupling's.
  public subscript(_ modality: Modality) -> Side { sides[place(of: modality)] }

  /// The other modality of a pair.
  public func partner(of modality: Modality) -> Modality {
    sides[1 - place(of: modality)].modality
  }

  /// Everything that is learned. The names follow from the sides: `u.…` and `v.…` for the encoders, `temperature.…`,
  /// `potential.u.…` and `potential.v.…`, `pair.…` for the network of a pair score, and `shift.value` where one is learned.
  public var parameters: Parameters {
    let encoders = sides.map { ($0.modality.name, $0.encoder.parameters) }
    let potentials = sides.map {
      ("potential.\($0.modality)", $0.potential?.parameters ?? [:])
    }
    return Parameters(
      parts: encoders + [("temperature", temperature.parameters)] + potentials
        + (network.map { [("pair", $0.parameters)] } ?? []) + [
          ("shift", shift.map { ["value": $0] } ?? [:])
        ])
  }

  /// What a weight file holds.
  public var savedTensors: [(name: String, tensor: Tensor)] { parameters.entries }

  /// Overwrites everything that a weight file holds.
  /// - Throws: `Failure` when the values are of another model; then nothing has changed.
  public func load(_ values: [String: Tensor], from place: String) throws {
    try parameters.load(EarlierVersions.renamed(values), from: place)
  }

  /// Where the parameters are; samples that are read are brought there.
  public var device: Device { parameters.tensors.first?.device ?? .cpu }

  /// Samples where the parameters are; as they are where there is nothing to learn.
  func brought(_ samples: Tensor) -> Tensor {
    parameters.tensors.first.map { samples.to(deviceOf: $0) } ?? samples
  }

  /// How many pairs are looked at where all are scored with one another and `count` would be at hand for products of
  /// embeddings: of a pair score, which evaluates its network for each of their squares, at most 1,000.
  public func looking(at count: Int) -> Int { network == nil ? count : min(count, 1000) }

  // MARK: Embedding

  /// The embeddings of a batch, differentiable.
  public func embed(_ modality: Modality, _ data: Tensor, mode: Mode) -> Embedded {
    let place = place(of: modality)
    return sides[place].embed(data, mode: mode, place: place)
  }

  /// The embeddings of any amount of data, in chunks, without derivatives: memory beyond the result stays
  /// that of one chunk. The data come to where the parameters are.
  public func embed(_ modality: Modality, _ data: Tensor, chunk: Int = 1024) -> Embedded {
    withoutGradients {
      let count = data.shape[0]
      return .joined(
        stride(from: 0, to: count, by: chunk).map {
          embed(modality, brought(data[$0..<min($0 + chunk, count)]), mode: .inference)
        })
    }
  }

  /// The embeddings of samples, read in chunks: they need not fit in memory.
  /// - Throws: `Failure` when they cannot be read.
  public func embed(_ modality: Modality, _ samples: any SampleSource, chunk: Int = 1024) throws
    -> Embedded
  {
    try embed(modality, samples, rows: 0..<samples.count, chunk: chunk)
  }

  /// Those of samples in succession.
  /// - Throws: `Failure` when they cannot be read.
  public func embed(
    _ modality: Modality, _ samples: any SampleSource, rows: Range<Int>, chunk: Int = 1024
  ) throws -> Embedded {
    try withoutGradients {
      .joined(
        try stride(from: rows.lowerBound, to: rows.upperBound, by: chunk).map {
          let rows = try samples.rows($0..<min($0 + chunk, rows.upperBound))
          return embed(modality, brought(rows), mode: .inference)
        })
    }
  }

  /// The embeddings of all samples of pairs, in the order of the sides.
  ///
  /// Processes that share what is computed embed chunks of their own, and gather them.
  /// - Throws: `Failure` when they cannot be read.
  public func embed(_ pairs: PairedData) throws -> [Embedded] {
    try modalities.map { try embedTogether($0, pairs[$0]) }
  }

  /// The embeddings of samples in succession, on every process; those that share what is computed embed chunks of their
  /// own, in which numbers are rounded as in one process.
  /// - Throws: `Failure` when they cannot be read.
  package func embedTogether(
    _ modality: Modality, _ samples: any SampleSource, rows: Range<Int>? = nil
  ) throws -> Embedded {
    let rows = rows ?? 0..<samples.count
    let (ranks, chunk) = (Communicator.sharing, 1024)
    guard ranks.size > 1, !rows.isEmpty else { return try embed(modality, samples, rows: rows) }
    let own = ranks.share(of: rows.count, inChunksOf: chunk).shifted(by: rows.lowerBound)
    // Of a process without a chunk the shapes are needed.
    let part =
      own.isEmpty
      ? try embed(modality, samples, rows: rows.prefix(1))[0..<0]
      : try embed(modality, samples, rows: own, chunk: chunk)
    return withoutGradients {
      Embedded(ranks.gather(part.vectors), potential: part.potential.map { ranks.gather($0) })
    }
  }

  // MARK: Scores

  /// s(uⁱ, vʲ) for all pairs of embeddings of the first and of the second side, in factored form.
  public func factors(_ u: Embedded, _ v: Embedded) -> ScoreFactors {
    let scores = tilting.factors(
      u.vectors, v.vectors, temperature: temperature.value(like: u.vectors)
    ).adding(rowBias: shifted(u), columnBias: v.potential)
    return network.map { scores.adding($0.scores(u.vectors, v.vectors)) } ?? scores
  }

  /// φ_u and the shift, where there is either.
  private func shifted(_ u: Embedded) -> Tensor? {
    guard let shift = shift?.to(u.vectors.dtype) else { return u.potential }
    return u.potential.map { $0 + shift } ?? shift.expanded([u.vectors.shape[0]])
  }

  /// The scores of pairs, partners on the diagonal.
  /// - Throws: `Failure` when the samples cannot be read.
  public func factors(of pairs: PairedData) throws -> ScoreFactors {
    try withoutGradients {
      let embedded = try embed(pairs)
      return factors(embedded[0], embedded[1])
    }
  }

  /// The scores of conditions, in the rows, with candidates of `modality`, in the columns.
  func factors(of modality: Modality, given conditions: Embedded, among candidates: Embedded)
    -> ScoreFactors
  {
    place(of: modality) == 0
      ? factors(candidates, conditions).transposed : factors(conditions, candidates)
  }

  /// s(uⁱ, vʲ), N × M, for data.
  public func scores(u: Tensor, v: Tensor) -> Tensor {
    withoutGradients {
      factors(embed(sides[0].modality, u), embed(sides[1].modality, v)).matrix
    }
  }

  // MARK: Conditionals

  /// The learned conditional ν(· | given) of `modality` over a finite set of candidates (eq. 28), one for
  /// each row of `given`.
  ///
  /// - Parameters:
  ///   - given: data of the partner modality, one row a condition.
  ///   - candidates: data of `modality`.
  ///   - weights: the reference weights m_i of the candidates, uniform when nil.
  public func conditionals(
    of modality: Modality, given: Tensor, among candidates: Tensor, weights: Tensor? = nil
  ) -> [ConditionalDistribution] {
    conditionals(
      of: modality, given: embed(partner(of: modality), given),
      among: embed(modality, candidates), candidates: candidates,
      logWeights: weights?.to(.float64).log())
  }

  /// The same for data that has been embedded already, as when one gallery serves many questions.
  ///
  /// - Parameter logWeights: reference weights, or a prior density, as logarithms, which cannot underflow; uniform
  ///   when nil.
  public func conditionals(
    of modality: Modality, given: Embedded, among embedded: Embedded, candidates: Tensor,
    logWeights: Tensor? = nil
  ) -> [ConditionalDistribution] {
    withoutGradients {
      // In double precision: weights are exponentials of scores.
      let scores = factors(
        of: modality, given: given.to(.float64), among: embedded.to(.float64)
      ).matrix
      return (0..<scores.shape[0]).map {
        ConditionalDistribution(
          scores: scores[$0], candidates: candidates, logWeights: logWeights)
      }
    }
  }

  /// The learned conditional of `modality` given several independent observations of one cause: their scores add (MATH §2).
  /// Right where the score is the log density ratio up to a function of what is given; see `Loss.addsOver`.
  ///
  /// - Parameters: as of the conditionals; every row of `given` is an observation.
  public func conditional(
    of modality: Modality, givenTogether given: Embedded, among embedded: Embedded,
    candidates: Tensor, logWeights: Tensor? = nil
  ) -> ConditionalDistribution {
    withoutGradients {
      let scores = factors(
        of: modality, given: given.to(.float64), among: embedded.to(.float64)
      ).matrix
      return ConditionalDistribution(
        scores: scores.sum(dim: 0), candidates: candidates, logWeights: logWeights)
    }
  }

  /// The learned conditional ν(· | given) for one condition: `given` has one row.
  public func conditional(
    _ modality: Modality, given: Tensor, among candidates: Tensor, weights: Tensor? = nil
  ) -> ConditionalDistribution {
    require(
      given.shape.first == 1,
      "Coupling.conditional: one condition is needed, not \(given.shape); see conditionals(of:)")
    return conditionals(of: modality, given: given, among: candidates, weights: weights)[0]
  }
}
