import Files

/// A score that is not bilinear (MATH §14): a residual network f on both embeddings joined, alone or as a correction to
/// another tilting,
///
///     s(u, v) = f(g_u, g_v)   or   s(u, v) = tilting(g_u, g_v) / τ + f(g_u, g_v).
///
/// With encoders that are the identity, `fixed:standardized`, f sees the samples themselves. It can be as sharp as the truth
/// where products of embeddings are too smooth, and costs one evaluation a pair: a batch of N pairs is contrasted in blocks of
/// K + 1, each pair with K others, not in one of N². For every K the minimum is the log density ratio up to what the loss
/// leaves free; its training value is at most log(K + 1).
///
/// Where the truth is sharp, a part of the blocks holds pairs that lie near one another (`order(near:batches:key:)`).
///
/// As text: `pair[:width=128][:blocks=3][:negatives=31][:near=0][:correcting=TILTING]`. Alone, the embeddings of the two sides may
/// have different lengths.
///
/// ```swift
/// let coupling = Coupling(
///   [Side(.u, encoder: Fixed(2)), Side(.v, encoder: Fixed(3))], tilting: PairTilting(),
///   temperature: try Temperature(.fixed(1)), key: Key(0))
/// coupling.scores(u: u, v: v)   // N × M evaluations of the network
/// ```
public struct PairTilting: Tilting {
  /// The width of the network.
  public private(set) var width: Int
  /// Its residual blocks.
  public private(set) var blocks: Int
  /// K, how many others each pair of a batch is contrasted with, at least.
  public private(set) var negatives: Int
  /// The part of the blocks whose pairs lie near one another, 0…1: for the loss of one side.
  public private(set) var near: Double
  /// The tilting that the network corrects; nil for the network alone.
  public private(set) var corrected: TiltingSettings?

  /// - Parameters:
  ///   - width: at least 1.
  ///   - blocks: 0 or more.
  ///   - negatives: at least 1.
  ///   - near: 0…1.
  ///   - corrected: another tilting than a pair score.
  public init(
    width: Int = 128, blocks: Int = 3, negatives: Int = 31, near: Double = 0,
    correcting corrected: TiltingSettings? = nil
  ) {
    require(
      width >= 1 && blocks >= 0 && negatives >= 1 && (0...1).contains(near)
        && corrected?.value.pair == nil,
      "PairTilting: width \(width), blocks \(blocks), negatives \(negatives), near \(near)")
    (self.width, self.blocks, self.negatives, self.near) = (width, blocks, negatives, near)
    self.corrected = corrected
  }

  /// `pair`.
  public var name: String { "pair" }
  /// This one.
  public var pair: PairTilting? { self }

  /// The scores of the tilting that is corrected; 0 where there is none: N × d and M × d', of which d and d' may then
  /// differ.
  public func factors(_ u: Tensor, _ v: Tensor, temperature: Tensor) -> ScoreFactors {
    corrected?.value.factors(u, v, temperature: temperature)
      ?? ScoreFactors(x: u.narrow(dim: 1, 0..<0), y: v.narrow(dim: 1, 0..<0))
  }

  /// The rows of a batch of `count` pairs that are contrasted with one another: blocks of K + 1, or a few more where these
  /// do not add up to the batch.
  ///
  /// ```swift
  /// PairTilting(negatives: 31).batches(of: 100)   // [0..<33, 33..<66, 66..<100]
  /// ```
  public func batches(of count: Int) -> [Range<Int>] {
    let parts = max(1, count / (negatives + 1))
    return (0..<parts).map { ($0 * count / parts)..<(($0 + 1) * count / parts) }
  }
}

extension Tilting where Self == PairTilting {
  /// The pair score, alone (MATH §14).
  public static var pair: PairTilting { PairTilting() }
}

extension PairTilting {
  static let entry = Tiltings.Entry(
    "pair", PairTilting(),
    [
      .value("width", .integer(in: 1...8192), \.width),
      .value("blocks", .integer(in: 0...64), \.blocks),
      .value("negatives", .integer(in: 1...1_000_000), \.negatives),
      .value("near", .number(in: 0...1), \.near),
      .value("correcting", .nested("TILTING"), \.corrected),
    ],
    check: {
      guard $0.corrected?.value.pair == nil else {
        throw Failure(
          "a pair score does not correct another",
          remedy: "correct cosine, inner-product or squared-distance")
      }
    }
  ) { $0 }
}
