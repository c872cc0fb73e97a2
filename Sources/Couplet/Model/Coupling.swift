/// A learned joint law of paired data (eq. 13): two encoders into one space, a tilting of their
/// embeddings, a temperature, and potentials on request,
///
///     ν(du, dv) = exp s(u, v) / Z · μ_u(du) μ_v(dv),   s = tilting(g_u(u), g_v(v)) / τ + φ_u(u) + φ_v(v).
///
/// ```swift
/// let coupling = Coupling(
///   u: MLP([512, 256, 64], key: k1), v: Linear(768, 64, key: k2),
///   tilting: .cosine, temperature: try Temperature(.learned(initial: 0.07)))
/// coupling.scores(u: images, v: captions)  // N × M
/// ```
public struct Coupling {
  /// The encoders.
  public let u: any Encoder
  public let v: any Encoder
  public let tilting: any Tilting
  public let temperature: Temperature
  /// Learned scalars φ_u, φ_v added to the score; encoders of dimension 1.
  public let potentialU: (any Encoder)?
  public let potentialV: (any Encoder)?

  /// The encoders must share their dimension, and potentials must have dimension 1.
  public init(
    u: any Encoder, v: any Encoder, tilting: some Tilting, temperature: Temperature,
    potentialU: (any Encoder)? = nil, potentialV: (any Encoder)? = nil
  ) {
    precondition(
      u.dimension == v.dimension,
      "Coupling: encoder u has dimension \(u.dimension) and encoder v has \(v.dimension)")
    precondition(
      potentialU?.dimension ?? 1 == 1 && potentialV?.dimension ?? 1 == 1,
      "Coupling: a potential has dimension 1")
    self.u = u
    self.v = v
    self.tilting = tilting
    self.temperature = temperature
    self.potentialU = potentialU
    self.potentialV = potentialV
  }

  /// d, the length of an embedding.
  public var dimension: Int { u.dimension }

  /// Everything that is learned.
  public var parameters: Parameters {
    Parameters(parts: [
      "u": u.parameters, "v": v.parameters, "temperature": temperature.parameters,
      "potentialU": potentialU?.parameters ?? [:], "potentialV": potentialV?.parameters ?? [:],
    ])
  }

  /// What a weight file holds.
  public var savedTensors: [(name: String, tensor: Tensor)] { parameters.entries }

  /// Overwrites everything that a weight file holds.
  /// - Throws: `Failure` when the values are of another model; then nothing has changed.
  public func load(_ values: [String: Tensor], from place: String) throws {
    try parameters.load(values, from: place)
  }

  public func encoder(_ modality: Modality) -> any Encoder { modality == .u ? u : v }

  // MARK: Embedding

  /// The embeddings of a batch, differentiable.
  public func embed(_ modality: Modality, _ data: Tensor, mode: Mode) -> Embedded {
    let (encoder, potential) = modality == .u ? (u, potentialU) : (v, potentialV)
    // Encoders and potentials of both modalities draw from keys of their own.
    let first = modality == .u ? 0 : 2
    return Embedded(
      encoder(data, mode: mode.folded(with: first)),
      potential: potential.map { $0(data, mode: mode.folded(with: first + 1)).flattened() })
  }

  /// The embeddings of any amount of data, in chunks, without derivatives: memory beyond the result stays
  /// that of one chunk.
  public func embed(_ modality: Modality, _ data: Tensor, chunk: Int = 1024) -> Embedded {
    withoutGradients {
      let count = data.shape[0]
      return .joined(
        stride(from: 0, to: count, by: chunk).map {
          embed(modality, data[$0..<min($0 + chunk, count)], mode: .inference)
        })
    }
  }

  // MARK: Scores

  /// s(uⁱ, vʲ) for all pairs of embeddings, in factored form.
  public func factors(_ u: Embedded, _ v: Embedded) -> ScoreFactors {
    tilting.factors(u.vectors, v.vectors, temperature: temperature.value(like: u.vectors))
      .adding(rowBias: u.potential, columnBias: v.potential)
  }

  /// s(uⁱ, vʲ), N × M, for data.
  public func scores(u: Tensor, v: Tensor) -> Tensor {
    withoutGradients { factors(embed(.u, u), embed(.v, v)).matrix }
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
      of: modality, given: embed(modality.partner, given), among: embed(modality, candidates),
      candidates: candidates, weights: weights)
  }

  /// The same for data that has been embedded already, as when one gallery serves many questions.
  ///
  /// - Parameter logWeights: in place of `weights`: reference weights, or a prior density, as logarithms, which
  ///   cannot underflow.
  public func conditionals(
    of modality: Modality, given: Embedded, among embedded: Embedded, candidates: Tensor,
    weights: Tensor? = nil, logWeights: Tensor? = nil
  ) -> [ConditionalDistribution] {
    withoutGradients {
      // In double precision: weights are exponentials of scores.
      let (given, embedded) = (given.to(.float64), embedded.to(.float64))
      let scores =
        modality == .u
        ? factors(embedded, given).transposed.matrix : factors(given, embedded).matrix
      return (0..<scores.shape[0]).map {
        ConditionalDistribution(
          scores: scores[$0], candidates: candidates,
          logWeights: logWeights ?? weights?.to(.float64).log())
      }
    }
  }

  /// The learned conditional ν(· | given) for one condition (the first row of `given`).
  public func conditional(
    _ modality: Modality, given: Tensor, among candidates: Tensor, weights: Tensor? = nil
  ) -> ConditionalDistribution {
    conditionals(of: modality, given: given[0..<1], among: candidates, weights: weights)[0]
  }
}
