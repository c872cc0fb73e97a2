import Files
import Foundation

/// The temperature τ > 0 of a score: fixed, or learned between bounds.
///
/// A learned temperature is the parameter log τ, which keeps it positive and gives its gradient the same
/// size whatever τ is.
///
/// ```swift
/// let temperature = Temperature.learned(initial: 0.07)
/// temperature.current  // 0.07
/// ```
public struct Temperature {
  /// What a temperature is made from.
  public enum Settings: Hashable, Sendable {
    /// τ stays as it is.
    case fixed(Double)
    /// τ starts at `initial` and is brought back between the bounds after every step.
    case learned(initial: Double, bounds: ClosedRange<Double> = 0.001...100)
  }

  /// What it was made from.
  public let settings: Settings
  /// log τ, a leaf, when it is learned.
  let logarithm: Tensor?

  /// - Throws: `Failure` when τ is not positive and finite, or not within its bounds.
  public init(_ settings: Settings) throws {
    try settings.requireSound()
    self.settings = settings
    if case .learned = settings {
      let leaf = Tensor(log(settings.initial))
      leaf.requiresGradient = true
      self.logarithm = leaf
    } else {
      self.logarithm = nil
    }
  }

  /// τ as a scalar, differentiable when it is learned, in the type of the embeddings it divides.
  func value(like embeddings: Tensor) -> Tensor {
    logarithm.map { $0.exp().to(deviceOf: embeddings) }
      ?? .full([], settings.initial, like: embeddings)
  }

  /// τ now.
  public var current: Double { logarithm.map { exp($0.item()) } ?? settings.initial }

  /// log τ as `logarithm` when it is learned; none when it is fixed.
  public var parameters: Parameters { logarithm.map { ["logarithm": $0] } ?? [:] }

  /// Brings a learned temperature back between its bounds, after a step of an optimiser.
  public func project() {
    guard case .learned(_, let bounds) = settings, let logarithm else { return }
    withoutGradients {
      logarithm.copy(
        from: logarithm.clamped(min: log(bounds.lowerBound), max: log(bounds.upperBound)))
    }
  }
}
