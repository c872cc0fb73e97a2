import Files

/// What training makes small: a function of the scores of a batch of pairs, differentiable.
///
/// Values are relative to the reference measure (means over it, not sums), in nats, so that they
/// are comparable across batch sizes and have a limit as N → ∞ (Theorem 2.8). A model that has
/// learned nothing, s constant, has the value 0.
public protocol Loss: Sendable {
  /// Its name on the command line and in files.
  var name: String { get }
  /// The value, a scalar.
  func callAsFunction(_ batch: ScoredBatch) -> Tensor
}

/// The losses by name.
public enum Losses {
  public static let names = ["two-sided", "u-given-v", "v-given-u", "joint"]

  /// - Throws: `Failure` listing the names when there is none such.
  public static func named(_ name: String) throws -> any Loss {
    switch name {
    case "two-sided": return ConditionalLoss(.twoSided)
    case "u-given-v": return ConditionalLoss(.uGivenV)
    case "v-given-u": return ConditionalLoss(.vGivenU)
    case "joint": return JointLoss()
    default:
      throw Failure(
        "unknown loss '\(name)'", remedy: "use one of \(names.joined(separator: ", "))")
    }
  }
}
