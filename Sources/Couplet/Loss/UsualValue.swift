import Foundation

extension Loss {
  /// By how much the usual contrastive (CLIP, InfoNCE) value of a batch of N pairs, whose normalisers are sums
  /// over the batch and not means, exceeds this loss: (λ_u + λ_v)/2 · log N (Theorem 2.8). Unlike the loss that
  /// value grows with the batch, and is log N for a model that has learned nothing. nil for the losses that have
  /// no such counterpart.
  ///
  /// ```swift
  /// let loss = ConditionalLoss(.twoSided)
  /// loss.usualOffset(pairs: 512)   // 6.238, log 512
  /// ```
  public func usualOffset(pairs: Int) -> Double? {
    guard let conditional = self as? ConditionalLoss else { return nil }
    return (conditional.sides.u + conditional.sides.v) / 2 * log(Double(pairs))
  }
}
