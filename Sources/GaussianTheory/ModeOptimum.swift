import Foundation

/// The best encoders of one canonical mode, x ↦ g x and y ↦ h y, and the expected KL divergence left.
///
/// This is the atlas of optima (MATH.md §4.2), with δ = 1 − σ and R = √(1 + 8δ):
///
/// | tilting | loss | g, h | J of the mode |
/// |---|---|---|---|
/// | inner product | conditional | g h = σ | ½ w E(σ²), w = (λ_u + λ_v)/2 |
/// | inner product | joint | g h = a = 2σ / (1 + s), s = √(1 + 4σ²) | ½ [E(a²) + E(σ²) + (a − σ)²] |
/// | squared distance | u given v | g² = σ² / (1 − σ²), h² = 1 / (1 − σ²) | 0 |
/// | squared distance | v given u | the same, exchanged | 0 |
/// | squared distance | two-sided | g² = h² = 1/y − 1, y = 4δ / (1 + R) | ½ [F(t) + y (1 − y)² / 4] |
/// | squared distance | joint | g² = h² = σ / (2δ) | ½ F(σ) |
/// | squared distance | other weights | Newton's method (`UnequalWeights`) | |
///
/// with E(x) = −log(1 − x) − x, F(x) = x − log(1 + x) and t = 2σδ (R + 5) / ((R + 1)(R + 3)). Every
/// value of J is a sum of terms that are not negative, so nothing cancels, neither as σ → 0 (where J
/// falls like σ⁴ or σ²) nor as σ → 1; and 1 − σ enters only as the accurate δ. A mode that the
/// encoders leave out costs its mutual information, −½ log(1 − σ²), per unit of weight.
///
/// Where only the product g h is determined the two are taken equal; h of the one-sided loss at σ = 0,
/// which then does not matter to the loss, is the limit of its formula.
struct ModeOptimum: Equatable {
  let g: Double
  let h: Double
  /// J of this mode, in nats, not negative.
  let divergence: Double

  init(_ mode: CanonicalMode, tilting: GaussianTilting, loss: GaussianLoss) {
    switch (tilting, loss) {
    case (.innerProduct, .conditional(let weights)):
      self.init(innerProductConditional: mode, weight: (weights.uGivenV + weights.vGivenU) / 2)
    case (.innerProduct, .joint): self.init(innerProductJoint: mode)
    case (.squaredDistance, .joint): self.init(squaredDistanceJoint: mode)
    case (.squaredDistance, .conditional(let weights)):
      if weights.vGivenU == 0 {
        self.init(squaredDistanceOneSided: mode)
      } else if weights.uGivenV == 0 {
        let exchanged = ModeOptimum(squaredDistanceOneSided: mode)
        self.init(g: exchanged.h, h: exchanged.g, divergence: 0)
      } else if weights.uGivenV == weights.vGivenU {
        self.init(squaredDistanceTwoSided: mode, weight: weights.uGivenV)
      } else {
        self.init(squaredDistanceUnequal: mode, weights: weights)
      }
    }
  }

  init(g: Double, h: Double, divergence: Double) {
    (self.g, self.h, self.divergence) = (g, h, divergence)
  }

  private init(innerProductConditional mode: CanonicalMode, weight: Double) {
    let root = mode.sigma.squareRoot()
    self.init(g: root, h: root, divergence: weight * 0.5 * informationExcess(mode))
  }

  private init(innerProductJoint mode: CanonicalMode) {
    let sigma = mode.sigma
    let s = (1 + 4 * sigma * sigma).squareRoot()
    let a = 2 * sigma / (1 + s)
    let gap = 4 * sigma * sigma * sigma / ((1 + s) * (1 + s))  // σ − a
    let root = a.squareRoot()
    self.init(
      g: root, h: root,
      // 1 − a² = a/σ stays above 0.6: no accuracy is at stake there.
      divergence: 0.5 * (logExcess(-a * a) + informationExcess(mode) + gap * gap))
  }

  private init(squaredDistanceOneSided mode: CanonicalMode) {
    let root = mode.conditionalVariance.squareRoot()
    self.init(g: mode.sigma / root, h: 1 / root, divergence: 0)
  }

  private init(squaredDistanceTwoSided mode: CanonicalMode, weight: Double) {
    let (sigma, delta) = (mode.sigma, mode.complement)
    let r = (1 + 8 * delta).squareRoot()
    let y = 4 * delta / (1 + r)
    let oneMinusY = 2 * sigma / (2 + y)
    let t = 2 * sigma * delta * (r + 5) / ((r + 1) * (r + 3))
    let root = (oneMinusY / y).squareRoot()
    self.init(
      g: root, h: root,
      divergence: weight * 0.5 * (logExcess(t) + y * oneMinusY * oneMinusY / 4))
  }

  private init(squaredDistanceJoint mode: CanonicalMode) {
    let root = (mode.sigma / (2 * mode.complement)).squareRoot()
    self.init(g: root, h: root, divergence: 0.5 * logExcess(mode.sigma))
  }
}

/// F(x) = x − log(1 + x), x > −1: not negative, x²/2 near zero.
///
/// The difference loses as many digits as x is small; for |x| < 1/8 the alternating series
/// Σ_{k≥2} (−1)^k x^k / k is summed instead (18 terms: the rest is below 8⁻¹⁸).
func logExcess(_ x: Double) -> Double {
  guard abs(x) < 0.125 else { return x - log1p(x) }
  // Horner's rule on x² (1/2 − x (1/3 − x (1/4 − …))).
  var sum = 0.0
  for k in stride(from: 19, through: 2, by: -1) { sum = 1 / Double(k) - x * sum }
  return x * x * sum
}

/// E(σ²) = −log(1 − σ²) − σ², from the accurate 1 − σ².
private func informationExcess(_ mode: CanonicalMode) -> Double {
  let square = mode.sigma * mode.sigma
  return square < 0.25 ? logExcess(-square) : -log(mode.conditionalVariance) - square
}
