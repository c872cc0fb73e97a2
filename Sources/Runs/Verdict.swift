import CoupletCore
import Files
import Foundation
import Training

/// What someone should know of a training that has ended, in sentences that each say what to do; none where all is well.
///
/// ```swift
/// Verdict(of: metrics, result, settings).sentences
/// // ["the validation loss was still falling … — go on with --resume --epochs 3000"]
/// ```
public struct Verdict {
  /// One of each kind at most.
  public private(set) var sentences: [String] = []

  /// A model is said to have learned nothing when pairs are told from chance pairs with a probability of error
  /// above this.
  public static let level = 0.02

  /// - Parameters:
  ///   - metrics: of all epochs.
  ///   - result: what came of them.
  public init(of metrics: [EpochMetrics], _ result: RunResult, _ settings: RunConfiguration) {
    if let nothing = Verdict.nothingLearned(result) {
      sentences.append(nothing)
    } else {
      if let below = Verdict.belowBaseline(result) { sentences.append(below) }
      if let falling = Verdict.stillFalling(metrics, result, settings) {
        sentences.append(falling)
      }
    }
    if let overfitted = Verdict.overfitted(metrics, settings) { sentences.append(overfitted) }
  }

  private static func nothingLearned(_ result: RunResult) -> String? {
    guard let p = result.chance, p > level else { return nil }
    let start =
      "nothing was learned that holds for new pairs (p = \(p.digits(2)) against shuffled partners)"
    guard let compared = result.compared, compared.training < -0.05 else {
      return
        "\(start), and nothing of the training pairs: the training is stuck, or there is nothing to learn — check that "
        + "row i of u belongs to row i of v, then try a higher --learning-rate or another encoder"
    }
    return
      "\(start), though the training pairs are known: they were learned by heart, or there is nothing to learn — check "
      + "that row i of u belongs to row i of v, then try more pairs or a smaller encoder"
  }

  private static func belowBaseline(_ result: RunResult) -> String? {
    for baseline in result.baselines ?? [] {
      guard let comparison = baseline.comparison(with: result) else { continue }
      let isValidated =
        baseline.validation?.meanRank.flatMap { rank in
          result.validation?.meanRank.map { rank > $0 }
        } ?? true
      guard comparison.isWorse, isValidated else { continue }
      let remedy =
        baseline.kind == .linear
        ? "--encoder-u linear:standardized --encoder-v linear:standardized --start canonical --dimension \(baseline.dimension)"
        : "--encoder-u linear:identity --encoder-v linear:identity"
      return
        "the model is worse than \(baseline.name): mean reciprocal rank \(comparison.own.digits(3)) against \(comparison.other.digits(3)) — try "
        + remedy
    }
    return nil
  }

  private static func stillFalling(
    _ metrics: [EpochMetrics], _ result: RunResult, _ settings: RunConfiguration
  ) -> String? {
    let values = metrics.compactMap { line in line.compared.map { (line.epoch, $0.validation) } }
    guard values.count >= 8, let best = values.min(by: { $0.1 < $1.1 }),
      let last = values.last, last.0 == settings.epochs
    else { return nil }
    // The lowest value of the last tenth against that of all before it, of what was gained in all.
    let recent = values.suffix(max(2, values.count / 10))
    let before = values.dropLast(recent.count).map(\.1).min() ?? best.1
    let gain = before - best.1
    guard recent.contains(where: { $0.0 == best.0 }), gain > 0.01 * abs(best.1), gain > 0.005
    else { return nil }
    return
      "the validation loss was still falling at the end, by \(gain.digits(3)) in the last tenth — go on with "
      + "--resume --epochs \(2 * settings.epochs)"
  }

  /// Where the last epoch is the model although an earlier one was better.
  private static func overfitted(_ metrics: [EpochMetrics], _ settings: RunConfiguration) -> String?
  {
    guard settings.keep == .last || metrics.allSatisfy({ $0.compared == nil }) else { return nil }
    let values = metrics.compactMap { line in
      (line.compared?.validation ?? line.heldOut?.loss).map { (line.epoch, $0) }
    }
    guard values.count >= 4, let best = values.min(by: { $0.1 < $1.1 }), let last = values.last,
      best.0 < last.0, let first = metrics.first(where: { $0.epoch == best.0 })?.loss,
      let end = metrics.last?.loss, end < first
    else { return nil }
    guard last.1 - best.1 > max(0.05, 0.05 * abs(best.1)) else { return nil }
    return
      "overfitted: from epoch \(best.0) on the loss of pairs kept from training rose from \(best.1.digits(3)) to "
      + "\(last.1.digits(3)) while that of training fell — give --validation 0.1 --keep best, fewer --epochs, or dropout"
  }
}

extension Coupling {
  /// The probability of a mean score of partners as high as that of these pairs, were partners dealt at random.
  ///
  /// Σ S_iπ(i) over random permutations π has mean n S̄ and variance Σ D_ij² / (n − 1), where D is S less its means of
  /// rows and columns, and is close to normal (Hoeffding, "A combinatorial central limit theorem", 1951). The
  /// normalisers of conditionals do not depend on π, so that this is the test of the loss, too.
  /// - Parameter pairs: independent ones, on which nothing was fitted.
  /// - Returns: 1 where scores are all alike, as those of a model that has shrunk to nothing; nil for fewer than ten pairs, or
  ///   scores that are not finite.
  /// - Throws: `Failure` when samples cannot be read.
  public func probabilityOfChance(on pairs: PairedData) throws -> Double? {
    let pairs = pairs.independent(key: Key(0)).sample(looking(at: 2_000))
    guard pairs.count >= 10 else { return nil }
    return try withoutGradients {
      let centred = try factors(of: pairs).to(.float64).matrix
      let (columns, rows, mean) = (
        centred.mean(dim: 0, keepDim: true), centred.mean(dim: 1, keepDim: true), centred.mean()
      )
      // In place, since there may be four million scores.
      centred -= columns
      centred -= rows
      centred += mean
      let variance = centred.square().sum().item() / Double(pairs.count - 1)
      guard variance.isFinite else { return nil }
      guard variance > 0 else { return 1 }
      let z = centred.diagonal().sum().item() / variance.squareRoot()
      return 0.5 * erfc(z / 2.0.squareRoot())
    }
  }
}
