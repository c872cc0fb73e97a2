import CoupletCore
import Files
import Foundation

/// Texts by the pieces of n bytes that they are made of: a perceptron on hashed n-grams.
///
/// A text, with one space put before and one after it, is the multiset of its n-grams of UTF-8 bytes for the chosen n.
/// Each n-gram falls into one of B buckets, and with c_b the number of those in bucket b
///
///     x_b = log(1 + c_b),   h = activation(Σ_b E_b x_b / |x| + e),   embedding = W h + w,
///
/// with E_b drawn from N(0, 1): the hidden layer of a perceptron whose input is x / |x|, of which only the rows of
/// buckets that occur are ever read. No vocabulary has to be built, any language and any spelling has an embedding.
///
/// The hash is FNV-1a of 32 bits over the n bytes (offset basis 2166136261, prime 16777619, arithmetic modulo 2³²)
/// and the bucket is its remainder by B: the same on every machine.
///
/// ```swift
/// let encoder = NGrams(dimension: 64, key: Key(0))
/// encoder(TextSamples.encoded(["a cat", "two dogs"])).shape   // [2, 64]
/// ```
public struct NGrams: SampleEncoder {
  /// The lengths n, in bytes.
  public let sizes: [Int]
  let bag: EmbeddingBag
  let bias: Tensor
  let dropout: Dropout
  let output: Linear

  /// - Parameters:
  ///   - dimension: d.
  ///   - sizes: the lengths n.
  ///   - buckets: B.
  ///   - hidden: the number of hidden units.
  ///   - dropout: the probability with which one is zeroed in training.
  public init(
    dimension: Int, sizes: [Int] = [1, 3, 4, 5], buckets: Int = 16_384, hidden: Int = 256,
    dropout: Double = 0, key: Key
  ) {
    let (first, second) = key.split()
    self.sizes = sizes
    bag = EmbeddingBag(buckets, hidden, key: first)
    bias = .zeros([hidden])
    bias.requiresGradient = true
    self.dropout = Dropout(dropout)
    output = Linear(hidden, dimension, key: second)
  }

  /// d, the number of outputs of the last linear map.
  public var dimension: Int { output.dimension }

  /// `buckets.table`, B × hidden, `bias`, and `output.…`.
  public var parameters: Parameters {
    Parameters(parts: ["buckets": bag.parameters]) + ["bias": bias]
      + Parameters(parts: ["output": output.parameters])
  }

  /// `ngrams`, with its options; the table of the buckets is the `weight` of an embedding.
  public var portable: PortableEncoder? {
    PortableEncoder(
      "ngrams",
      [
        "sizes": .array(sizes), "buckets": .integer(bag.table.shape[0]),
        "hidden": .integer(bias.count), "dropout": .number(dropout.probability),
        "outputs": .integer(dimension),
      ], parameters.renamed(["table": "weight"]))
  }

  /// N × length bytes of text, padded with 0, ↦ N × d.
  public func callAsFunction(_ input: Tensor, mode: Mode) -> Tensor {
    output(dropout((bag(features(of: input)) + bias).gelu(), mode: mode), mode: mode)
  }

  /// x / |x| of each text: its buckets, ascending, and their weights; none for a text that is shorter than every n.
  func features(of texts: Tensor) -> [[(place: Int, weight: Double)]] {
    let width = texts.shape[1]
    return texts.withElements(UInt8.self) { bytes in
      (0..<texts.shape[0]).map { row in
        let text = bytes[(row * width)..<((row + 1) * width)].prefix { $0 != 0 }
        return NGrams.features(of: [0x20] + text + [0x20], sizes, buckets: bag.table.shape[0])
      }
    }
  }

  private static func features(of text: [UInt8], _ sizes: [Int], buckets: Int)
    -> [(place: Int, weight: Double)]
  {
    var counts: [Int: Int] = [:]
    for size in sizes where size <= text.count {
      for start in 0...(text.count - size) {
        counts[hash(text[start..<(start + size)]) % buckets, default: 0] += 1
      }
    }
    let weights = counts.sorted { $0.key < $1.key }.map { ($0.key, log1p(Double($0.value))) }
    let norm = weights.reduce(0) { $0 + $1.1 * $1.1 }.squareRoot()
    return weights.map { (place: $0.0, weight: $0.1 / norm) }
  }

  /// FNV-1a of 32 bits.
  static func hash(_ bytes: some Sequence<UInt8>) -> Int {
    Int(bytes.reduce(2_166_136_261 as UInt32) { ($0 ^ UInt32($1)) &* 16_777_619 })
  }
}

extension NGrams {
  /// `ngrams[:sizes=1,3,4,5][:buckets=16384][:hidden=256][:dropout=0.1]`.
  struct Design: EncoderDesign {
    var sizes = [1, 3, 4, 5]
    var buckets = 16_384
    var hidden = 256
    var dropout = 0.0

    var takesNumbers: Bool { false }

    func build(for space: SampleSpace, dimension: Int, key: Key) throws -> any SampleEncoder {
      guard space == .text else {
        throw Failure(
          "it needs texts, not \(space.labels == nil ? "samples of shape " : "")\(space)",
          remedy: space.labels == nil ? "use mlp:WIDTHS" : "use one-hot or embedding")
      }
      try requireRoom([[buckets, hidden], [hidden, dimension]])
      return NGrams(
        dimension: dimension, sizes: sizes, buckets: buckets, hidden: hidden, dropout: dropout,
        key: key)
    }
  }

  static let entry = EncoderRegistry.Entry(
    "ngrams", Design(),
    [
      .value("sizes", .list(of: .integer(in: 1...64)), \.sizes),
      .value("buckets", .integer(in: 1...100_000_000), \.buckets),
      .value("hidden", .integer(in: 1...1_000_000), \.hidden),
      .value("dropout", .fraction, \.dropout),
    ]
  ) { $0 }
}
