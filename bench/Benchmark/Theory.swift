import Files
import Foundation
import GaussianTheory
import Torch

/// The Swift side of bench/theory.py: `theory covariance.npy uDimension`. Reads a covariance once; then, for
/// every line on standard input, computes the whole theory from it and prints the seconds that took and the
/// value of J.
func theoryBenchmark(_ arguments: [String]) throws {
  guard arguments.count == 2, let split = Int(arguments[1]) else {
    throw Failure("two arguments are expected", remedy: "covariance.npy uDimension")
  }
  let matrix = try Tensor(Npy.read(arguments[0]))
  Runtime.threads = 2
  while readLine() != nil {
    let start = ContinuousClock.now
    let analysis = try PairCovariance(matrix, uDimension: split).canonicalAnalysis()
    let best = try analysis.optimum(rank: split, tilting: .squaredDistance, loss: .twoSided)
    let (u, v) = (best.model.u, best.model.v)
    let marginals = try best.model.joint()
    withExtendedLifetime((best.g, best.h, best.a, u, v, marginals)) {}
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    FileHandle.standardOutput.write(Data("\(seconds) \(best.divergence)\n".utf8))
  }
}
