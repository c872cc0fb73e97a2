import CoupletCore

/// The loss of training and of validation pairs at one number of pairs a batch, in inference.
///
/// A contrastive loss depends on how many pairs contrast with each other (it is bounded by −log N, Theorem 2.8), and
/// the loss that training reports is that of weights on the way and of dropout: only values at one size, of the same
/// weights, can be compared. Their difference is what was learned by heart.
public struct ComparedLoss: Codable, Equatable, Sendable {
  /// The number of pairs that are contrasted with one another: a batch or, of a pair score, a block of one.
  public let size: Int
  /// Of training pairs, relative to the reference, in nats.
  public let training: Double
  /// Of validation pairs.
  public let validation: Double

  /// From numbers that are known.
  public init(size: Int, training: Double, validation: Double) {
    (self.size, self.training, self.validation) = (size, training, validation)
  }
}

/// Measures `ComparedLoss`, always on the same pairs.
///
/// ```swift
/// let comparison = try LossComparison(training: parts.training, validation: validation, batch: 512, loss: loss)
/// try comparison(coupling).validation
/// ```
public struct LossComparison {
  /// The number of pairs in a batch: as in training, or all validation pairs where those are fewer.
  public let size: Int
  private let training: PairedData, validation: PairedData
  private let loss: any Loss

  /// At most so many batches of either part are taken.
  private static let largestCount = (training: 4, validation: 8)

  /// - Parameters:
  ///   - batch: pairs in a batch of the training.
  /// - Returns: nil when a part has fewer than two independent pairs.
  public init?(training: PairedData, validation: PairedData, batch: Int, loss: any Loss) {
    let parts = [training, validation].map { $0.independent(key: Key(0)) }
    size = min(batch, parts[0].count, parts[1].count)
    guard size >= 2 else { return nil }
    self.training = parts[0].sample(LossComparison.largestCount.training * size)
    self.validation = parts[1].sample(LossComparison.largestCount.validation * size)
    self.loss = loss
  }

  /// The losses of a coupling now.
  /// - Throws: `Failure` when the samples cannot be read.
  public func callAsFunction(_ coupling: Coupling) throws -> ComparedLoss {
    ComparedLoss(
      size: coupling.contrasted(of: size),
      training: try coupling.loss(loss, on: training, batch: size),
      validation: try coupling.loss(loss, on: validation, batch: size))
  }
}
