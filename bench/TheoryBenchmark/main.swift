import Files
import Foundation
import GaussianTheory
import Torch

// The Swift side of bench/theory.py. Reads a covariance once; then, for every line on standard input,
// computes the whole theory from it and prints the seconds that took and the value of J.
//
//     TheoryBenchmark covariance.npy uDimension

do {
  guard CommandLine.arguments.count == 3, let split = Int(CommandLine.arguments[2]) else {
    throw Failure("two arguments are expected", remedy: "covariance.npy uDimension")
  }
  let matrix = try Tensor(Npy.read(CommandLine.arguments[1]))
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
} catch {
  FileHandle.standardError.write(Data("TheoryBenchmark: error: \(error)\n".utf8))
  exit(1)
}
