import Files

/// The tiltings whose learned model is Gaussian when the encoders are linear (MATH.md §4.1).
public enum GaussianTilting: String, CaseIterable, Sendable {
  /// s(u, v) = ⟨G u, H v⟩ (25).
  case innerProduct = "inner-product"
  /// s(u, v) = −|G u − H v|² / 2 (26).
  case squaredDistance = "squared-distance"
}

/// The weights of the two sides of a conditional loss (Problem 3.13):
/// (λ_u/2) E KL(μ_{u|v} ‖ ν_{u|v}) + (λ_v/2) E KL(μ_{v|u} ‖ ν_{v|u}).
public struct SideWeights: Equatable, Sendable {
  /// λ_u, of the side that matches u given v.
  public let uGivenV: Double
  /// λ_v, of the side that matches v given u.
  public let vGivenU: Double

  /// - Throws: `Failure` unless both are finite and not negative, and one is positive.
  public init(uGivenV: Double, vGivenU: Double) throws {
    guard uGivenV != 0 || vGivenU != 0 else {
      throw Failure("both weights are 0", at: .setting("weights"), remedy: "make one positive")
    }
    guard uGivenV >= 0, vGivenU >= 0, (uGivenV + vGivenU).isFinite else {
      throw Failure(
        "the side weights \(uGivenV) and \(vGivenU)", at: .setting("weights"),
        remedy: "give two numbers that are not negative, one of them positive")
    }
    (self.uGivenV, self.vGivenU) = (uGivenV, vGivenU)
  }

  private init(unchecked uGivenV: Double, _ vGivenU: Double) {
    (self.uGivenV, self.vGivenU) = (uGivenV, vGivenU)
  }

  /// (1, 1): both conditionals alike; the standard contrastive loss.
  public static let twoSided = SideWeights(unchecked: 1, 1)
  /// (2, 0): matches u given v only.
  public static let uGivenV = SideWeights(unchecked: 2, 0)
  /// (0, 2): matches v given u only.
  public static let vGivenU = SideWeights(unchecked: 0, 2)
}

/// The losses of the atlas of optima.
public enum GaussianLoss: Equatable, Sendable {
  /// Expected KL divergences of the conditionals, weighted (Problems 3.1, 3.13).
  case conditional(SideWeights)
  /// KL(μ ‖ ν) of the joint laws (Problem 3.6).
  case joint

  /// The conditional loss with weights (1, 1): Theorem 5.1 for the inner product.
  public static let twoSided = GaussianLoss.conditional(.twoSided)
  /// The conditional loss with weights (2, 0): Theorem 5.3 for the squared distance.
  public static let uGivenV = GaussianLoss.conditional(.uGivenV)
  /// The conditional loss with weights (0, 2): Theorem 5.3 with the sides exchanged.
  public static let vGivenU = GaussianLoss.conditional(.vGivenU)

  /// How many times the mutual information lies between the expected KL divergence J and the loss of
  /// MATH.md §2, which is taken relative to the reference: L = J − (this) · I(u; v).
  public var informationWeight: Double {
    switch self {
    case .conditional(let weights): (weights.uGivenV + weights.vGivenU) / 2
    case .joint: 1
    }
  }
}

extension GaussianLoss {
  /// The names of the losses of the atlas, as commands and files have them.
  public static let names = ["two-sided", "u-given-v", "v-given-u", "joint"]

  /// The loss of a name.
  ///
  /// ```swift
  /// try GaussianLoss(named: "two-sided", weights: [1.5, 0.5])
  /// ```
  /// - Parameter weights: λ_u and λ_v of the two-sided loss; (1, 1) when nil.
  /// - Throws: `Failure` at "loss" when the atlas has no such loss, and at "weights" when the weights do not fit.
  public init(named name: String, weights: [Double]? = nil) throws {
    guard Self.names.contains(name) else {
      throw Failure(
        "the loss '\(name)' has no optimum in closed form", at: .setting("loss"),
        remedy: "use one of \(Self.names.joined(separator: ", "))")
    }
    guard let weights else {
      switch name {
      case "u-given-v": self = .uGivenV
      case "v-given-u": self = .vGivenU
      case "joint": self = .joint
      default: self = .twoSided
      }
      return
    }
    guard name == "two-sided" else {
      throw Failure(
        "weights belong to the two-sided loss, not to '\(name)'", at: .setting("weights"),
        remedy: "use two-sided, or leave the weights out")
    }
    guard weights.count == 2 else {
      throw Failure(
        "there are \(weights.count) weights", at: .setting("weights"), remedy: "give two")
    }
    self = .conditional(try SideWeights(uGivenV: weights[0], vGivenU: weights[1]))
  }
}
