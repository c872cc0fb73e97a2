import CoupletCore
import Encoders
import Files
import Foundation
import SampleReaders
import Samples

/// The Swift side of bench/search.py: `search gallery.npy queries.npy k`. Every line on standard input, `OUT COUNT`,
/// is one search for the first COUNT queries by inner product, answered with the seconds; the places of what was found go
/// to OUT, queries × k.
func searchBenchmark(_ arguments: [String]) throws {
  guard arguments.count == 3, let k = Int(arguments[2]), k > 0 else {
    throw Failure("three arguments are expected", remedy: "gallery.npy queries.npy k")
  }
  Runtime.threads = 2
  SampleReaders.register()
  let options = SampleOptions(space: .real)
  let gallery = try SampleFormats.read(arguments[0], options)
  let queries = try SampleFormats.read(arguments[1], options).all()
  let dimension = queries.shape[1]
  let coupling = Coupling(
    u: Whole(dimension: dimension), v: Whole(dimension: dimension), tilting: .innerProduct,
    temperature: try Temperature(.fixed(1)))
  let embedded = EmbeddedGallery(
    count: gallery.count, dimension: dimension,
    verify: { try (gallery as? StoredRows)?.requireFinite($0) }
  ) {
    Embedded(try (gallery as? StoredRows)?.viewed($0) ?? gallery.rows($0))
  }
  while let line = readLine() {
    let words = line.split(separator: " ").map(String.init)
    guard words.count == 2, let count = Int(words[1]), (1...queries.shape[0]).contains(count) else {
      throw Failure("'\(line)' is not a question", remedy: "ask OUT COUNT")
    }
    let start = ContinuousClock.now
    let answers = try coupling.search(
      .u, given: Embedded(queries[0..<count]), among: embedded, top: k)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let places = answers.flatMap { $0.matches.map(\.index) }
    try Npy.write(NumericArray(places, shape: [count, places.count / count]), to: words[0])
    FileHandle.standardOutput.write(Data("\(seconds)\n".utf8))
  }
}

/// Embeddings that are there already.
private struct Whole: SampleEncoder {
  let dimension: Int
  var parameters: Parameters { [:] }
  func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor { input }
}
