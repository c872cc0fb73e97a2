import CoupletCore
import GaussianTheory
import SampleReaders
import Simulators

/// The law of a flow given features of its path, beyond a gallery: linear encoders of coefficients and features under the
/// squared distance, at the closed-form optimum of the one-sided loss for the training pairs (Corollary 5.4), and chains
/// with the flows' exact prior as reference (MATH §10).
///
/// No batch stands behind such a score: a loss on batches of B pairs cannot tell more than log B nats, a path without noise
/// tells hundreds.
struct FlowConditional {
  let ocean: Ocean
  let coupling: Coupling
  /// Of the coefficients that vary.
  let prior: ReferenceDensity

  /// Four chains of so many draws for each path.
  private static let (chains, draws) = (4, 100)

  /// - Parameters:
  ///   - features: n × p, of the paths.
  ///   - flows: n × 98, their coefficients.
  init(_ ocean: Ocean, features: Tensor, of flows: Tensor) throws {
    let size = Ocean.varying.count
    self.ocean = ocean
    let best = try PlugInEstimate(
      u: flows.indexSelect(dim: 1, Tensor(Ocean.varying)), v: features
    ).analysis.optimum(
      rank: min(size, features.shape[1]), tilting: .squaredDistance, loss: .uGivenV)
    coupling = Coupling(
      u: Affine(best.encoders.u), v: Affine(best.encoders.v), tilting: .squaredDistance,
      temperature: try Temperature(.fixed(1)))
    let deviations = Tensor(Ocean.varying.map { ocean.deviations[$0 % Ocean.modes] })
    prior = .spectrum(try GaussianSpectrum(eigenvalues: deviations.square()))
  }

  /// What coefficients that vary are multiplied by for the potential at points (m × 2) and t = 0, 96 × m.
  func basis(at points: Tensor) -> Tensor {
    ocean.potentialBasis(at: points, time: 0).indexSelect(Tensor(Ocean.varying))
  }

  /// The coefficients that vary, drawn for each of Q paths, Q × draws × 96; and the chains, around the means of their paths.
  func sample(given features: Tensor, key: Key) -> (coefficients: Tensor, chains: MarkovChains) {
    let (count, size) = (features.shape[0], prior.dimension)
    let (starting, moving) = key.split()
    let target = ConditionalTarget(
      coupling, .u, eachGiven: features, chains: Self.chains, reference: prior, shape: [size])
    let found = target.sample(
      .hamiltonian, from: target.starts(count * Self.chains, key: starting), draws: Self.draws,
      key: moving)
    // One path's chains are next to each other.
    let coefficients = target.samples(found.draws.reshaped([-1, size]))
      .reshaped([Self.draws, count, Self.chains, size]).permuted([1, 2, 0, 3])
      .reshaped([count, Self.chains * Self.draws, size])
    return (
      coefficients, MarkovChains(draws: target.centred(found.draws), acceptance: found.acceptance)
    )
  }

  /// The laws of the potential at some points (m × 2) for paths with these features and true coefficients, and the largest
  /// split R̂ of the chains.
  func fields(
    given features: Tensor, truths: Tensor, at points: Tensor, key: Key,
    progress: (Int) throws -> Void
  ) throws -> (calibration: FieldCalibration, splitR: Double) {
    let basis = basis(at: points)
    let truth = ocean.potential(of: truths, at: points, time: 0)
    var (laws, splitR): ([FieldLaws], Double) = ([], 1)
    for start in stride(from: 0, to: features.shape[0], by: 256) {
      let rows = start..<min(start + 256, features.shape[0])
      let (coefficients, chains) = sample(given: features[rows], key: key.folded(with: start))
      laws.append(FieldLaws(draws: matmul(coefficients, basis), truth: truth[rows]))
      splitR = max(splitR, chains.largestR)
      try progress(rows.upperBound)
    }
    return (FieldCalibration(truths: truth, laws), splitR)
  }
}

/// An encoder of the theory, in double precision: paths without noise tell some directions to a millionth of their deviation,
/// where distances of embeddings in single precision are all rounding.
private struct Affine: SampleEncoder {
  private let map: AffineEncoder

  init(_ map: AffineEncoder) { self.map = map }

  var dimension: Int { map.weight.shape[0] }
  var parameters: Parameters { [:] }
  func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor { map(input.to(.float64)) }
}
