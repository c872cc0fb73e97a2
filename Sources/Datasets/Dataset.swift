import Couplet
import Files

/// Pairs to train with, pairs to test with where there are some, and the spaces that both lie in.
///
/// ```swift
/// let data = try DataSource("mnist:data/mnist").read()
/// data.summary   // "mnist:data/mnist: 60000 training and 10000 test pairs; u 28 × 28, v 10 labels"
/// ```
public struct Dataset {
  /// What the user calls the data.
  public let name: String
  public let training: PairedData
  public let test: PairedData?
  public let u: SampleSpace
  public let v: SampleSpace
  /// Where the pairs are simulated: a source of so many new ones, of the same law, for every epoch.
  public internal(set) var online: ((_ count: Int, _ key: Key) -> OnlinePairs)?

  /// - Throws: `Failure` when a sample lies outside its space.
  public init(
    name: String, training: PairedData, test: PairedData? = nil, u: SampleSpace, v: SampleSpace,
    online: ((_ count: Int, _ key: Key) -> OnlinePairs)? = nil
  ) throws {
    for (part, pairs) in [("training", training), ("test", test)] {
      guard let pairs else { continue }
      try u.requireHolds(pairs.u, at: "\(name), \(part) u")
      try v.requireHolds(pairs.v, at: "\(name), \(part) v")
    }
    self.name = name
    self.training = training
    self.test = test
    self.u = u
    self.v = v
    self.online = online
  }

  public subscript(_ modality: Modality) -> SampleSpace { modality == .u ? u : v }

  /// One line: the numbers of pairs, and the spaces.
  public var summary: String {
    let counts =
      test.map { "\(training.count) training and \($0.count) test pairs" }
      ?? "\(training.count) pairs"
    return "\(name): \(counts); u \(u), v \(v)"
  }
}
