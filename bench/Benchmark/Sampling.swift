import CoupletCore
import Encoders
import Files
import Foundation

/// `sampling DIMENSION`: effective draws a second of Hamiltonian chains on two threads, linear encoders, Gaussian reference,
/// with the warm-up counted, and how far their moments are from the closed form in Monte Carlo errors.
func samplingBenchmark(_ arguments: [String]) throws {
  guard arguments.count == 1, let n = Int(arguments[0]), n > 0 else {
    throw Failure("one argument is expected", remedy: "DIMENSION, say 100")
  }
  Runtime.threads = 2
  let rank = min(n, 16)
  let coupling = Coupling(
    u: Linear(n, rank, bias: false, key: Key(1)), v: Linear(n, rank, bias: false, key: Key(2)),
    tilting: SquaredDistance(), temperature: try Temperature(.fixed(0.1)))
  let given = Tensor.normal([1, n], key: Key(3))
  let target = ConditionalTarget(
    coupling, .u, given: given, reference: try ReferenceDensity("gaussian:0,1", dimension: n),
    shape: [n])
  let start = ContinuousClock.now
  let chains = target.sample(
    .hamiltonian, from: target.starts(256, key: Key(4)), draws: 400, key: Key(5))
  let seconds = (ContinuousClock.now - start) / .seconds(1)
  let size = chains.effectiveSampleSize
  // ν(u | v) = N(S Gᵀ H v / τ, S), S = (I + Gᵀ G / τ)⁻¹.
  let weights = coupling.parameters.tensors.map { $0.detached().to(.float64) }
  let precision = matmul(weights[0].T, weights[0]) * 10 + .eye(n, dtype: .float64)
  let covariance = try precision.solve(.eye(n, dtype: .float64))
  let slope = matmul(matmul(weights[0].T, weights[1]), given.to(.float64).T) * 10
  let mean = matmul(covariance, slope).flattened()
  let u = withoutGradients { target.samples(chains.flattened) }
  let deviations = covariance.diagonal().sqrt()
  let error = ((u.mean(dim: 0) - mean).abs() / deviations).max().item() * size.squareRoot()
  let spread = ((u.variance(dim: 0) / covariance.diagonal()) - 1).abs().max().item()
  let row: JSON = [
    "dimension": .integer(n), "draws": .integer(chains.count), "seconds": .number(seconds),
    "effectiveSampleSize": .number(size), "effectiveDrawsPerSecond": .number(size / seconds),
    "splitR": .number(chains.largestR), "acceptance": .number(chains.acceptance),
    "largestErrorOfMeanInStandardErrors": .number(error),
    "largestErrorOfVarianceInStandardErrors": .number(spread * (size / 2).squareRoot()),
  ]
  FileHandle.standardOutput.write(Data((row.text + "\n").utf8))
}
