import CoupletCore
import Files
import Foundation
import GaussianTheory

/// How much u and v tell of each other, I(u; v) in nats, from a sample of pairs: every estimate that can be made of it, one
/// of which is believed, and why.
///
/// ```swift
/// let information = try InformationEstimate(u: u, v: v, key: Key(0))
/// information.value      // 0.511
/// information.interval   // [0.489, 0.533]
/// information.method     // .gaussian
/// information.reason     // "the pairs look Gaussian (p = 0.41): then this value has no bias"
/// ```
public struct InformationEstimate: Codable, Equatable, Sendable {
  /// How a number was found.
  public enum Method: String, Codable, Sendable {
    /// Canonical correlations of the samples, the bias removed (`GaussianInformation`).
    case gaussian
    /// The same of their normal scores: exact for monotone functions of Gaussian coordinates.
    case gaussianScores = "gaussian-scores"
    /// Student's copula, of pairs with heavy tails (`StudentInformation`).
    case student
    /// Nearest neighbours (`NeighbourInformation`).
    case neighbours
    /// The cross-fitted plug-in of a network on both samples (`CrossFittedInformation`).
    case pair
    /// The cross-fitted plug-in of products of embeddings.
    case separable
    /// The mean of these two, of one score that is the mean of both.
    case both
    /// InfoNCE of the pair score.
    case pairBound = "pair-info-nce"
    /// InfoNCE of the products of embeddings.
    case separableBound = "separable-info-nce"
    /// InfoNCE of the mean of both scores.
    case bothBound = "both-info-nce"
    /// NWJ of the pair score.
    case pairNWJ = "pair-nwj"
    /// NWJ of the products of embeddings.
    case separableNWJ = "separable-nwj"
    /// NWJ of the mean of both scores.
    case bothNWJ = "both-nwj"
    /// 0: no relation was found.
    case noRelation = "no-relation"
    /// At least 0: there is a relation, and nothing was made that is to be believed of it.
    case undetermined
  }

  /// One number.
  public struct Estimate: Codable, Equatable, Sendable {
    /// How it was found.
    public let method: Method
    /// Whether it is a bound from below in expectation.
    public let isBound: Bool
    /// Nats, as it was found: it may be below 0.
    public let value: Double
    /// The ends of its interval of 95 %.
    public let lower: Double, upper: Double
  }

  /// Nats; never below 0.
  public let value: Double
  /// The ends of the interval of 95 %; never below 0, the upper one infinite where nothing says how large the information
  /// can be.
  public let interval: [Double]
  /// Of the value.
  public let method: Method
  /// Whether I(u; v) is at least the value, rather than about it.
  public let isBound: Bool
  /// Why this number is believed, in one sentence.
  public let reason: String
  /// Whether there is any relation.
  public let relation: RelationTest
  /// The p-value of `Gaussianity` of the samples: below 0.01 they are not Gaussian. nil where they cannot be tested.
  public let gaussianP: Double?
  /// All that were made.
  public let estimates: [Estimate]
  /// Whether only a learned score would be believed, and none was learned.
  public let needsLearning: Bool
  /// N.
  public let pairs: Int
  /// What to keep in mind.
  public let cautions: [String]

  /// What is made.
  public struct Effort: Sendable {
    /// Of cross-fitting; nil for none.
    public var learned: CrossFittedInformation.Effort? = .init()
    /// Neighbours serve up to so many coordinates together.
    public var mostCoordinates = 6
    /// At most so many pairs are taken by neighbours and learned scores.
    public var mostPairs = 20_000
    /// Student's copula is fitted to so many pairs that N (n_u + n_v)² is at most this.
    public var mostProducts = 25_000_000

    /// The standard effort.
    public init() {}
  }

  /// At least so many pairs.
  public static let fewestPairs = 60
  /// Below this p-value there is a relation.
  static let level = 0.05

  /// - Parameters:
  ///   - u, v: N × n_u and N × n_v finite numbers, independent pairs.
  ///   - key: of all that is random.
  ///   - onPart: told what is being done, and how many parts of how many are done.
  /// - Throws: `Failure` when there are fewer than 60 pairs, a side does not vary, or training diverges.
  public init(
    u: Tensor, v: Tensor, effort: Effort = .init(), key: Key,
    onPart: (String, Int, Int) -> Void = { _, _, _ in }
  ) throws {
    guard u.shape[0] >= Self.fewestPairs else {
      throw Failure(
        "fewer than \(Self.fewestPairs) independent pairs (\(u.shape[0])) say too little of their information",
        remedy: "give at least \(Self.fewestPairs)")
    }
    let (u, v) = (try Self.varying(u.to(.float64), "u"), try Self.varying(v.to(.float64), "v"))
    let scores = [u, v].map(NormalScores.of)
    var parts = Parts(effort: effort)
    onPart("permutations", 0, parts.count)
    let relation = RelationTest(
      u: Self.limited(scores[0], 10_000), v: Self.limited(scores[1], 10_000),
      key: key.folded(with: 1))
    let gaussian = Self.gaussian(u, v, key.folded(with: 2))
    let ofScores = Self.gaussian(scores[0], scores[1], key.folded(with: 3))
    let (x, y) = (
      Self.limited(scores[0], effort.mostPairs), Self.limited(scores[1], effort.mostPairs)
    )
    let isContinuous = Self.isContinuous(u) && Self.isContinuous(v)
    var neighbours: NeighbourInformation?
    if isContinuous, u.shape[1] + v.shape[1] <= effort.mostCoordinates {
      onPart("neighbours", parts.next(), parts.count)
      neighbours = NeighbourInformation(u: x, v: y, key: key.folded(with: 5))
    }
    var student: StudentInformation?
    if isContinuous, !Found.isCredible(gaussian, isContinuous ? ofScores : nil),
      relation.p <= Self.level
    {
      let width = u.shape[1] + v.shape[1]
      let most = max(1, effort.mostProducts / (width * width))
      student = StudentInformation(
        u: Self.limited(scores[0], most), v: Self.limited(scores[1], most))
    }
    var fitted: [CrossFittedInformation] = []
    if let learned = effort.learned {
      fitted = try CrossFittedInformation.fitted(
        u: x, v: y, effort: learned, key: key.folded(with: 4)
      ) { onPart("\($0.rawValue) score, fold \($1)", parts.next(), parts.count) }
    }
    let found = Found(
      gaussian: gaussian, ofScores: ofScores, student: student, neighbours: neighbours,
      fitted: fitted,
      relation: relation, isContinuous: isContinuous, dimensions: u.shape[1] + v.shape[1])
    let choice = found.choice
    value = max(choice.estimate.value, 0)
    interval = [max(choice.estimate.lower, 0), max(choice.estimate.upper, 0)]
    (method, isBound, reason) = (choice.estimate.method, choice.estimate.isBound, choice.reason)
    self.relation = relation
    gaussianP = gaussian?.gaussianity.p
    estimates = found.estimates
    needsLearning = fitted.isEmpty && found.isLearningNeeded
    pairs = u.shape[0]
    cautions = found.cautions(of: choice.estimate)
  }

  /// The parts of the work.
  private struct Parts {
    let count: Int
    private var done = 0

    init(effort: Effort) { count = 2 + (effort.learned.map { 2 * $0.folds } ?? 0) }

    mutating func next() -> Int {
      done += 1
      return done
    }
  }

  /// The first rows, which are as random as any others would be where pairs are independent.
  private static func limited(_ samples: Tensor, _ count: Int) -> Tensor {
    samples.shape[0] <= count ? samples : samples[0..<count]
  }

  /// The coordinates that vary: others tell nothing, and their covariance is singular.
  private static func varying(_ samples: Tensor, _ name: String) throws -> Tensor {
    let range = (samples - samples[0..<1]).abs().max(dim: 0)
    let places = range.greater(than: 0).nonzero().select(dim: 1, 0)
    guard places.count > 0 else {
      throw Failure(
        "no coordinate of \(name) varies, so that it tells nothing",
        at: .input(name, index: nil), remedy: "give samples that differ")
    }
    return places.count == samples.shape[1] ? samples : samples.indexSelect(dim: 1, places)
  }

  /// nil where the covariance is singular, or there are too few pairs.
  private static func gaussian(_ u: Tensor, _ v: Tensor, _ key: Key) -> GaussianInformation? {
    guard let estimate = try? PlugInEstimate(u: u, v: v) else { return nil }
    return GaussianInformation(estimate, u: u, v: v, key: key)
  }

  /// Whether hardly any value of a coordinate repeats, so that distances have a density.
  private static func isContinuous(_ samples: Tensor) -> Bool {
    let sorted = samples.T.sorted(dim: 1).values
    let count = sorted.shape[1]
    let repeated = sorted.narrow(dim: 1, 1..<count).equal(to: sorted.narrow(dim: 1, 0..<count - 1))
    return repeated.to(.float64).mean(dim: 1).max().item() < 0.01
  }
}
