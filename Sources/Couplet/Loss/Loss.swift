import Files

/// What training makes small: a function of the scores of a batch of pairs, differentiable.
///
/// Values are relative to the reference measure (means over it, not sums), so that they are comparable
/// across batch sizes and have a limit as N → ∞ (Theorem 2.8). The Kullback–Leibler losses, in nats, are 0 for a
/// model that has learned nothing, s constant; the usual contrastive (CLIP) value is theirs plus log N.
public protocol Loss: Sendable {
  /// Its name on the command line and in files.
  var name: String { get }
  /// Whether it compares the data themselves, by kernels.
  var usesData: Bool { get }
  /// The value, a scalar.
  func callAsFunction(_ batch: ScoredBatch) -> Tensor
}

extension Loss {
  public var usesData: Bool { false }
}

/// The losses by name.
public enum Losses {
  public static let names = [
    "two-sided", "u-given-v", "v-given-u", "joint", "mmd-two-sided", "mmd-u-given-v",
    "mmd-v-given-u", "mmd-joint",
  ]

  /// - Parameters:
  ///   - weights: λ_u and λ_v for the two-sided losses, in place of (1, 1).
  ///   - normalizer: of the joint loss.
  ///   - kernels: k_u and k_v of the maximum mean discrepancy losses.
  /// - Throws: `Failure` listing the names when there is none such, or when the weights do not fit.
  public static func named(
    _ name: String, weights: (u: Double, v: Double)? = nil,
    normalizer: JointLoss.Normalizer = .offDiagonal,
    kernels: [Kernel] = [.gaussian(), .gaussian()]
  ) throws -> any Loss {
    if let weights {
      guard name.hasSuffix("two-sided") else {
        throw Failure(
          "weights belong to the two-sided losses, not to '\(name)'",
          remedy: "use two-sided or mmd-two-sided, or leave the weights out")
      }
      guard weights.u >= 0, weights.v >= 0, weights.u + weights.v > 0,
        (weights.u + weights.v).isFinite
      else {
        throw Failure(
          "the weights \(weights.u),\(weights.v) are negative or both 0",
          remedy: "give two non-negative numbers, at least one of them positive")
      }
    }
    let twoSided = weights.map { ConditionalLoss.Sides.weighted(u: $0.u, v: $0.v) } ?? .twoSided
    func mmd(_ sides: ConditionalLoss.Sides) -> any Loss {
      ConditionalMMDLoss(sides, kernels: kernels)
    }
    switch name {
    case "two-sided": return ConditionalLoss(twoSided)
    case "u-given-v": return ConditionalLoss(.uGivenV)
    case "v-given-u": return ConditionalLoss(.vGivenU)
    case "joint": return JointLoss(normalizer)
    case "mmd-two-sided": return mmd(twoSided)
    case "mmd-u-given-v": return mmd(.uGivenV)
    case "mmd-v-given-u": return mmd(.vGivenU)
    case "mmd-joint": return JointMMDLoss(kernels: kernels)
    default:
      throw Failure(
        "unknown loss '\(name)'", remedy: "use one of \(names.joined(separator: ", "))")
    }
  }
}
