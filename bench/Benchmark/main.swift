import Files
import Foundation

// The Swift side of the benchmarks: `Benchmark NAME ARGUMENT…`, driven line by line by bench/NAME.py, which
// measures the peer in turn.

let benchmarks: [String: ([String]) throws -> Void] = [
  "information": informationBenchmark, "loss": lossBenchmark, "sampling": samplingBenchmark,
  "search": searchBenchmark, "theory": theoryBenchmark, "train": trainBenchmark,
  "transformer": transformerBenchmark,
]

do {
  let words = Array(CommandLine.arguments.dropFirst())
  guard let name = words.first, let benchmark = benchmarks[name] else {
    throw Failure(
      "a benchmark's name is expected",
      remedy: "use one of \(benchmarks.keys.sorted().joined(separator: ", "))")
  }
  try benchmark(Array(words.dropFirst()))
} catch {
  FileHandle.standardError.write(Data("Benchmark: error: \(error)\n".utf8))
  exit(1)
}
