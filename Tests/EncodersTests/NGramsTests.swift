import CoupletCore
import Foundation
import Testing

@testable import Encoders

struct NGramsTests {
  /// The test vectors of FNV-1a's authors (draft-eastlake-fnv, appendix C).
  @Test(arguments: [("", 0x811c_9dc5), ("a", 0xe40c_292c), ("foobar", 0xbf9c_f968)])
  func `the hash is FNV-1a`(text: String, hash: Int) {
    #expect(NGrams.hash(text.utf8) == hash)
  }

  /// " aab " has the bigrams " a", "aa", "ab", "b ", and the 4-grams " aab" and "aab "; " aaa " has "aa" twice.
  @Test func `features are the logarithms of counts, of length 1`() throws {
    let encoder = NGrams(dimension: 2, sizes: [2, 4], buckets: 1 << 20, hidden: 3, key: Key(0))
    let features = encoder.features(of: TextSamples.encoded(["aab", "aaa", ""]))
    func bucket(_ gram: String) -> Int { NGrams.hash(gram.utf8) % (1 << 20) }
    #expect(
      Set(features[0].map(\.place)) == Set([" a", "aa", "ab", "b ", " aab", "aab "].map(bucket)))
    #expect(features[0].allSatisfy { abs($0.weight - 1 / 6.0.squareRoot()) < 1e-15 })
    let (once, twice) = (log(2.0), log(3.0))
    let norm = (4 * once * once + twice * twice).squareRoot()
    let double = try #require(features[1].first { $0.place == bucket("aa") })
    #expect(abs(double.weight - twice / norm) < 1e-15)
    // "  " has one bigram.
    #expect(features[2].map(\.place) == [bucket("  ")] && features[2][0].weight == 1)
  }

  /// The formula on the vector x / |x| itself, whose entries are mostly 0; also with dropout, by the same key.
  @Test(arguments: [Mode.inference, .training(Key(3))])
  func `the embedding is a perceptron's`(mode: Mode) {
    let encoder = NGrams(dimension: 4, buckets: 50, hidden: 6, dropout: 0.3, key: Key(0))
    let texts = TextSamples.encoded(["two dogs", "ein Kätzchen", "", "two cats"])
    let x = encoder.features(of: texts).map { row in
      var x = [Float](repeating: 0, count: 50)
      for (place, weight) in row { x[place] = Float(weight) }
      return x
    }
    let dense = Tensor(x.flatMap { $0 }, shape: [4, 50])
    let hidden = (matmul(dense, encoder.bag.table) + encoder.bias).gelu()
    let expected = encoder.output(encoder.dropout(hidden, mode: mode))
    // Sums of some ten terms of size 1 in float32.
    #expect(largestDifference(encoder(texts, mode: mode), expected) < 1e-5)
  }

  @Test func `a text has the same embedding whatever stands beside it`() {
    let encoder = NGrams(dimension: 4, key: Key(0))
    let alone = encoder(TextSamples.encoded(["dog"]))
    let beside = encoder(TextSamples.encoded(["a much longer text", "dog"]))
    // Products of matrices of other shapes round as they like.
    #expect(largestDifference(alone, beside[1..<2]) < 1e-6)
  }
}
