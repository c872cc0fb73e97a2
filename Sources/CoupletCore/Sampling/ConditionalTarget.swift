/// The learned conditional ν(· | given) of one modality beyond a gallery, as a density of the coordinates z of its reference,
///
///     log π(z) = s(T(z), given) + c(z) − ½ |z|² + const   (MATH §10)
///
/// with the reference's correction c, 0 but for mixtures.
///
/// ```swift
/// let target = ConditionalTarget(coupling, .u, given: query, reference: prior, shape: [100])
/// let chains = target.sample(.hamiltonian, from: target.starts(64, key: k1), draws: 500, key: k2)
/// ```
public struct ConditionalTarget {
  private let coupling: Coupling
  private let modality: Modality
  private let given: Embedded
  /// What the conditional is a density to.
  public let reference: ReferenceDensity
  private let shape: [Int]
  /// How many chains each condition has, one condition's after the other's; nil where one condition has all.
  private let chainsOfEach: Int?

  /// - Parameters:
  ///   - given: one sample of the partner, with an axis of length 1 in front; or several independent observations of one
  ///     cause, whose scores add (MATH §2).
  ///   - shape: of a sample of `modality`, whose coordinates are the reference's.
  public init(
    _ coupling: Coupling, _ modality: Modality, given: Tensor, reference: ReferenceDensity,
    shape: [Int]
  ) {
    require(
      given.shape[0] >= 1 && shape.reduce(1, *) == reference.sampleDimension,
      "ConditionalTarget: a condition \(given.shape); samples \(shape) of a reference in "
        + "\(reference.sampleDimension) dimensions")
    (self.coupling, self.modality, self.reference, self.shape) = (
      coupling, modality, reference, shape
    )
    self.given = coupling.embed(coupling.partner(of: modality), given)
    chainsOfEach = nil
  }

  /// Many conditions at once, each with chains of its own: rows c·chains … (c + 1)·chains − 1 of coordinates belong to the
  /// c-th of the samples `eachGiven`.
  public init(
    _ coupling: Coupling, _ modality: Modality, eachGiven: Tensor, chains: Int,
    reference: ReferenceDensity, shape: [Int]
  ) {
    (self.coupling, self.modality, self.reference, self.shape) = (
      coupling, modality, reference, shape
    )
    let embedded = coupling.embed(coupling.partner(of: modality), eachGiven)
    let rows = Tensor((0..<embedded.count * chains).map { $0 / chains })
      .to(deviceOf: embedded.vectors)
    given = Embedded(
      embedded.vectors.indexSelect(rows), potential: embedded.potential?.indexSelect(rows))
    chainsOfEach = chains
  }

  /// The samples of coordinates z, N × n ↦ N × shape.
  public func samples(_ z: Tensor) -> Tensor {
    reference.point(z).reshaped([z.shape[0]] + shape)
  }

  /// s(T(z), given), N.
  func score(_ z: Tensor) -> Tensor {
    let samples = coupling.brought(samples(z))
    let among = coupling.embed(modality, samples, mode: .inference)
    // An encoder that is the identity leaves coordinates in double precision.
    let factors = coupling.factors(
      of: modality, given: given.to(among.vectors.dtype), among: among)
    return chainsOfEach == nil
      ? factors.matrix.to(.float64).sum(dim: 0) : factors.diagonal.to(.float64)
  }

  /// Draws of chains, T × C × n, less the mean of those of their condition: what R̂ and effective sample sizes of many
  /// conditions are taken of.
  public func centred(_ draws: Tensor) -> Tensor {
    let shape = draws.shape
    let chains = chainsOfEach ?? shape[1]
    let apart = draws.reshaped([shape[0], shape[1] / chains, chains, shape[2]])
    let means = apart.mean(dim: 2, keepDim: true).mean(dim: 0, keepDim: true)
    return (apart - means).reshaped(shape)
  }

  /// s(T(z), given) without derivatives.
  func scores(_ z: Tensor) -> Tensor { withoutGradients { score(z) } }

  /// log π(z) + ½ |z|², N: the score, and the reference's correction.
  private func tilt(_ z: Tensor) -> Tensor {
    let score = score(z)
    return reference.correction(z).map { score + $0 } ?? score
  }

  /// The same without derivatives.
  func tilts(_ z: Tensor) -> Tensor { withoutGradients { tilt(z) } }

  /// log π and its gradient, N and N × n.
  func logDensity(_ z: Tensor) -> (values: Tensor, slopes: Tensor) {
    let leaf = z.detached().clone()
    leaf.requiresGradient = true
    let values = tilt(leaf)
    values.sum().backward()
    // A score that does not look at the samples has no slope.
    let slope = leaf.gradient ?? leaf.zerosLike()
    return withoutGradients {
      (values.detached() - z.square().sum(dim: 1) * 0.5, slope - z)
    }
  }

  /// Calls `body` with the parameters at rest: their gradients are not asked for.
  func withFixedParameters<Result>(_ body: () -> Result) -> Result {
    let learned = coupling.parameters.tensors.filter(\.requiresGradient)
    for tensor in learned { tensor.requiresGradient = false }
    defer { for tensor in learned { tensor.requiresGradient = true } }
    return body()
  }

  /// Places to start chains from, drawn from the reference.
  public func starts(_ chains: Int, key: Key) -> Tensor {
    reference.draws(chains, key: key)
  }

  /// Places to start chains from, drawn from the answer over a gallery. Its weights are tempered, m exp(α s) with the
  /// largest α ≤ 1, so that their effective sample size is at least the number of chains (half the candidates where these are few):
  /// chains that start together would agree with one another whatever they miss.
  public func starts(_ chains: Int, from law: ConditionalDistribution, key: Key) -> Tensor {
    let wanted = Double(min(chains, max(1, law.count / 2)))
    let rows = Tensor(law.tempered(to: wanted).sample(chains, key: key)).to(
      deviceOf: law.candidates)
    let chosen = law.candidates.indexSelect(rows).to(.float64)
    return reference.coordinates(chosen.reshaped([chains, reference.sampleDimension]))
  }
}
