/// The measure over which the normaliser E_{u'~μ_u} exp s(u', v) of a conditional is taken (MATH §2), for one
/// modality.
///
/// With labels, the batch counts a label as often as it occurs in it, which is right: the batch is a sample of
/// μ_v, and Theorem 2.8 holds. The finite reference of all labels has the same limit without the batch's
/// sampling error.
public enum Reference {
  /// The batch: in-batch negatives.
  case batch
  /// A finite set given in full with its weights (uniform when nil): exact, with no batch bias. It is encoded
  /// anew, with derivatives, at every step.
  case finite(Tensor, weights: Tensor? = nil)
  /// The batch and the last embeddings of past batches, at most `capacity` of them: more candidates without
  /// more encoding; the past ones are slightly out of date, and the derivatives of the batch stand for theirs.
  case queue(capacity: Int)

  /// Whether it is the batch alone.
  package var isBatch: Bool { if case .batch = self { true } else { false } }
}

/// A reference measure ready for scoring: embedded points and the logarithms of weights that add up to 1.
public struct ReferenceMeasure {
  /// The points, M.
  public let embedded: Embedded
  /// log m, M.
  public let logWeights: Tensor

  /// From points and their weights m (M), non-negative and in any unit; equal ones when nil.
  public init(_ embedded: Embedded, weights: Tensor? = nil) {
    self.embedded = embedded
    self.logWeights =
      weights.map {
        $0.to(deviceOf: embedded.vectors).to(embedded.vectors.dtype).log().logSoftmax(dim: 0)
      }
      ?? .uniformLogWeights(like: embedded.vectors)
  }
}

extension Tensor {
  /// −log M for each of M rows: equal weights that add up to 1.
  static func uniformLogWeights(like rows: Tensor) -> Tensor {
    Tensor.zeros([rows.shape[0]], like: rows).logSoftmax(dim: 0)
  }
}
