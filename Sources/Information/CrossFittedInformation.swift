import CoupletCore
import Encoders
import Files
import Foundation
import Training

/// What scores that are learned say of I(u; v), by cross-fitting (MATH §§2, 11, 14): the pairs are cut into folds, and the
/// score of each fold's pairs is learned from the other folds, with the best epoch on a part of these, so that no value sees
/// the pairs that it was learned from.
///
/// The loss is the anchored one, whose minimum is the log density ratio itself. Of the pairs of a fold then follow
///
/// * the plug-in mean s(uⁱ, vⁱ), the estimate: consistent, and no bound;
/// * InfoNCE and the bound of Nguyen, Wainwright and Jordan: at most I(u; v) in expectation.
///
/// ```swift
/// for fitted in try CrossFittedInformation.fitted(u: u, v: v, key: Key(0)) {
///   fitted.plugIn.value    // 1.02 nats
///   fitted.infoNCE.lower   // 0.93: at least that
/// }
/// ```
public struct CrossFittedInformation: Codable, Equatable, Sendable {
  /// What is learned.
  public enum Score: String, Codable, Sendable, CaseIterable {
    /// A network on both samples (`PairTilting`).
    case pair
    /// Products of embeddings by perceptrons, with potentials.
    case separable
    /// The mean of both scores, whose errors partly cancel.
    case both
  }

  /// A value with the ends of its interval of 95 %, nats.
  public typealias Estimate = MutualInformation.Estimate

  /// What was learned.
  public let score: Score
  /// The estimate.
  public let plugIn: Estimate
  /// A bound from below in expectation, at most `ceiling`.
  public let infoNCE: Estimate
  /// A bound from below in expectation, of large variance; nil where folds are too small.
  public let nwj: Estimate?
  /// log of the pairs by which a fold's InfoNCE value is taken.
  public let ceiling: Double
  /// The mean InfoNCE value of the validation parts, by which scores are compared.
  public let validation: Double
  /// The largest share of one pair in the variance of a fold's InfoNCE.
  public let largestShare: Double

  /// How long is trained.
  public struct Effort: Sendable {
    /// The number of folds.
    public var folds = 3
    /// Steps of training a fold.
    public var steps = 500
    /// Pairs in a batch.
    public var batch = 256

    /// The standard effort.
    public init() {}
  }

  /// A learned score, or the mean of two, at the pairs of a fold.
  private struct FoldScores {
    /// Of the held-out pairs.
    let heldOut: ScoreFactors
    /// Of some held-out and some validation pairs with one another, evaluated once.
    let sample, validation: ScoreFactors

    init(_ coupling: Coupling, heldOut: PairedData, validation: PairedData) throws {
      self.heldOut = try coupling.factors(of: heldOut)
      sample = try coupling.factors(of: heldOut.sample(mostPairs)).formed
      self.validation = try coupling.factors(of: validation.sample(mostPairs)).formed
    }

    private init(heldOut: ScoreFactors, sample: ScoreFactors, validation: ScoreFactors) {
      (self.heldOut, self.sample, self.validation) = (heldOut, sample, validation)
    }

    func averaged(with other: FoldScores) -> FoldScores {
      FoldScores(
        heldOut: heldOut.averaged(with: other.heldOut), sample: sample.averaged(with: other.sample),
        validation: validation.averaged(with: other.validation))
    }
  }

  /// What a score says of a fold.
  private struct Fold {
    let scores: [Double]
    let information: MutualInformation
    let validation: Double

    init(_ found: FoldScores, key: Key) {
      scores = found.heldOut.diagonal.to(.float64).array(Double.self)
      information = MutualInformation(found.sample, key: key)
      validation = MutualInformation(found.validation, key: key).infoNCE.value
    }
  }

  /// Of `.pair`, `.separable` and `.both`, in this order.
  ///
  /// - Parameters:
  ///   - u, v: N × n_u and N × n_v, independent pairs, at least 60 of them, and at least two a fold.
  ///   - key: of folds, weights and batches.
  ///   - onFold: told which score is learned next, and the number of the fold, from 1.
  /// - Throws: `Failure` when training diverges.
  public static func fitted(
    u: Tensor, v: Tensor, effort: Effort = .init(), key: Key,
    onFold: (Score, Int) -> Void = { _, _ in }
  ) throws -> [CrossFittedInformation] {
    require(u.shape[0] >= 60, "CrossFittedInformation: \(u.shape[0]) pairs are too few")
    let pairs = try PairedData(u: u.to(.float32), v: v.to(.float32))
    let parts = pairs.folds(effort.folds, key: key.folded(with: 0))
    require(
      !parts.isEmpty, "CrossFittedInformation: \(effort.folds) folds of \(pairs.count) pairs")
    let folds = try parts.enumerated().map { number, fold in
      let keys = key.folded(with: number + 1).split(4)
      let parts = try fold.training.split(heldOut: 0.2, key: keys[0])
      onFold(.pair, number + 1)
      let pair = try trained(pairScore, on: parts, effort, keys[1])
      onFold(.separable, number + 1)
      let separable = try trained(separableScore, on: parts, effort, keys[2])
      return try withoutGradients {
        let found = try [pair, separable].map {
          try FoldScores($0, heldOut: fold.heldOut, validation: parts.heldOut)
        }
        let both = found[0].averaged(with: found[1])
        return (found + [both]).map { Fold($0, key: keys[3]) }
      }
    }
    return Score.allCases.enumerated().map { place, score in
      CrossFittedInformation(score, folds.map { $0[place] })
    }
  }

  private init(_ score: Score, _ folds: [Fold]) {
    self.score = score
    let all = folds.flatMap(\.scores)
    let means = folds.map(\.scores.mean)
    // The pairs are independent, and so are, nearly, the folds' trainings.
    let deviation = (all.variance / Double(all.count) + means.variance / Double(means.count))
      .squareRoot()
    plugIn = Estimate(value: all.mean, standardError: deviation)
    infoNCE = Self.mean(folds.map(\.information.infoNCE))
    let halves = folds.compactMap(\.information.nwj)
    nwj = halves.count == folds.count ? Self.mean(halves) : nil
    ceiling = folds.map(\.information.ceiling).min() ?? 0
    validation = folds.map(\.validation).mean
    largestShare = folds.map(\.information.largestShare).max() ?? 1
  }

  /// The mean over folds, of independent intervals.
  private static func mean(_ parts: [Estimate]) -> Estimate {
    let count = Double(parts.count)
    let value = parts.reduce(0) { $0 + $1.value } / count
    let reach = parts.reduce(0) { $0 + ($1.value - $1.lower) * ($1.value - $1.lower) }.squareRoot()
    return Estimate(value: value, lower: value - reach / count, upper: value + reach / count)
  }

  /// At most so many pairs of a fold are scored with one another.
  private static let mostPairs = 1000

  /// - Parameter make: an untrained score of samples of so many coordinates.
  private static func trained(
    _ make: (_ widths: [Int], Key) throws -> Coupling,
    on parts: (training: PairedData, heldOut: PairedData), _ effort: Effort, _ key: Key
  ) throws -> Coupling {
    let keys = key.split(2)
    let coupling = try make(parts.training.samples.map { $0.space.size ?? 1 }, keys[0])
    let loss = AnchoredLoss()
    let batch = min(effort.batch, parts.training.count)
    let steps = max(1, parts.training.count / batch)
    let epochs = max(1, effort.steps / steps)
    let trainer = Trainer(
      loss: loss, optimizer: .adamW(learningRate: 2e-3, weightDecay: 1e-2), batchSize: batch,
      epochs: epochs, schedule: .cosine(warmup: 0.25), gradientClip: 1,
      seed: keys[1].word(0), evaluateEvery: max(1, epochs / 25),
      keep: .best)
    let comparison = LossComparison(
      training: parts.training, validation: parts.heldOut, batch: batch, loss: loss)
    try trainer.fit(
      coupling, to: parts.training, compare: comparison.map { compare in { try compare($0) } })
    return coupling
  }

  private static func pairScore(_ widths: [Int], _ key: Key) throws -> Coupling {
    Coupling(
      [Side(.u, encoder: Fixed(widths[0])), Side(.v, encoder: Fixed(widths[1]))],
      tilting: PairTilting(width: 64, blocks: 2, negatives: 15),
      temperature: try Temperature(.fixed(1)), learnsShift: true, key: key)
  }

  private static func separableScore(_ widths: [Int], _ key: Key) throws -> Coupling {
    func side(_ modality: Modality, _ width: Int, _ key: Key) -> Side {
      let (first, second) = key.split()
      return Side(
        modality, encoder: MLP([width, 128, 128, 32], key: first),
        potential: MLP([width, 64, 1], key: second))
    }
    let (ofU, ofV) = key.split()
    return Coupling(
      [side(.u, widths[0], ofU), side(.v, widths[1], ofV)], tilting: InnerProduct(),
      temperature: try Temperature(.fixed(1)), learnsShift: true)
  }
}
