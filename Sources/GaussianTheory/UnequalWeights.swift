import Foundation

// The squared distance under a conditional loss with two unequal positive weights has no formula; it
// is a minimisation over two numbers a mode, done by Newton's method.
//
// With b = g², c = h², and α + β = 1 the normalised weights, J of a mode is, up to a constant,
//
//   ½ φ,  φ = b + c − 2σ√(bc) − α log(1+b) − β log(1+c) − α c/(1+b) − β b/(1+c).
//
// Unknowns are ℓ = log √(bc) and η = ¼ log(b/c): positivity is free, φ is smooth, both stay moderate,
// and the only term that cancels as σ → 1, b + c − 2σ√(bc) = 2a (2 sinh² η + δ) with a = e^ℓ and
// δ = 1 − σ, does not in this form. Rejected: b and c themselves (they grow like 1/δ).

extension ModeOptimum {
  init(squaredDistanceUnequal mode: CanonicalMode, weights: SideWeights) {
    guard mode.sigma > 0 else {
      self.init(g: 0, h: 0, divergence: 0)
      return
    }
    let objective = UnequalWeightsObjective(mode, weights)
    let (scale, skew) = objective.minimum()
    let root = exp(scale / 2)
    self.init(
      g: root * exp(skew), h: root * exp(-skew), divergence: objective.divergence(scale, skew))
  }
}

private struct UnequalWeightsObjective {
  let mode: CanonicalMode
  let weights: SideWeights
  let alpha: Double, beta: Double

  init(_ mode: CanonicalMode, _ weights: SideWeights) {
    (self.mode, self.weights) = (mode, weights)
    alpha = weights.uGivenV / (weights.uGivenV + weights.vGivenU)
    beta = weights.vGivenU / (weights.uGivenV + weights.vGivenU)
  }

  /// φ at (ℓ, η).
  func value(_ scale: Double, _ skew: Double) -> Double {
    let a = exp(scale)
    let (b, c) = (a * exp(2 * skew), a * exp(-2 * skew))
    return 2 * a * (2 * sinh(skew) * sinh(skew) + mode.complement)
      - alpha * (log1p(b) + c / (1 + b)) - beta * (log1p(c) + b / (1 + c))
  }

  /// The gradient and the Hessian of φ at (ℓ, η).
  func derivatives(_ scale: Double, _ skew: Double) -> (
    gradient: (Double, Double), hessian: (Double, Double, Double)
  ) {
    let a = exp(scale)
    let (b, c) = (a * exp(2 * skew), a * exp(-2 * skew))
    let (p, q) = (1 + b, 1 + c)
    // Of the terms other than the first, with respect to log b and log c.
    let toB = b * (-alpha / p + alpha * c / (p * p) - beta / q)
    let toC = c * (-beta / q + beta * b / (q * q) - alpha / p)
    let toBB = toB + b * b * (alpha - 2 * alpha * c / p) / (p * p)
    let toCC = toC + c * c * (beta - 2 * beta * b / q) / (q * q)
    let toBC = b * c * (alpha / (p * p) + beta / (q * q))
    // log b = ℓ + 2η, log c = ℓ − 2η.
    let first = 2 * a * (2 * sinh(skew) * sinh(skew) + mode.complement)
    let firstToSkew = 4 * a * sinh(2 * skew)
    return (
      (first + toB + toC, firstToSkew + 2 * (toB - toC)),
      (
        first + toBB + 2 * toBC + toCC,
        firstToSkew + 2 * (toBB - toCC),
        8 * a * cosh(2 * skew) + 4 * (toBB - 2 * toBC + toCC)
      )
    )
  }

  /// Newton's method from the two-sided optimum, with a shifted Hessian where it is not positive
  /// definite and halved steps where φ would not fall.
  func minimum() -> (scale: Double, skew: Double) {
    let start = ModeOptimum(mode, tilting: .squaredDistance, loss: .twoSided)
    var (scale, skew) = (2 * log(start.g), 0.0)
    var current = value(scale, skew)
    for _ in 0..<200 {
      let (gradient, hessian) = derivatives(scale, skew)
      let step = Self.newtonStep(gradient, hessian)
      let slope = gradient.0 * step.0 + gradient.1 * step.1
      var length = 1.0
      var next = value(scale + step.0, skew + step.1)
      while !(next <= current + 1e-4 * length * slope), length > 1e-12 {
        length /= 2
        next = value(scale + length * step.0, skew + length * step.1)
      }
      // When no step lowers φ by more than its rounding, one last full step settles the digits
      // that φ cannot see but the gradient can.
      let settled = length <= 1e-12 || abs(slope) < 1e-24
      if settled { length = abs(step.0) + abs(step.1) < 1e-6 ? 1 : 0 }
      scale += length * step.0
      skew += length * step.1
      if settled { break }
      current = next
    }
    return (scale, skew)
  }

  private static func newtonStep(
    _ gradient: (Double, Double), _ hessian: (Double, Double, Double)
  ) -> (Double, Double) {
    var (ll, le, ee) = hessian
    let middle = (ll + ee) / 2
    let radius = ((ll - ee) * (ll - ee) / 4 + le * le).squareRoot()
    let smallest = middle - radius
    let floor = 1e-3 * (abs(middle) + radius)
    if smallest < floor, smallest <= 0 {
      ll += floor - smallest
      ee += floor - smallest
    }
    let determinant = ll * ee - le * le
    return (
      -(ee * gradient.0 - le * gradient.1) / determinant,
      -(ll * gradient.1 - le * gradient.0) / determinant
    )
  }

  /// J of the mode: (λ_u/2) KL_{u|v} + (λ_v/2) KL_{v|u}.
  func divergence(_ scale: Double, _ skew: Double) -> Double {
    let a = exp(scale)
    return weights.uGivenV / 2 * side(precision: a * exp(2 * skew), a, skew)
      + weights.vGivenU / 2 * side(precision: a * exp(-2 * skew), a, -skew)
  }

  /// ½ [F(t) + (a − σ(1+b))² / (1+b)], t = (1+b)(1−σ²) − 1: the KL divergence of N(σy, 1−σ²) from
  /// N(a y/(1+b), 1/(1+b)) averaged over y.
  private func side(precision b: Double, _ a: Double, _ skew: Double) -> Double {
    let t = b * mode.conditionalVariance - mode.sigma * mode.sigma
    let residual = -a * expm1(2 * skew) + mode.complement * b - mode.sigma
    return 0.5 * (logExcess(t) + residual * residual / (1 + b))
  }
}
