import CoupletCore
import Files
import Foundation
import Scratch
import Testing

/// Ranks under mpirun against one process.
@Suite(.serialized) struct RanksTests {
  private static var isPossible: Bool { MPIJob.mpirun != nil && Communicator.isBuiltIn }

  /// Runs the probe on so many ranks.
  private func run(_ ranks: Int, _ words: [String]) throws -> MPIJob.Result {
    try MPIJob.run(ranks, MPIJob.program("TrainingProbe"), ["ranks"] + words)
  }

  /// For every loss, tilting and reference, dropout and chunks, batches that do not divide, and empty ranks.
  @Test(.enabled(if: isPossible, "needs MPI: scripts/setup.sh --mpi"), arguments: [1, 2, 3, 4])
  func lossAndGradientsAreThoseOfOneProcess(_ ranks: Int) throws {
    let result = try run(ranks, [])
    #expect(result.status == 0, "\(result.output)")
    let numbers = result.output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    try #require(numbers.count == 7, "\(result.output)")
    #expect(numbers[0] == Double(ranks))
    // Sums in other orders, in double and in single precision; weights after 200 steps of Adam in double precision, loss
    // and scores of other pairs after as many in single.
    #expect(numbers[1] < 1e-10 && numbers[2] < 1e-5 && numbers[3] < 1e-8, "\(numbers)")
    #expect(numbers[4] < 1e-4 && numbers[5] < 1e-3, "\(numbers)")
    // Exchanges in pieces, as of more than 2 GB.
    #expect(numbers[6] == 0)
  }

  /// Evaluations, reports, diagnoses and searches.
  @Test(.enabled(if: isPossible, "needs MPI: scripts/setup.sh --mpi"), arguments: [2, 3])
  func whatIsFoundTogetherIsWhatOneProcessFinds(_ ranks: Int) throws {
    let result = try MPIJob.run(ranks, MPIJob.program("TrainingProbe"), ["shared"])
    #expect(result.status == 0, "\(result.output) \(result.error)")
    let numbers = result.output.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    try #require(numbers.count == 4, "\(result.output)")
    #expect(numbers[0] == Double(ranks))
    // Sums in other orders, in double and in single precision; the best candidates are the same.
    #expect(numbers[1] < 1e-10 && numbers[2] < 1e-5 && numbers[3] == 0, "\(numbers)")
  }

  /// On the same number of ranks bit for bit, on another to rounding.
  @Test(.enabled(if: isPossible, "needs MPI: scripts/setup.sh --mpi"))
  func aKilledRankEndsTheRunWhichResumes() throws {
    let scratch = try Scratch()
    func weights(_ folder: String) throws -> [Float] {
      try Safetensors.read("\(scratch.path)/\(folder)/model.safetensors").entries
        .flatMap { $0.array.floats() }
    }
    #expect(try run(2, ["\(scratch.path)/whole"]).status == 0)
    for (folder, ranks) in [("same", 2), ("other", 3)] {
      let killed = try run(2, ["\(scratch.path)/\(folder)", "23"])
      #expect(killed.status != 0 && killed.seconds < 30)
      #expect(
        !FileManager.default.fileExists(atPath: "\(scratch.path)/\(folder)/model.safetensors"))
      #expect(try run(ranks, ["\(scratch.path)/\(folder)"]).status == 0)
      let (found, expected) = (try weights(folder), try weights("whole"))
      if ranks == 2 {
        #expect(found == expected)
      } else {
        // What Adam makes of the rounding of 27 steps.
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 0.02 })
      }
    }
  }
}
