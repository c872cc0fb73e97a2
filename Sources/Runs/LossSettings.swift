import Couplet
import Files

/// A loss by its name, with its weights and kernels.
public struct LossSettings: Codable, Equatable, Sendable {
  public var name = "two-sided"
  /// λ_u and λ_v in place of (1, 1), for the two-sided losses.
  public var weights: [Double]?
  public var kernelU = Kernel.gaussian()
  public var kernelV = Kernel.gaussian()

  public init(name: String = "two-sided", weights: [Double]? = nil) {
    self.name = name
    self.weights = weights
  }

  /// - Throws: `Failure` when there is no such loss, or the weights do not fit it.
  public func make() throws -> any Loss {
    if let weights, weights.count != 2 {
      throw Failure("\(weights.count) weights", remedy: "give two, λu,λv")
    }
    return try Losses.named(
      name, weights: weights.map { (u: $0[0], v: $0[1]) }, kernelU: kernelU, kernelV: kernelV)
  }
}
