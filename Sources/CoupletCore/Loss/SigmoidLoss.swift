import Files
import Foundation

/// The sigmoid loss (Zhai, Mustafa, Kolesnikov and Beyer 2023; noise-contrastive estimation, Gutmann and Hyvärinen 2010;
/// MATH §11): whether a pair is one, of N pairs and their N(N − 1) independent ones,
///
///     L = −1/N Σ_i log σ(S_ii − log κ) − 1/N Σ_{i≠j} log σ(log κ − S_ij),   κ = N − 1.
///
/// Over all scores its minimum is s = log dμ/d(μ_u ⊗ μ_v), without a free constant: exp s is then a density. The coupling's
/// learned shift is what reaches it; SigLIP's bias is that shift less log κ.
///
/// ```swift
/// SigmoidLoss()(ScoredBatch(pairs: factors))   // scalar
/// ```
public struct SigmoidLoss: Loss {
  /// Whether the scores are stored or walked over in tiles; the value is the same up to rounding.
  public let evaluation: Evaluation

  /// With the scores stored or in tiles.
  public init(evaluation: Evaluation = .automatic) { self.evaluation = evaluation }

  /// `sigmoid`.
  public var name: String { "sigmoid" }
  /// True.
  public var isNormalized: Bool { true }

  /// L of a batch of at least two pairs, a scalar in nats. Arithmetic 2 N² d operations and N² exponentials, and twice that
  /// again for the gradient.
  public func callAsFunction(_ batch: ScoredBatch) -> Tensor {
    let pairs = batch.requireOwnReference(for: name)
    let logKappa = log(Double(batch.count - 1))
    return evaluation.overRows(pairs) { part in
      let independent = (part.matrix - logKappa).masked(part.isPair, with: -.infinity)
      return independent.softplus().sum() + (logKappa - part.diagonal).softplus().sum()
    } / Double(batch.count)
  }
}

extension SigmoidLoss {
  static let entry = Losses.Entry("sigmoid", SigmoidLoss()) { $0 }
}

extension ScoredBatch {
  /// The scores of the pairs, at least two of them, where the batch is its own reference: what normalised losses take.
  func requireOwnReference(for loss: String) -> ScoreFactors {
    require(
      count >= 2 && references.allSatisfy { $0 == nil },
      "ScoredBatch: the loss \(loss) takes two or more pairs that are each other's reference")
    return pairs
  }
}

extension Evaluation {
  /// A sum over the rows of a matrix of scores, of which the tiled form holds a band at a time.
  func overRows(_ factors: ScoreFactors, _ body: @escaping (ScoreFactors) -> Tensor) -> Tensor {
    guard tilesKernels(factors.rows) else { return body(factors) }
    let rows = Swift.max(1, (1 << 20) / factors.columns)
    return accumulated(
      factors,
      parts: stride(from: 0, to: factors.rows, by: rows).map { first in
        { body($0.rows(first..<Swift.min(first + rows, factors.rows))) }
      })
  }
}
