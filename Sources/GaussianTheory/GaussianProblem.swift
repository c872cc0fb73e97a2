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
    guard uGivenV >= 0, vGivenU >= 0, uGivenV + vGivenU > 0, (uGivenV + vGivenU).isFinite else {
      throw Failure(
        "the side weights \(uGivenV) and \(vGivenU)", at: "weights",
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

  public static let twoSided = GaussianLoss.conditional(.twoSided)
  public static let uGivenV = GaussianLoss.conditional(.uGivenV)
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
